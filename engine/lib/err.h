/*
 * One error message per failed operation, with the exit status it deserves.
 *
 * The place that knows the file and the value records the message; callers
 * pass the error on untouched; only engine/cli prints it and chooses the exit
 * status. Nothing here prints.
 */
#ifndef PB_LIB_ERR_H
#define PB_LIB_ERR_H

#include <stddef.h>

/* Exit statuses of the command line (docs/cli.md). */
enum pb_status {
	PB_OK = 0,
	PB_REGRESSION = 1,   /* regression found or gate failed */
	PB_USAGE = 2,        /* bad usage or bad input */
	PB_UNSAFE = 3,       /* refused as unsafe */
	PB_INVALID = 4,      /* measurement not valid */
	PB_MISSING = 5,      /* something required is missing or failed on this machine */
	PB_INTERRUPTED = 130 /* stopped by SIGINT or SIGTERM */
};

struct pb_err {
	enum pb_status status;
	char msg[768]; /* one sentence: what, where, what to do; empty = no error */
};

#define PB_ERR_INIT                                                                                          \
	{                                                                                                    \
		.status = PB_OK, .msg = ""                                                                   \
	}

/*
 * Records a message in err (may be NULL) unless one is already there, and
 * returns -errnum (errnum > 0), so that "return pb_fail(err, ...)" reads well.
 */
int pb_fail(struct pb_err *err, enum pb_status status, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#ifdef PB_STATIC_ANALYSIS
/*
 * An analyzer looks at one file at a time and would take a failure for possibly 0: every
 * out parameter then looks unset.
 */
#define pb_fail(...) (pb_fail(__VA_ARGS__), -1)
#endif

#endif
