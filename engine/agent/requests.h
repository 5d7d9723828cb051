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

/* Reads an integer from lo to hi, or says which one is missing or out of range. */
int pb_request_bounded(const json_t *req, const char *key, int64_t lo, int64_t hi, int64_t *v,
		       struct pb_err *err);
/* The disk that the request means (new reference), and whether it may be written to: found, its serial
 * compared with `write_serial`, and not in use. */
int pb_request_disk(struct pb_agent *a, const json_t *req, json_t **disk, bool *write, struct pb_err *err);

/* settings.c */
int pb_request_set(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err);

/* requests_verify.c */
int pb_request_verify_start(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err);
int pb_request_verify_status(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err);
int pb_request_verify_bad(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err);
int pb_request_verify_stop(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err);

/* NULL when there is no such request. */
const struct pb_request *pb_request_find(const char *name);

#endif
