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

/* Skipped lines that are named; all are counted. */
#define EXAMPLES_MAX 5

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

int pb_importing_bad(struct pb_importing *im, const struct pb_input *in, size_t line, struct pb_err *err,
		     const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (!im->lenient && !line)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s: %s; mend the file, or leave such samples out with --lenient",
			       pb_input_path(in), why);
	if (!im->lenient)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s:%zu: %s; mend the line, or leave such lines out with --lenient",
			       pb_input_path(in), line, why);
	im->skipped++;
	if (im->examples.n < EXAMPLES_MAX && line)
		pb_strv_addf(&im->examples, "%s:%zu: %s", pb_input_path(in), line, why);
	else if (im->examples.n < EXAMPLES_MAX)
		pb_strv_addf(&im->examples, "%s: %s", pb_input_path(in), why);
	return 0;
}

void pb_importing_note(struct pb_importing *im, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < im->notes.n; i++)
		if (strcmp(im->notes.v[i], text) == 0)
			return;
	pb_strv_add(&im->notes, text);
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
