#!/bin/bash
# Checks what keeps the code in shape and what no compiler sees: the direction of
# includes (docs/architecture.md), the size of files and functions, tables against
# files, and who may print or exit. One PASS or FAIL line for each; exit 1 on FAIL.
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2

FILE_LINES=600
FUNCTION_LINES=100

failed=0
# verdict NAME TEXT: TEXT holds the violations, one a line.
verdict() {
	if [ -z "$2" ]; then
		echo "PASS structure/$1"
	else
		echo "FAIL structure/$1"
		printf '%s\n' "$2" | sed 's/^/    /'
		failed=1
	fi
}

mapfile -t sources < <(find engine analyzers reports tests -name '*.[ch]' | LC_ALL=C sort)
mapfile -t scripts < <(find engine tests reports -name '*.sh' | LC_ALL=C sort)

# What may be included from a folder, as a pattern over paths from the top.
allowed() {
	case $1 in
	engine/lib/*) echo '^engine/lib/' ;;
	engine/ioengine/*) echo '^engine/(lib|ioengine)/' ;;
	engine/agent/*) echo '^engine/(lib|agent)/' ;;
	engine/collectors/*) echo '^engine/(lib|collectors)/' ;;
	engine/run/host/*) echo '^engine/(lib|collectors|run/host)/' ;;
	engine/run/guest/*) echo '^engine/(lib|collectors|run/host|run/guest)/' ;;
	engine/run/tune/*) echo '^engine/(lib|collectors|run)/' ;;
	engine/run/*) echo '^engine/(lib|collectors|run/host|run/guest|run)/[^/]*$' ;;
	engine/lab/*) echo '^engine/(lib|run/host|run/guest|lab)/' ;;
	engine/compare/*) echo '^engine/(lib|compare)/' ;;
	engine/history/*) echo '^engine/(lib|compare|history)/' ;;
	engine/import/*) echo '^engine/(lib|import)/' ;;
	engine/cli/* | tests/*) echo '.' ;;
	analyzers/*) echo '^(engine/lib|analyzers)/' ;;
	reports/*) echo '^(engine/lib|reports)/' ;;
	*) echo '^$' ;;
	esac
}

includes() {
	local file path
	grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]+"' "${sources[@]}" |
		sed -E 's/:[^"]*"([^"]+)"/ \1/' |
		while read -r file path; do
			if [ ! -f "$path" ]; then
				# fio's headers are the one foreign source, and only the engine sees them.
				case $file in engine/ioengine/*) continue ;; esac
				echo "$file: \"$path\" is not written from the top"
			elif ! [[ $path =~ $(allowed "$file") ]]; then
				echo "$file: must not include $path"
			elif [[ $file == engine/ioengine/* && $path == engine/lib/*.h && -f ${path%.h}.c ]]; then
				echo "$file: $path has a .c file, and the engine links nothing of lib"
			fi
		done
}

file_sizes() {
	local file lines
	for file in "${sources[@]}" "${scripts[@]}"; do
		lines=$(wc -l <"$file")
		[ "$lines" -le $FILE_LINES ] || echo "$file: $lines lines, at most $FILE_LINES"
	done
}

# clang-format holds the layout: a function's braces are the only ones in column 0.
function_sizes() {
	awk -v max=$FUNCTION_LINES '
		/^\{/ { start = FNR }
		/^\}/ && start {
			if (FNR - start + 1 > max)
				printf "%s:%d: function of %d lines, at most %d\n", FILENAME, start, FNR - start + 1, max
			start = 0
		}
		FNR == 1 { start = 0 }' "${sources[@]}"
}

# A table's macro declares "extern const struct TYPE PREFIX##id" in a header of its folder: each
# line needs its definition in a file of that folder, each definition its line.
tables() {
	local def dir macro header type prefix ids defined id
	for def in $(find engine analyzers reports -name '*.def' | LC_ALL=C sort); do
		dir=$(dirname "$def")
		macro=$(sed -nE 's/^(PB_[A-Z]+)\([a-z0-9_]+\)$/\1/p' "$def" | head -n 1)
		[ -n "$macro" ] || continue
		header=$(grep -hE "^#define $macro\(id\) extern" "$dir"/*.h | grep -oE 'extern const struct [a-z_]+ [a-z_]+##id' | head -n 1)
		if [ -z "$header" ]; then
			echo "$def: no header of $dir declares its lines"
			continue
		fi
		read -r _ _ _ type prefix <<<"${header%##id}"
		ids=$(sed -nE 's/^PB_[A-Z]+\(([a-z0-9_]+)\)$/\1/p' "$def")
		defined=$(sed -nE "s/^const struct $type $prefix([a-z0-9_]+) = .*/\1/p" "$dir"/*.c)
		for id in $ids; do
			grep -qx "$id" <<<"$defined" || echo "$def: $id has no $prefix$id in $dir"
		done
		for id in $defined; do
			grep -qx "$id" <<<"$ids" || echo "$dir: $prefix$id has no line in $def"
		done
		[ "$(sort <<<"$ids" | uniq -d)" = "" ] || echo "$def: a line stands twice"
	done
}

opening_comments() {
	local file
	for file in "${sources[@]}"; do
		case $(head -n 1 "$file") in
		'/*'*) ;;
		*) echo "$file: does not start with what it does" ;;
		esac
	done
}

# Only engine/cli prints and chooses exit statuses; agent and init are programs of their own.
quiet() {
	printf '%s\n' "${sources[@]}" | grep -E '^(engine|analyzers|reports)/.*\.c$' | grep -vE '^engine/(cli|agent)/|^engine/lab/init\.c$' |
		xargs grep -nE '(^|[^_[:alnum:]"])(exit|abort|printf|puts|putchar|perror|vprintf)\(' |
		grep -vE ':[[:space:]]*(/?\*|//)'
}

unfinished() {
	grep -nE '\b(TODO|FIXME|XXX)\b' "${sources[@]}" "${scripts[@]}" |
		grep -vE 'XXXXXX|^tests/structure.sh'
}

verdict includes "$(includes)"
verdict file-sizes "$(file_sizes)"
verdict function-sizes "$(function_sizes)"
verdict tables "$(tables)"
verdict opening-comments "$(opening_comments)"
verdict only-cli-prints "$(quiet)"
verdict nothing-unfinished "$(unfinished)"
exit $failed
