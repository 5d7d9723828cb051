/*
 * What a session leaves in its run directory: manifest, steps, guest files.
 */
#ifndef PB_RUN_SESSION_WRITE_H
#define PB_RUN_SESSION_WRITE_H

#include "engine/run/session.h"

/* Facts known before anything runs; saved, still incomplete. */
int pb_session_manifest_begin(struct pb_session *s, struct pb_err *err);
/* Ends fio and the sampler, aligns clocks, writes steps.csv, latency.csv and guest files. */
int pb_session_collect(struct pb_session *s, struct pb_err *err);
/* The same without results: after a failure. */
void pb_session_abandon(struct pb_session *s);
/* Copies the guest's console, QEMU's and the agent's log into the run directory; best effort. */
void pb_session_keep_logs(struct pb_session *s);
/* The manifest's "guest": needs the agent's greeting, so before the guest is stopped. New reference. */
json_t *pb_session_guest_json(const struct pb_session *s);
/* Fills in the rest and seals the directory. extra is stolen. */
int pb_session_manifest_end(struct pb_session *s, json_t *extra, struct pb_err *err);

/* session_files.c */
int pb_session_write_steps(struct pb_session *s, struct pb_err *err);
int pb_session_write_latency(struct pb_session *s, struct pb_err *err);
/* Fetches the guest's telemetry and brings its stamps to the host clock. A file that is not CSV is dropped
 * with a warning. */
int pb_session_fetch_guest(struct pb_session *s, struct pb_err *err);

#endif
