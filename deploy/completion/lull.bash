# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion of lull(1).  make check compares the words with what --help says.

_lull_words()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_lull_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_lull()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_lull_words 'pack inspect extract check entries timeline --help --version' "$current"
		return
	fi
	case $command:$previous in
	pack:--store) _lull_words 'raw lz4 zstd' "$current"; return ;;
	entries:--sector-size) _lull_words '512 4096' "$current"; return ;;
	pack:-c | pack:--cmdline | check:--cpus | extract:-n | extract:--number) return ;;
	timeline:--title) return ;;
	extract:extract) _lull_words 'kernel vmlinux initrd module line cmdline osrel -n --number -o --output -h --help' "$current"; return ;;
	esac
	case $command:$current in
	pack:-*)
		_lull_words '-k --kernel -i --initrd --line -c --cmdline -o --output --store --keep --shim --stub --os-release --uname --ucode --splash -h --help' "$current"
		;;
	inspect:-*) _lull_words '--loaders --json -h --help' "$current" ;;
	extract:-*) _lull_words '-n --number -o --output -h --help' "$current" ;;
	entries:-*) _lull_words '--sector-size --json -h --help' "$current" ;;
	timeline:-*) _lull_words '-o --output --title --list --json -h --help' "$current" ;;
	check:-*) _lull_words '--cpus --safe --json -h --help' "$current" ;;
	*) _lull_files "$current" ;;
	esac
}

complete -F _lull lull
