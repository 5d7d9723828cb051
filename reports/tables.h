/*
 * The tables of a run directory, each read once however many charts and sections use it: on a long run
 * host/interrupts.csv alone is hundreds of megabytes.
 */
#ifndef PB_REPORTS_TABLES_H
#define PB_REPORTS_TABLES_H

#include "engine/lib/csv.h"

struct pb_tables; /* opaque */

/* dirfd is borrowed until pb_tables_free. NULL on no memory. */
struct pb_tables *pb_tables_new(int dirfd);
void pb_tables_free(struct pb_tables *s); /* NULL is fine */
/*
 * *t is borrowed until pb_tables_free, NULL when there is no such file. Errors as of pb_table_read, the same
 * again at each call.
 */
int pb_tables_get(struct pb_tables *s, const struct pb_table **t, const char *path, struct pb_err *err);
/* The file of a guest, "engine.csv" of "launch"; *t NULL also for a name that cannot be a folder. */
int pb_tables_get_guest(struct pb_tables *s, const struct pb_table **t, const char *guest, const char *file,
			struct pb_err *err);

#endif
