/*
 * Preconditioning: the whole disk is written twice, sequentially, before
 * anything is measured. Bringing it to steady state is steady.h's.
 */
#ifndef PB_RUN_PRECONDITION_H
#define PB_RUN_PRECONDITION_H

#include "engine/run/session.h"

#define PB_PRECONDITION_PASSES 2 /* SNIA PTS: 2 x user capacity, 128 KiB sequential */

/*
 * Says how long it will take at the speed at which the disk reads, then writes and stops; no fio runs before
 * and after. *result: {passes, capacity_bytes, written_bytes, seconds}; written_bytes are the engine's own
 * counters. The disk may be written only when the session was opened with its serial.
 */
int pb_precondition(struct pb_session *s, json_t **result, struct pb_err *err);

#endif
