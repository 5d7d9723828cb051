/*
 * steps.csv into structs. Missing columns become "not available", never 0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/lang.h"
#include "reports/steps.h"

static double num(const struct pb_table *t, size_t row, const char *name)
{
	return pb_table_num(t, row, pb_table_col(t, name));
}

static const char *str(const struct pb_table *t, size_t row, const char *name)
{
	return pb_table_str(t, row, pb_table_col(t, name));
}

static struct pb_ci interval(const struct pb_table *t, size_t row, const char *est, const char *lo,
			     const char *hi)
{
	return (struct pb_ci){num(t, row, est), num(t, row, lo), num(t, row, hi)};
}

static char phase_of(const char *name)
{
	if (!strcmp(name, "sweep"))
		return 's';
	return !strcmp(name, "a") || !strcmp(name, "b") ? name[0] : '?';
}

static void read_row(struct pb_step *s, const struct pb_table *t, size_t row)
{
	s->t0_ns = pb_table_i64(t, row, pb_table_col(t, "t_ns"));
	s->t1_ns = pb_table_i64(t, row, pb_table_col(t, "t_end_ns"));
	s->phase = phase_of(str(t, row, "phase"));
	s->block = pb_table_i64(t, row, pb_table_col(t, "block"));
	s->depth = num(t, row, "depth");
	s->mean_depth = num(t, row, "mean_depth");
	s->completed = num(t, row, "completed");
	s->failed = num(t, row, "failed");
	s->bw_bytes_s = num(t, row, "bw_bytes_s");
	s->lat_mean_ns = num(t, row, "lat_mean_ns");
	s->p999_ns = num(t, row, "lat_p999_ns");
	s->lag1 = num(t, row, "lag1");
	s->iops = interval(t, row, "iops", "iops_lo", "iops_hi");
	s->p50_ns = interval(t, row, "lat_p50_ns", "lat_p50_lo_ns", "lat_p50_hi_ns");
	s->p99_ns = interval(t, row, "lat_p99_ns", "lat_p99_lo_ns", "lat_p99_hi_ns");
	s->valid = num(t, row, "valid") == 1;
	s->reason = pb_lang_say(str(t, row, "reason"));
	s->guest = str(t, row, "guest");
}

int pb_steps_read(struct pb_steps *s, int dirfd, const char *path, struct pb_err *err)
{
	struct pb_table *t = NULL;
	size_t i;
	int ret;

	memset(s, 0, sizeof(*s));
	ret = pb_table_read(&t, dirfd, path, err);
	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	s->v = calloc(pb_table_rows(t) + 1, sizeof(*s->v));
	if (!s->v) {
		pb_table_free(t);
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for %s", path);
	}
	s->table = t;
	s->n = pb_table_rows(t);
	for (i = 0; i < s->n; i++)
		read_row(&s->v[i], t, i);
	return 0;
}

void pb_steps_fini(struct pb_steps *s)
{
	pb_table_free(s->table);
	free(s->v);
	memset(s, 0, sizeof(*s));
}

bool pb_steps_span(const struct pb_steps *s, int64_t *t0_ns, int64_t *t1_ns)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->v[i].t0_ns == PB_NA || s->v[i].t1_ns == PB_NA)
			continue;
		first = s->v[i].t0_ns < first ? s->v[i].t0_ns : first;
		last = s->v[i].t1_ns > last ? s->v[i].t1_ns : last;
	}
	if (first >= last)
		return false;
	*t0_ns = first;
	*t1_ns = last;
	return true;
}
