/*
 * A file that appears whole or not at all: written as NAME.tmp beside its
 * final name, fsynced, then renamed over it. Messages name the file; does not make directories.
 */
#ifndef PB_LIB_REPLACE_H
#define PB_LIB_REPLACE_H

#include <stdio.h>

#include "engine/lib/err.h"

#define PB_REPLACE_SUFFIX ".tmp"

/* A stream onto NAME.tmp below dirfd, or NULL with a message. */
FILE *pb_replace_begin(int dirfd, const char *name, struct pb_err *err);
/* Flushes, fsyncs, closes f and renames. When anything failed, also before, the temporary is removed. */
int pb_replace_commit(int dirfd, FILE *f, const char *name, struct pb_err *err);
/* Closes f and removes the temporary; what stood under the name before stays. */
void pb_replace_cancel(int dirfd, FILE *f, const char *name);

#endif
