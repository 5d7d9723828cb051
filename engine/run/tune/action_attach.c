/*
 * Attaches a virtio-blk disk with another cache mode or way of submitting. params: {kind, cache,
 * aio}. That takes a new guest for each arm: the visits are tune_restart.c's, here is only which findings can
 * be tried so.
 */
#include "engine/run/tune/action.h"
#include "engine/run/tune/tune_restart.h"

static bool fits(const struct pb_finding *f)
{
	char attach[128];

	return pb_tune_restart_attach(attach, sizeof(attach), f->params, NULL) == 0;
}

const struct pb_action pb_action_attach = {
	.kind = "attach",
	.help = "cache mode and aio of a virtio-blk disk, in guests of passbench's own; proof: QMP "
		"query-block",
	.restart = true,
	.fits = fits,
};
