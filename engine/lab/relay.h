/*
 * Carries the text between the machine's ports and our stdin, stdout and stderr.
 */
#ifndef PB_LAB_RELAY_H
#define PB_LAB_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/lib/ui_record.h"

struct pb_lab_relay {
	int listen[2]; /* sockets "out" and "err" that QEMU connects to */
	int conn[2];   /* -1 before it did, and after its end */
	bool shell;    /* stdin goes to "out" */
	/* Where the progress of the command's passbench is shown, which then writes records (ui_record.h);
	 * set by the caller. NULL = text passes through as it is. */
	const struct pb_ui *ui;
	const char *what;              /* is shown as long as no record says more */
	char record[PB_UI_RECORD_MAX]; /* the last one, or what there is of it */
	size_t n_record;
	uint64_t carried;         /* bytes that came from the machine */
	bool in_record, mid_line; /* of "err" a record, of both a line has begun and not ended */
};

int pb_lab_relay_open(struct pb_lab_relay *r, const char *workdir, bool shell, struct pb_err *err);
/* Moves what there is, waits at most timeout_ms. -EPIPE when our own stdout is gone. */
int pb_lab_relay_step(struct pb_lab_relay *r, int timeout_ms, struct pb_err *err);
/* Shows what the command's passbench said last, or `what`. */
void pb_lab_relay_show(struct pb_lab_relay *r);
/* Removes the sockets too. */
void pb_lab_relay_close(struct pb_lab_relay *r, const char *workdir);

#endif
