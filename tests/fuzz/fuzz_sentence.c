/*
 * Fuzz target for sentences recognized by their format: the first line is a format, the rest a text that may
 * have been printed with it. Arguments are pieces of the text, work is bounded, and any text has a
 * translation that is a string. Runs from the top of the source tree, where the catalogue is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reports/lang.h"
#include "reports/sentence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const char *fmt, const char *text)
{
	struct pb_sentence s;
	struct pb_buf b = {0};
	size_t len = strlen(text);

	if (!pb_sentence_match(&s, fmt, text))
		return;
	for (size_t i = 0; i < s.n; i++)
		if (s.arg[i].text < text || s.arg[i].text + s.arg[i].len > text + len)
			abort();
	pb_sentence_fill(&b, fmt, &s, pb_lang_say);
	pb_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size), *text;

	setenv("PASSBENCH_DATA", ".", 1);
	if (pb_lang() == pb_langs && pb_lang_use("zh", NULL) < 0)
		abort();
	if (!line)
		return 0;
	text = strchr(line, '\n');
	if (text) {
		*text++ = '\0';
		look(line, text);
		if (!pb_lang_say(text))
			abort();
	}
	free(line);
	return 0;
}
