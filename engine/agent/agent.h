/*
 * The agent: one conversation (docs/protocol.md), at most one fio at a time.
 */
#ifndef PB_AGENT_AGENT_H
#define PB_AGENT_AGENT_H

#include <stdbool.h>

#include "engine/agent/fio_job.h"
#include "engine/agent/fio_tool.h"
#include "engine/agent/telemetry.h"
#include "engine/agent/verify.h"
#include "engine/lib/proto.h"
#include "engine/lib/sysfs.h"

struct pb_agent {
	struct pb_root root; /* the machine it runs on */
	struct pb_lines lines;
	const char *fio_path; /* --fio, or NULL: found */
	bool pid1;
	bool port;    /* a virtio port: hangs up and comes back as the host does */
	bool quit;    /* the host asked for it */
	char dir[64]; /* private folder on tmpfs; "" before the first start */
	struct pb_fio_tool tool;
	struct pb_fio_job job;
	struct pb_telemetry *telemetry; /* of the last start; kept after stop */
	struct pb_verify *verify;       /* instead of fio; NULL when there is none */
};

/*
 * Answers requests until the host goes away or says quit; stops fio then. 0, or -errno with the
 * reason when the conversation broke.
 */
int pb_agent_serve(struct pb_agent *a, struct pb_err *err);

#endif
