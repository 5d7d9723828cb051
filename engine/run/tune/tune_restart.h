/*
 * Trying a change that takes a new guest: each arm is a guest of passbench's own, started, measured and ended
 * in turns.
 */
#ifndef PB_RUN_TUNE_TUNE_RESTART_H
#define PB_RUN_TUNE_TUNE_RESTART_H

#include "engine/run/tune/tune.h"

/*
 * What --attach would say for the finding's params {kind: "attach", cache, aio}; iothread as in the run.
 * -EINVAL for what QEMU does not have or would refuse. attach: the manifest's section, NULL = unknown.
 */
int pb_tune_restart_attach(char *buf, size_t size, const json_t *params, const json_t *attach);
/*
 * Visits both arms o->visits times, decides, writes DIR/tune/N-RULE (out) with tune.json, the visits below it
 * and, when kept, the command line and XML that make the change elsewhere. PB_UNSAFE for a mode that loses
 * what the run's profile wants to survive.
 */
int pb_tune_restart(const struct pb_tune_opts *o, const struct pb_session_opts *session,
		    const struct pb_finding *f, const json_t *base, unsigned depth, struct pb_err *err);
/* Why passbench cannot restart the guest of this run by itself, or NULL. */
const char *pb_tune_restart_why_not(const json_t *base);

#endif
