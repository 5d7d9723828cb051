/*
 * Sums host/interrupts.csv and host/threads.csv by CPU. Counters are
 * differences between the first and the last row inside the measured span.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "reports/occupancy.h"
#include "reports/timeline.h"

/* MSI-X allows 2048 vectors; more rows than this are not drawn by anybody. */
#define PLACED_MAX 4096

static struct pb_placed *find(struct pb_placed **list, size_t *n, size_t n_cpu, const char *key)
{
	struct pb_placed *p;
	double *on;
	size_t i;

	for (i = 0; i < *n; i++)
		if (!strcmp((*list)[i].key, key))
			return &(*list)[i];
	if (*n == PLACED_MAX)
		return NULL;
	on = calloc(n_cpu ? n_cpu : 1, sizeof(*on));
	p = on ? reallocarray(*list, *n + 1, sizeof(*p)) : NULL;
	if (!p) {
		free(on);
		return NULL;
	}
	*list = p;
	p = &p[(*n)++];
	memset(p, 0, sizeof(*p));
	snprintf(p->key, sizeof(p->key), "%s", key);
	p->on = on;
	return p;
}

/* The columns cpu0, cpu1, ... of interrupts.csv name the host's CPUs. */
static int read_cpus(struct pb_occupancy *p, const struct pb_table *t, int **cols)
{
	size_t col, n = pb_table_cols(t);

	p->cpu = calloc(n + 1, sizeof(*p->cpu));
	*cols = calloc(n + 1, sizeof(**cols));
	if (!p->cpu || !*cols)
		return -ENOMEM;
	for (col = 0; col < n; col++) {
		if (strncmp(pb_table_name(t, col), "cpu", 3) != 0)
			continue;
		(*cols)[p->n_cpu] = (int)col;
		snprintf(p->cpu[p->n_cpu++], sizeof(*p->cpu), "%s", pb_table_name(t, col) + 3);
	}
	return 0;
}

/* Later rows overwrite: after the walk on[] is last - first, seconds is the time between. */
static int read_vectors(struct pb_occupancy *p, const struct pb_table *t, const int *cols,
			const int64_t span[2])
{
	int c_irq = pb_table_col(t, "irq"), c_kind = pb_table_col(t, "kind"),
	    c_name = pb_table_col(t, "name");
	int64_t first_ns = PB_NA, last_ns = PB_NA, at;
	struct pb_placed *v;
	size_t row, i, k;
	double sign, n;

	for (row = 0; row < pb_table_rows(t); row++) {
		at = pb_table_i64(t, row, 0);
		if (at < span[0] || at > span[1])
			continue;
		first_ns = first_ns == PB_NA ? at : first_ns;
		last_ns = at;
	}
	if (first_ns == PB_NA || last_ns <= first_ns)
		return 0;
	for (row = 0; row < pb_table_rows(t); row++) {
		at = pb_table_i64(t, row, 0);
		sign = at == last_ns ? 1 : at == first_ns ? -1 : 0;
		if (sign == 0 || strcmp(pb_table_str(t, row, c_kind), "vfio") != 0)
			continue;
		v = find(&p->vector, &p->n_vector, p->n_cpu, pb_table_str(t, row, c_irq));
		if (!v)
			return -ENOMEM;
		pb_timeline_vector_name(v->label, sizeof(v->label), pb_table_str(t, row, c_name));
		for (k = 0; k < p->n_cpu; k++) {
			n = pb_table_num(t, row, cols[k]);
			v->on[k] += isfinite(n) ? sign * n : 0;
		}
	}
	for (i = 0; i < p->n_vector; i++)
		for (k = 0; k < p->n_cpu; k++) {
			n = p->vector[i].on[k] / ((double)(last_ns - first_ns) / 1e9);
			p->vector[i].on[k] = n > 0 ? n : 0;
			p->vector[i].total += p->vector[i].on[k];
		}
	return 0;
}

static int read_vcpus(struct pb_occupancy *p, const struct pb_table *t, const int64_t span[2])
{
	int c_role = pb_table_col(t, "role"), c_cpu = pb_table_col(t, "last_cpu");
	const char *role, *cpu;
	struct pb_placed *v;
	size_t row, k;
	int64_t at;

	for (row = 0; row < pb_table_rows(t); row++) {
		at = pb_table_i64(t, row, 0);
		role = pb_table_str(t, row, c_role);
		cpu = pb_table_str(t, row, c_cpu);
		if (at < span[0] || at > span[1] || strncmp(role, "vcpu", 4) != 0)
			continue;
		for (k = 0; k < p->n_cpu && strcmp(p->cpu[k], cpu) != 0; k++)
			;
		if (k == p->n_cpu)
			continue;
		v = find(&p->vcpu, &p->n_vcpu, p->n_cpu, role);
		if (!v)
			return -ENOMEM;
		snprintf(v->label, sizeof(v->label), "%.60s", role);
		v->on[k]++;
		v->total++;
	}
	return 0;
}

static int by_total(const void *a, const void *b)
{
	const struct pb_placed *x = a, *y = b;

	if (x->total != y->total)
		return x->total < y->total ? 1 : -1;
	return strverscmp(x->key, y->key);
}

static int by_key(const void *a, const void *b)
{
	const struct pb_placed *x = a, *y = b;

	return strverscmp(x->key, y->key);
}

static int fill(struct pb_occupancy *p, const struct pb_table *irqs, const struct pb_table *threads,
		const int64_t span[2])
{
	int *cols = NULL, ret = read_cpus(p, irqs, &cols);

	if (!ret)
		ret = read_vectors(p, irqs, cols, span);
	if (!ret && threads)
		ret = read_vcpus(p, threads, span);
	free(cols);
	if (p->n_vector)
		qsort(p->vector, p->n_vector, sizeof(*p->vector), by_total);
	if (p->n_vcpu)
		qsort(p->vcpu, p->n_vcpu, sizeof(*p->vcpu), by_key);
	return ret;
}

int pb_occupancy_read(struct pb_occupancy *p, const struct pb_facts *f, struct pb_err *err)
{
	const struct pb_table *irqs = NULL, *threads = NULL;
	int64_t span[2];
	int ret;

	memset(p, 0, sizeof(*p));
	if (!pb_steps_span(&f->steps, &span[0], &span[1]))
		return 0;
	ret = pb_tables_get(f->tables, &irqs, "host/interrupts.csv", err);
	if (!ret)
		ret = pb_tables_get(f->tables, &threads, "host/threads.csv", err);
	if (!ret && irqs) {
		ret = fill(p, irqs, threads, span);
		if (ret < 0)
			pb_fail(err, PB_MISSING, ENOMEM, "no memory for interrupts by CPU");
	}
	if (ret < 0)
		pb_occupancy_fini(p);
	return ret;
}

static void free_list(struct pb_placed *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(v[i].on);
	free(v);
}

void pb_occupancy_fini(struct pb_occupancy *p)
{
	free_list(p->vector, p->n_vector);
	free_list(p->vcpu, p->n_vcpu);
	free(p->cpu);
	memset(p, 0, sizeof(*p));
}
