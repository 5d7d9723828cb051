#!/bin/bash
# Prints every text of the reports that a catalogue has to translate, as a PO template (docs/report.md says how a
# catalogue is made of it): messages.def, what analyzers say, and what run and its collectors write into the run
# directory for people. Sources go through the preprocessor first, which joins strings and macros.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# xgettext counts arguments by parentheses, so braces of compound literals become some. Reasons and warnings are
# written with functions that write other things too: those calls get a name of their own.
prepare() {
	"${CC:-cc}" -E -P -DPB_TEXTS -D_GNU_SOURCE -I. "$1" | perl -0777 -pe '
		s/("(?:\\.|[^"\\])*"|\x27(?:\\.|[^\x27\\])*\x27)|([{}])/defined $1 ? $1 : $2 eq "{" ? "(" : ")"/ge;
		s/\bsnprintf\s*\(\s*(?:\w+->)?(?:why|reason|warning|status)\b[^,]*,[^,]*,/say_why(/g;
		s/\bpb_finding_set\s*\(\s*&[\w.>-]*(?:title|what|text),/say_why(/g;
		s/\bwarnings,\s*json_s(?:tring|printf)\s*\(/warnings, say_why(/g'
}

sed -nE 's/^# title: (.*)$/PB_N("\1")/p' profiles/*.fio >"$work/profiles.c"
for file in $(grep -lE "PB_N|pb_say|why|reason|warning|status|effect" analyzers/*.c engine/collectors/*.c engine/{run,run/*,agent}/*.c); do
	prepare "$file" >"$work/$(tr / _ <<<"$file")"
done
cp reports/messages.def "$work/"

keywords=(--keyword --keyword=PB_MESSAGE:2 --flag=PB_MESSAGE:2:no-c-format --keyword=PB_N --keyword=pb_say_nature:3
	--keyword=add_reason:2 --keyword=pb_tune_add_effect:3)
for call in say_why:1 pb_say:5 pb_say_what:2 pb_say_fact:3 pb_say_apply:2 pb_say_undo:2 pb_say_verify:2 \
	pb_say_missing:2 pb_say_lack:4; do
	keywords+=("--keyword=$call" "--flag=$call:c-format")
done
cd "$work"
xgettext --language=C --from-code=UTF-8 --no-wrap --no-location --sort-by-file -o - "${keywords[@]}" messages.def ./*.c
