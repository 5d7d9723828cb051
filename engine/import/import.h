/*
 * Other tools' results as a run directory (docs/import.md): files in, a sealed directory of schema 1 out,
 * whose manifest says where it came from. All or nothing: after a failure there is no directory.
 */
#ifndef PB_IMPORT_IMPORT_H
#define PB_IMPORT_IMPORT_H

#include "engine/import/importer.h"

struct pb_import_opts {
	const char *format; /* name of an importer; NULL = by each file's content */
	const char *disk;   /* the disk of a recording that is meant; NULL = the only one with I/O */
	bool lenient;
	char *const *files;
	size_t n_files;
	const char *out;
	char *const *command; /* for the manifest */
	size_t n_command;
	struct pb_input_watch watch;
};

struct pb_import_result {
	uint64_t skipped; /* lines left out */
	unsigned steps;
	uint64_t host_rows;
};

/* 0 or -errno with a message: PB_USAGE for anything in the files, and for an `out` that is not empty. */
int pb_import(const struct pb_import_opts *o, struct pb_import_result *result, struct pb_err *err);

#endif
