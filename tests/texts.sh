#!/bin/bash
# Prints every text of the reports that a catalogue has to translate, as a PO template. Start a new language with
# `bash tests/texts.sh >reports/NAME.po`, bring one up to date with `msgmerge -U --no-wrap` (docs/report.md).
set -eu
cd "$(dirname "$0")/.."
xgettext --language=C --from-code=UTF-8 --no-wrap --no-location --sort-by-file -o - \
	--keyword --keyword=PB_MESSAGE:2 --flag=PB_MESSAGE:2:no-c-format reports/messages.def
