# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds JSON against the schemas of tools/schema: as much of JSON Schema (2020-12) as those use, and nothing that is not known here."""

import functools
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
KNOWN = {"type", "properties", "required", "additionalProperties", "items", "enum", "pattern", "minimum", "oneOf", "$ref", "$defs",
         "$schema", "title", "description"}


@functools.lru_cache
def load(name):
    with open(os.path.join(HERE, "..", "..", "tools", "schema", name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def complaints(value, schema, root, where="$"):
    """Yields what is wrong with a value, each with its place."""
    unknown = set(schema) - KNOWN
    if unknown:
        yield f"{where}: the schema says {unknown}"
    if "$ref" in schema:
        yield from complaints(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, where)
    kind = TYPES.get(schema.get("type"), object)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{where}: {value!r} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} does not match {schema['pattern']}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{where}: {value} is too small"
    if "oneOf" in schema and sum(not list(complaints(value, one, root, where)) for one in schema["oneOf"]) != 1:
        yield f"{where}: {value!r} is not one of the choices"
    if isinstance(value, dict) and "properties" in schema:
        yield from members(value, schema, root, where)
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            yield from complaints(item, schema["items"], root, f"{where}[{i}]")


def members(value, schema, root, where):
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where}: no {name}"
    for name, item in value.items():
        if name in schema["properties"]:
            yield from complaints(item, schema["properties"][name], root, f"{where}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{where}: the schema has no {name}"


def wrong(text, name):
    """What is wrong with the JSON that a command has printed."""
    return list(complaints(json.loads(text), load(name), load(name)))
