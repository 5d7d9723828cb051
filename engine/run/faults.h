/*
 * Failed I/Os of a session: what the engine says of them, for the user, the
 * manifest and errors.csv. Judges nothing: a step with failed I/Os is measure.c's.
 */
#ifndef PB_RUN_FAULTS_H
#define PB_RUN_FAULTS_H

#include "engine/run/session.h"

/* Asks the agent which I/Os failed; s->faults is its checked answer. Works until fio is started anew. */
int pb_faults_fetch(struct pb_session *s, struct pb_err *err);
/* guest/NAME/errors.csv, one row for each failed I/O that was described, and the manifest's "io_errors". */
int pb_faults_write(struct pb_session *s, struct pb_err *err);
/*
 * One sentence about the first failed I/O: "read of 4096 bytes at byte 8388608: EIO, Input/output error"; "no
 * I/O is described" when faults (the agent's answer, may be NULL) has none. Returns buf.
 */
const char *pb_faults_first(const json_t *faults, char *buf, size_t size);
/* Whether the agent's answer to `faults` has the form of docs/protocol.md. */
bool pb_faults_check(const json_t *faults);
/* The last window saw failed I/Os, or fio's end: there is nothing more to measure. */
bool pb_faults_end(const struct pb_session *s);

#endif
