# SPDX-License-Identifier: GPL-2.0-or-later
"""The shape of the sources, for layers.py: no file over 400 lines, no function over 60, and no two functions of the product
whose names have the same words in another order. Prose, data and include/core/error_list.h, which is a table, may be long.
"""

import ast
import collections
import re

FILE_LINES, FUNCTION_LINES = 400, 60
SOURCES = {".c", ".h", ".S", ".py", ".mk", ".lds", ".sh", ".pml"}
MAY_BE_LONG = {"include/core/error_list.h"}
PRODUCT = ("include/", "shim/", "pv/", "arch/", "efi/", "tools/")
# A definition begins at the left margin, and its body ends there; the brace of the body has a line of its own.
C_FUNCTION = re.compile(r"^[a-zA-Z][^;{}#=]*?\b(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", re.M | re.S)
C_NAME = re.compile(r"^[a-zA-Z][^;{}#=\n]*?\b(\w+)\([^;{}]*\)(?=\n\{| \{ )", re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def functions(path, text):
    """(name, lines) of every function of a file."""
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.name, node.end_lineno - node.lineno + 1
    elif path.suffix in (".c", ".h"):
        for found in C_FUNCTION.finditer(text):
            yield found[1], found[0].count("\n") + 1


def offences(root, names):
    """Yields one line for each file and function of the tree that is too long, and for names that differ by order only."""
    by_words = collections.defaultdict(dict)
    for name in sorted(names):
        path = root / name
        if path.suffix not in SOURCES or name in MAY_BE_LONG or not path.is_file():
            continue
        text = path.read_text()
        lines = text.count("\n")
        if lines > FILE_LINES:
            yield f"{name}: {lines} lines, of {FILE_LINES} that a file may have"
        for function, size in functions(path, text):
            if size > FUNCTION_LINES:
                yield f"{name}: {function}() has {size} lines, of {FUNCTION_LINES} that a function may have"
        if name.startswith(PRODUCT) and path.suffix in (".c", ".h"):
            for function in C_NAME.findall(COMMENT.sub("", text)):
                by_words[tuple(sorted(function.split("_")))].setdefault(function, name)
    for alike in by_words.values():
        if len(alike) > 1:
            yield f"{' and '.join(sorted(alike.values()))}: {' and '.join(sorted(alike))} differ by the order of their words"


# One offence of each kind, by the file that must be named, and a file in which nothing is wrong.
PLANTED = {
    "shim/long.c": "int a;\n" * (FILE_LINES + 1),
    "tests/long.py": "A = 1\n" * (FILE_LINES + 1),
    "tools/function.c": "int f(void)\n{\n" + "\tf();\n" * FUNCTION_LINES + "}\n",
    "tests/function.py": "def f():\n" + "    f()\n" * FUNCTION_LINES,
    "pv/words.c": "int words_of(void)\n{\n}\n\nint of_words(void) { return 0; }\n",
    "shim/clean.c": "int g(void)\n{\n" + "\tg();\n" * (FUNCTION_LINES - 3) + "}\n/* of_words(void) { */\n",
}


def self_test(root):
    """Plants the offences below a scratch tree; yields what is not found, and what is found where nothing is wrong."""
    for name, text in PLANTED.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    found = list(offences(root, PLANTED))
    for name in PLANTED:
        if any(line.startswith(name) for line in found) == (name == "shim/clean.c"):
            yield f"the shape of {name} was judged wrongly"
