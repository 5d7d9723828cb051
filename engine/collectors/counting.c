/*
 * From a group's text to perf attributes. libpfm4 knows the events of CPUs and encodes
 * only those of the CPU it runs on; tracepoints are looked up in tracefs. No CPU is named here.
 */
#include "engine/collectors/counting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/collectors/reason.h"

#define TRY_MS 2000

_Static_assert(PB_COUNTERS_EVENTS_MAX <= PB_PERF_GROUP_MAX, "a group must fit");

/* "trace:SYSTEM:EVENT" */
static int encode_trace(const struct pb_root *root, const struct pb_counter_event *e,
			struct perf_event_attr *attr, char *why, size_t size)
{
	char system[64], event[128];

	if (sscanf(e->text, "trace:%63[a-z0-9_]:%127[a-z0-9_]", system, event) != 2) {
		snprintf(why, size, "%s is not trace:SYSTEM:EVENT", e->text);
		return -EINVAL;
	}
	return pb_perf_tracepoint(root, system, event, attr, why, size);
}

static int encode(struct pb_counting *c, const struct pb_root *root, char *why, size_t size)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < c->g.n_events; i++) {
		const struct pb_counter_event *e = &c->g.event[i];

		if (!strncmp(e->text, "trace:", 6))
			rc = encode_trace(root, e, &c->event[i].attr, why, size);
		else
			rc = pb_perf_encode(e->text, &c->event[i].attr, why, size);
		memcpy(c->event[i].filter, e->filter, sizeof(e->filter));
	}
	return rc;
}

static int explain(const struct perf_event_attr *attr, int rc, char *why, size_t size)
{
	bool kernels = attr->type == PERF_TYPE_SOFTWARE || attr->type == PERF_TYPE_TRACEPOINT;

	if (rc == -EBUSY) {
		snprintf(why, size,
			 "the group never got its counters: taken by the NMI watchdog or another "
			 "program, or too many for this CPU");
		return rc;
	}
	if (!kernels && (rc == -ENOENT || rc == -EOPNOTSUPP || rc == -ENODEV))
		return pb_reason(why, size, -rc, "no PMU: perf_event_open");
	if (rc == -EFAULT) {
		snprintf(why, size, "the process that tried perf_event_open died of it");
		return rc;
	}
	return pb_reason(why, size, -rc, "perf_event_open (see /proc/sys/kernel/perf_event_paranoid)");
}

/* Names the events that cannot be counted; the formulas that need them stay empty. */
static void name_missing(struct pb_counting *c, const int *result, char *why, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < c->g.n_events; i++) {
		const char *text = result[i] ? strerrorname_np(-result[i]) : NULL;

		if (!text || len >= size)
			continue;
		len += (size_t)snprintf(why + len, size - len, "%s%s: %s", len ? ", " : "without ",
					c->g.event[i].name, text);
		c->partly = true;
	}
}

int pb_counting_prepare(struct pb_counting *c, const struct pb_root *root, const char *name,
			bool only_default, char *why, size_t size)
{
	int result[PB_COUNTERS_EVENTS_MAX] = {0}, rc;
	struct pb_err err = PB_ERR_INIT;

	why[0] = '\0';
	memset(c, 0, sizeof(*c));
	rc = pb_counters_load(&c->g, name, &err);
	if (rc) {
		snprintf(why, size, "%s", err.msg);
		return rc;
	}
	if (only_default && !c->g.preset) {
		snprintf(why, size, "not a default group");
		return -ENOMSG;
	}
	if (!root->live) {
		snprintf(why, size, PB_WHY_RECORDED);
		return -ENODEV;
	}
	rc = encode(c, root, why, size);
	if (rc)
		return rc;
	rc = pb_perf_try(c->event, c->g.n_events, TRY_MS, result);
	if (rc)
		return explain(&c->event[0].attr, rc, why, size);
	name_missing(c, result, why, size);
	return 0;
}
