/*
 * What the analyzers use of a run beyond analyzer.h: sections of the
 * manifest, names of guest files and the state of the tables read so far.
 */
#ifndef PB_ANALYZERS_RUN_H
#define PB_ANALYZERS_RUN_H

#include "analyzers/analyzer.h"

/* The manifest's object of that name ("disk"), or NULL when it is absent or null; jansson and pb_json_* take
 * NULL. */
const json_t *pb_run_section(const struct pb_run *run, const char *name);
/* The directory, for files that are not tables. Borrowed. */
int pb_run_dirfd(const struct pb_run *run);
/* The same as a path, as it was opened. Borrowed. */
const char *pb_run_dirname(const struct pb_run *run);
/* 0, or the error of the first table that could not be read. */
int pb_run_status(const struct pb_run *run, struct pb_err *err);
/* For what a rule reads besides tables and finds damaged: makes pb_run_status give this error. */
void pb_run_damaged(struct pb_run *run, int ret, const struct pb_err *err);
/* "guest/NAME/file" of the measured guest, written to buf, which is returned. */
const char *pb_run_guest_file(const struct pb_run *run, char *buf, size_t size, const char *file);
/*
 * The disk's name in the guest ("nvme0n1") for use in printed commands, or dflt. The guest is not
 * trusted: a name with anything a shell could act on is not used.
 */
const char *pb_run_guest_dev(const struct pb_run *run, const char *dflt);

#endif
