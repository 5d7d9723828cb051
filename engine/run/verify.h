/*
 * `passbench verify`: integrity mode. Has the guest's agent write stamped
 * blocks and read them back through the guest's path, and keeps what it found.
 */
#ifndef PB_RUN_VERIFY_H
#define PB_RUN_VERIFY_H

#include "engine/run/session.h"

enum pb_verify_mode { PB_VERIFY_BOTH, PB_VERIFY_WRITE, PB_VERIFY_READ };

struct pb_verify_opts {
	struct pb_session_opts session; /* no_fio and writes are filled in by pb_verify */
	enum pb_verify_mode mode;
	const char *from;    /* reading alone: directory of the run that wrote */
	uint64_t size_bytes; /* the area, a multiple of PB_VERIFY_ALIGN; reading alone: from `from` */
	unsigned passes, depth;
	int64_t seed;     /* below 0: random */
	unsigned stall_s; /* a disk that does nothing for so long hangs; a flush may take four times that */
};

#define PB_VERIFY_ALIGN 65536

/* What an earlier run wrote, as its manifest has it; complete or not. */
struct pb_verify_origin {
	int64_t run, seed, size_bytes;
	unsigned passes, oldest; /* newest and oldest pass that may be there */
	char serial[128];        /* "" when the disk has none */
};

/* Reads and checks it. PB_USAGE when dir was not made by `verify` or nothing was written. */
int pb_verify_origin(const char *dir, struct pb_verify_origin *o, struct pb_err *err);
/* "256M": a size with K, M, G or T behind it, 64 KiB at least, rounded down to PB_VERIFY_ALIGN. */
int pb_verify_size_parse(const char *text, uint64_t *bytes, struct pb_err *err);
/* "both", "write" or "read". */
int pb_verify_mode_parse(const char *text, enum pb_verify_mode *mode, struct pb_err *err);

/*
 * Runs it and leaves a run directory with integrity.csv. -EIO with PB_INVALID when any block is not what was
 * written, or the disk failed: the directory is complete then, too.
 */
int pb_verify(const struct pb_verify_opts *o, struct pb_err *err);

#endif
