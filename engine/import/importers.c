/*
 * The table of importers, filled from importers.def, and what they share: which of them a file is for, and
 * what becomes of a line that cannot be used.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/importer.h"
#include "engine/lib/plain.h"

/* Skipped lines that are named; all are counted. */
#define EXAMPLES_MAX 5
#define SENTENCE_MAX 512

const struct pb_importer *const pb_importers[] = {
#define PB_IMPORTER(id) &pb_importer_##id,
#include "engine/import/importers.def"
#undef PB_IMPORTER
	NULL};

/* "a, b, c" of those whose bit is set. */
static void list_names(char *text, size_t size, unsigned which)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; pb_importers[i]; i++)
		if (which >> i & 1 && len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "",
						pb_importers[i]->name);
}

int pb_importer_named(const struct pb_importer **out, const char *name, struct pb_err *err)
{
	char known[160];

	for (size_t i = 0; pb_importers[i]; i++)
		if (strcmp(pb_importers[i]->name, name) == 0) {
			*out = pb_importers[i];
			return 0;
		}
	list_names(known, sizeof(known), ~0u);
	return pb_fail(err, PB_USAGE, EINVAL, "--format %s: there is no such format; known: %s", name, known);
}

int pb_importer_detect(const struct pb_importer **out, const struct pb_input *in, struct pb_err *err)
{
	const struct pb_importer *found = NULL;
	unsigned which = 0, n = 0;
	char names[160];

	for (size_t i = 0; pb_importers[i]; i++)
		if (pb_importers[i]->detect(pb_input_head(in))) {
			found = pb_importers[i];
			which |= 1u << i;
			n++;
		}
	if (n == 1) {
		*out = found;
		return 0;
	}
	list_names(names, sizeof(names), n ? which : ~0u);
	return pb_fail(
		err, PB_USAGE, EINVAL,
		n ? "%s: may be any of %s; say which with --format"
		  : "%s: begins like none of the formats that can be imported (%s); docs/import.md says "
		    "how to record them",
		pb_input_path(in), names);
}

/* A sentence that may hold pieces of the file, as one plain line that JSON takes; free it. NULL on no memory.
 */
__attribute__((format(printf, 1, 0))) static char *sentence(const char *fmt, va_list ap)
{
	char *text = NULL, *plain;

	if (vasprintf(&text, fmt, ap) < 0)
		return NULL;
	plain = pb_plain_copy(text, SENTENCE_MAX);
	free(text);
	return plain;
}

int pb_importing_bad(struct pb_importing *im, const struct pb_input *in, size_t line, struct pb_err *err,
		     const char *fmt, ...)
{
	char where[32] = "", *why;
	va_list ap;
	int rc = 0;

	va_start(ap, fmt);
	why = sentence(fmt, ap);
	va_end(ap);
	if (line)
		snprintf(where, sizeof(where), ":%zu", line);
	if (!im->lenient)
		rc = pb_fail(err, PB_USAGE, EINVAL, "%s%s: %s; mend it, or leave such %s out with --lenient",
			     pb_input_path(in), where, why ? why : "not usable", line ? "lines" : "samples");
	else if (im->examples.n < EXAMPLES_MAX)
		pb_strv_addf(&im->examples, "%s%s: %s", pb_input_path(in), where, why ? why : "not usable");
	im->skipped += im->lenient;
	free(why);
	return rc;
}

void pb_importing_note(struct pb_importing *im, const char *fmt, ...)
{
	bool known = false;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = sentence(fmt, ap);
	va_end(ap);
	for (size_t i = 0; text && i < im->notes.n; i++)
		known |= strcmp(im->notes.v[i], text) == 0;
	if (text && !known)
		pb_strv_add(&im->notes, text);
	free(text);
}

void pb_importing_fact(struct pb_importing *im, const char *section, const char *key, json_t *value)
{
	json_t *o = json_object_get(im->facts, section);

	if (!o && json_object_set_new(im->facts, section, json_object()) == 0)
		o = json_object_get(im->facts, section);
	if (o && !json_object_get(o, key))
		json_object_set_new(o, key, value);
	else
		json_decref(value);
}
