/*
 * Private to rundir*.c: names, hashes and the list of files of a run directory.
 */
#ifndef PB_LIB_RUNDIR_FILES_H
#define PB_LIB_RUNDIR_FILES_H

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

#define PB_RUNDIR_HEX 65 /* a sha256 as text with its NUL */

/*
 * Refuses a name that is absolute, empty, longer than 255 bytes, not printable ASCII, or has an
 * empty, "." or ".." part: some come from guests.
 */
int pb_rundir_check_name(const char *name, struct pb_err *err);
/* Names in one directory without . and .. (unsorted). 0 or -errno. */
int pb_rundir_names(int dirfd, struct pb_strv *names);
/* Every regular file below dirfd that a seal covers, sorted. Leftover temporaries are removed. 0 or -errno.
 */
int pb_rundir_walk(int dirfd, struct pb_strv *names);
/* Removes everything below dirfd except files named undo.log and the directories that hold them. 0 or -errno.
 */
int pb_rundir_clear(int dirfd);
/* sha256 of a regular file. 0 or -errno. */
int pb_rundir_hash(int dirfd, const char *name, char hex[PB_RUNDIR_HEX]);

#endif
