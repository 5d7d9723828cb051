/*
 * The requests of docs/protocol.md, by name.
 */
#ifndef PB_AGENT_REQUESTS_H
#define PB_AGENT_REQUESTS_H

#include "engine/agent/agent.h"

struct pb_request {
	const char *name;
	/* Fills `reply` beyond id and ok. 0, or -errno with the sentence and status that the host gets. */
	int (*answer)(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err);
};

/* NULL when there is no such request. */
const struct pb_request *pb_request_find(const char *name);

#endif
