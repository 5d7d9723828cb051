/*
 * What the manifest of an imported run says: where it came from, and what the files told of host, disk and
 * load.
 */
#ifndef PB_IMPORT_ORIGIN_H
#define PB_IMPORT_ORIGIN_H

#include "engine/import/importer.h"

struct pb_origin {
	const struct pb_importing *im;
	const struct pb_importer *importer; /* of the file that the steps are from */
	json_t *files;                      /* [{file, tool, encoding, bytes, skipped_lines}]; borrowed */
	uint64_t skipped;
	char *const *command;
	size_t n_command;
};

/* Fills a new manifest. 0 or -ENOMEM with a message. */
int pb_origin_put(const struct pb_origin *o, json_t *manifest, struct pb_err *err);

#endif
