/*
 * A message catalogue in gettext's PO format, as far as passbench's have it: comments, msgid, msgstr, and the
 * flag c-format. Contexts and plural forms are refused, fuzzy entries are left out.
 */
#ifndef PB_REPORTS_PO_H
#define PB_REPORTS_PO_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lib/err.h"

struct pb_po_entry {
	char *id, *str;
	bool is_format; /* a printf format: what was printed with it has to be recognized */
};

struct pb_po {
	struct pb_po_entry *v; /* sorted by id, without the header and without untranslated ones */
	size_t n, cap;
};

/* Reads a file. PB_MISSING when it cannot be read, PB_USAGE with the line for what it is not; po is empty
 * then. */
int pb_po_read(struct pb_po *po, const char *path, struct pb_err *err);
void pb_po_fini(struct pb_po *po);
/* NULL when there is no such entry. */
const struct pb_po_entry *pb_po_find(const struct pb_po *po, const char *id);

#endif
