/*
 * What an importer is: it knows a tool's result by its beginning, and turns it into steps, host tables and
 * facts of a run directory. One file per format and one line in importers.def.
 */
#ifndef PB_IMPORT_IMPORTER_H
#define PB_IMPORT_IMPORTER_H

#include <jansson.h>

#include "engine/import/input.h"
#include "engine/import/stepfile.h"
#include "engine/import/timeline.h"

/* Where an importer puts what it reads. */
struct pb_importing {
	struct pb_stepfile steps;
	struct pb_timeline *timeline;
	const char *disk; /* as asked for; NULL = not */
	bool lenient;
	uint64_t skipped;        /* lines left out of the present file */
	struct pb_strv examples; /* the first of them, as sentences */
	struct pb_strv notes;    /* what the reader must know: warnings of the manifest */
	/* Sections of the manifest to be, by name: importers set what they know, the first file wins. */
	json_t *facts; /* {host: {}, disk: {}, profile: {}, guest: {}} */
};

struct pb_importer {
	const char *name;   /* as --format takes it */
	const char *help;   /* one line for `passbench list importers` */
	const char *record; /* the command that records it, there */
	const char *tool;   /* manifest origin.tool */
	const char *title;  /* as a report says it: "fio JSON" */
	bool recording;     /* samples of a host over time, of which one import can hold one kind */
	/* Does the text begin like this format? */
	bool (*detect)(const char *head);
	/* Reads the whole file. 0 or -errno with a message. */
	int (*read)(struct pb_importing *im, struct pb_input *in, struct pb_err *err);
};

#define PB_IMPORTER(id) extern const struct pb_importer pb_importer_##id;
#include "engine/import/importers.def"
#undef PB_IMPORTER

extern const struct pb_importer *const pb_importers[]; /* NULL-terminated */

/* The importer of that name; PB_USAGE with the names there are. */
int pb_importer_named(const struct pb_importer **out, const char *name, struct pb_err *err);
/* The one importer that knows the beginning; PB_USAGE with a list when none or several do. */
int pb_importer_detect(const struct pb_importer **out, const struct pb_input *in, struct pb_err *err);

/*
 * A line that cannot be used: ends the import (PB_USAGE, naming file and line), or counts it and returns 0
 * when the import is lenient. line 0: the text says itself where it is.
 */
int pb_importing_bad(struct pb_importing *im, const struct pb_input *in, size_t line, struct pb_err *err,
		     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Adds a note once. */
void pb_importing_note(struct pb_importing *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets a fact unless an earlier file has; takes the reference. */
void pb_importing_fact(struct pb_importing *im, const char *section, const char *key, json_t *value);

#endif
