/*
 * Why a source cannot be read, as one short phrase for the manifest: what was tried, the
 * errno by name, and what that errno means for counters.
 */
#ifndef PB_COLLECTORS_REASON_H
#define PB_COLLECTORS_REASON_H

#include <stddef.h>

/* Writes "WHAT: ENOENT (not on this kernel or hardware)" into why and returns -errnum (errnum > 0). */
int pb_reason(char *why, size_t size, int errnum, const char *what);

/* Of a source that only a live machine has; a saved machine's own verdict then counts (run/savemachine.h). */
#define PB_WHY_RECORDED "a recorded machine has no PMU to count with"

#endif
