/*
 * Standard error as the user sees it while a command works. On a terminal one line of progress is redrawn in
 * place; elsewhere a plain line comes when nothing else has been said for a while. No escape sequence
 * is ever written: carriage return and spaces do it, so that nothing is left of it and any terminal can show
 * it.
 */
#ifndef PB_CLI_TERMINAL_H
#define PB_CLI_TERMINAL_H

#include <stdbool.h>

#include "engine/lib/ui.h"

struct pb_terminal;

enum pb_terminal_mode {
	PB_TERMINAL_PLAIN,   /* a log: a line every 10 s of silence */
	PB_TERMINAL_LINE,    /* a terminal: one line, redrawn at most ten times a second */
	PB_TERMINAL_RECORDS, /* passbench outside the lab, which draws: see engine/lib/ui_record.h */
};

/* What fd is, from itself and the environment (TERM, PASSBENCH_PROGRESS). */
enum pb_terminal_mode pb_terminal_mode_of(int fd);

/*
 * fd is borrowed. A thread of its own draws, begun with the first progress, so that a slow terminal never
 * holds up what is measured. NULL when memory is out.
 */
struct pb_terminal *pb_terminal_new(int fd, enum pb_terminal_mode mode);
/* Takes the line away and ends the thread. */
void pb_terminal_free(struct pb_terminal *t);
/* Hooks that show on t; valid as long as t is. */
struct pb_ui pb_terminal_ui(struct pb_terminal *t);

#endif
