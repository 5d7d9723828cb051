/*
 * Progress as lines in another program's output: what passbench in the lab says to the passbench outside,
 * which draws it. Asked for by the environment; a line of this kind starts with a byte that no text has.
 */
#ifndef PB_LIB_UI_RECORD_H
#define PB_LIB_UI_RECORD_H

#include <stddef.h>

#include "engine/lib/buf.h"
#include "engine/lib/ui.h"

#define PB_UI_RECORD_ENV "PASSBENCH_PROGRESS" /* "records": write such lines */
#define PB_UI_RECORD_START '\036'             /* ASCII's record separator */
#define PB_UI_RECORD_MAX 512                  /* bytes of a line with its newline */

/* Appends one line. text NULL: the work is over. Control characters become '?'. */
int pb_ui_record_add(struct pb_buf *b, const char *text, double share, double left_s);
/* Shows what a line says, start byte and newline taken off, or nothing when it is damaged. */
void pb_ui_record_show(const struct pb_ui *ui, const char *line);

#endif
