/*
 * The latest values as text for people: a table for a terminal, or one line. Draws only; who prints it, and
 * when, is the command line's business.
 */
#ifndef PB_COLLECTORS_LIVETABLE_H
#define PB_COLLECTORS_LIVETABLE_H

#include "engine/collectors/latest.h"
#include "engine/lib/buf.h"

/*
 * Busiest vectors, CPUs, threads, exits and disks since the last call, busiest first, in at most `lines`
 * lines of at most `width` columns (UTF-8 text, no control characters but newlines). Takes the lock and sets
 * the mark from which the next rates count. 0 or -ENOMEM.
 */
int pb_livetable_draw(struct pb_latest *l, double elapsed_s, unsigned lines, unsigned width,
		      struct pb_buf *out);
/* The same in one line: the busiest of each. */
int pb_livetable_line(struct pb_latest *l, double elapsed_s, struct pb_buf *out);

#endif
