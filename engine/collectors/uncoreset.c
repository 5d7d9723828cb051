/*
 * Opening and reading counters outside the cores. Each is opened alone: PMUs differ in what they accept as a
 * group, and a group that does not fit counts nothing at all.
 */
#include "engine/collectors/uncoreset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/collectors/perfcount.h"
#include "engine/collectors/reason.h"

#define TRY_MS 2000
#define SET_MAX 1024u /* counters; more would take longer to read than they tell */

static int kernel_try(void *arg, const struct perf_event_attr *attr, int cpu)
{
	(void)arg;
	return pb_perf_try_on(attr, -1, cpu, TRY_MS);
}

static int kernel_open(void *arg, const struct perf_event_attr *attr, int cpu)
{
	struct perf_event_attr a = *attr;
	long fd = syscall(SYS_perf_event_open, &a, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	(void)arg;
	return fd < 0 ? -errno : (int)fd;
}

static ssize_t kernel_read(void *arg, int handle, uint64_t out[3])
{
	ssize_t n = read(handle, out, 3 * sizeof(out[0]));

	(void)arg;
	return n < 0 ? -errno : n;
}

static void kernel_close(void *arg, int handle)
{
	(void)arg;
	close(handle);
}

static const struct pb_perf_ops kernel_ops = {
	.try = kernel_try, .open = kernel_open, .read = kernel_read, .close = kernel_close};

const struct pb_perf_ops *pb_uncore_ops(const struct pb_target *t)
{
	return t->perf ? t->perf : t->root->live ? &kernel_ops : NULL;
}

int pb_uncore_set_add(struct pb_uncore_set *s, const struct pb_uncore_counter *c)
{
	struct pb_uncore_counter *grown;

	if (s->n >= SET_MAX)
		return 0;
	grown = realloc(s->v, (s->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->v = grown;
	grown[s->n] = *c;
	grown[s->n++].handle = -1;
	return 0;
}

static bool first_of_pmu(const struct pb_uncore_set *s, size_t i)
{
	return i == 0 || strcmp(s->v[i].pmu, s->v[i - 1].pmu) != 0;
}

static int refused(const struct pb_uncore_counter *c, int rc, char *why, size_t size)
{
	char what[160];

	snprintf(what, sizeof(what), "perf_event_open of %s/%s/", c->pmu, c->event);
	return pb_reason(why, size, -rc, what);
}

int pb_uncore_set_try(const struct pb_uncore_set *s, const struct pb_perf_ops *ops, char *why, size_t size)
{
	int rc = -ENOENT;

	for (size_t i = 0; i < s->n; i++) {
		if (!first_of_pmu(s, i))
			continue;
		rc = ops->try(ops->arg, &s->v[i].attr, (int)s->v[i].cpu);
		if (!rc)
			return 0;
		refused(&s->v[i], rc, why, size);
	}
	return rc;
}

int pb_uncore_set_open(struct pb_uncore_set *s, const struct pb_perf_ops *ops, char *why, size_t size)
{
	int rc = 0, first = -ENOENT;
	size_t open = 0;

	s->ops = ops;
	for (size_t i = 0; i < s->n; i++) {
		struct pb_uncore_counter *c = &s->v[i];

		if (first_of_pmu(s, i))
			rc = ops->try(ops->arg, &c->attr, (int)c->cpu);
		if (rc) /* the whole PMU is left alone */
			c->handle = rc;
		else
			c->handle = ops->open(ops->arg, &c->attr, (int)c->cpu);
		if (c->handle >= 0)
			open++;
		else if (first == -ENOENT && c->handle != -ENOENT)
			first = c->handle;
	}
	if (!open)
		return s->n ? refused(&s->v[0], first, why, size) : -ENOENT;
	return 0;
}

void pb_uncore_set_read(const struct pb_uncore_set *s, size_t i, struct pb_uncore_reading *r)
{
	uint64_t in[3];

	*r = (struct pb_uncore_reading){PB_NA, PB_NA, PB_NA};
	if (s->v[i].handle < 0 || s->ops->read(s->ops->arg, s->v[i].handle, in) != sizeof(in))
		return;
	r->enabled_ns = (int64_t)in[1];
	r->running_ns = (int64_t)in[2];
	if (in[2] && in[0] <= INT64_MAX)
		r->count = (int64_t)in[0];
}

void pb_uncore_set_fini(struct pb_uncore_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].handle >= 0)
			s->ops->close(s->ops->arg, s->v[i].handle);
	free(s->v);
	s->v = NULL;
	s->n = 0;
}
