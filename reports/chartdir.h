/*
 * The folder report/charts, report/charts.zh in Chinese: built beside its final place, and put there, or
 * taken back, in one rename.
 */
#ifndef PB_REPORTS_CHARTDIR_H
#define PB_REPORTS_CHARTDIR_H

#include "engine/lib/err.h"

/* An open folder for a new set of charts, report/charts.new below dirfd, empty; the caller closes it. */
int pb_chartdir_begin(int dirfd, struct pb_err *err);
/*
 * The new set and the one in report/charts change places, so that a second call undoes the first. What was
 * there is in report/charts.new then, if there was any.
 */
int pb_chartdir_exchange(int dirfd, struct pb_err *err);
/* Removes report/charts.new; it need not exist. */
void pb_chartdir_remove_new(int dirfd);
/* Copies `name` from the data folder `data` into fd. */
int pb_chartdir_copy(int fd, const char *data, const char *name, struct pb_err *err);
/* 0 when a file of some size can be written in fd; -ENOSPC, -EDQUOT... when not. */
int pb_chartdir_room(int fd);

#endif
