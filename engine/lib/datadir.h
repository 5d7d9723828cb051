/*
 * Where passbench's data files (profiles, report scripts) are: next to the
 * sources in a checkout, in the installed place otherwise.
 */
#ifndef PB_LIB_DATADIR_H
#define PB_LIB_DATADIR_H

#include <stddef.h>

#include "engine/lib/err.h"

/*
 * Writes the path of folder `sub` ("profiles", "reports") to buf. Looked for below $PASSBENCH_DATA (alone,
 * when it is set), the parent of the executable's folder, and the place compiled in (PB_DATADIR).
 * -ENOENT with PB_MISSING and the places tried when it is in none of them.
 */
int pb_datadir(char *buf, size_t size, const char *sub, struct pb_err *err);

#endif
