/*
 * What every QEMU we start has in common: option text and the end of its logs.
 */
#ifndef PB_RUN_GUEST_QEMU_H
#define PB_RUN_GUEST_QEMU_H

#include <stddef.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

/* Text as a value of a QEMU option: commas doubled. -ENAMETOOLONG when it does not fit. */
int pb_qemu_escape(char *out, size_t size, const char *text, struct pb_err *err);

/*
 * The last lines of a log on one line each, joined by " | ", without control characters: what
 * an error message can show. Of a console whose kernel panicked only why it did, which stands above
 * a long trace. "" when there is no such file or nothing in it.
 */
void pb_qemu_log_tail(char *out, size_t size, const char *path, unsigned lines);

#endif
