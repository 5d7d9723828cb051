/*
 * From host/interrupts.csv to a grid. A long run has more samples than a picture has columns: a cell keeps
 * the mean and the highest rate of its samples, and a span without interrupts is one cell, however long.
 */
#include "reports/heat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/replace.h"
#include "reports/timeline.h"

/* More rows cannot be told apart; more cells only make the page heavy. */
#define ROWS_MAX 32
#define CELLS_MAX 4800
#define COLUMNS_MIN 100
#define COLUMNS_MAX 240

struct cell {
	double count, span_s, peak; /* span_s 0: no sample */
};

struct vector {
	int64_t code; /* of its irq number */
	double last_t;
	double *last; /* counter of each CPU */
};

struct heat {
	const struct pb_table *t;
	struct pb_span span;
	int *col; /* the table's column of each CPU */
	size_t n_cpu, n_column;
	struct cell *cell; /* n_column for each CPU */
	struct vector *vector;
	size_t n_vector, next; /* next: the vector expected in the next row */
	double *sum;           /* interrupts of each CPU in the instant being read, of all vectors */
	double at, dt;         /* that instant, and how long it was */
	double peak;           /* of all cells */
};

static void heat_fini(struct heat *h)
{
	for (size_t i = 0; i < h->n_vector; i++)
		free(h->vector[i].last);
	free(h->vector);
	free(h->col);
	free(h->cell);
	free(h->sum);
}

static int heat_init(struct heat *h)
{
	size_t n = pb_table_cols(h->t), col;

	h->col = calloc(n + 1, sizeof(*h->col));
	h->sum = calloc(n + 1, sizeof(*h->sum));
	if (!h->col || !h->sum)
		return -ENOMEM;
	for (col = 0; col < n; col++)
		if (!strncmp(pb_table_name(h->t, col), "cpu", 3))
			h->col[h->n_cpu++] = (int)col;
	n = CELLS_MAX / (h->n_cpu ? h->n_cpu : 1);
	h->n_column = n < COLUMNS_MIN ? COLUMNS_MIN : n > COLUMNS_MAX ? COLUMNS_MAX : n;
	h->cell = calloc(h->n_cpu * h->n_column + 1, sizeof(*h->cell));
	return h->cell ? 0 : -ENOMEM;
}

/* Vectors come in the same order at every instant, so the one after the last is nearly always right. */
static struct vector *find_vector(struct heat *h, int64_t code)
{
	struct vector *v;
	size_t i, k;

	for (i = 0; i < h->n_vector; i++) {
		k = (h->next + i) % h->n_vector;
		if (h->vector[k].code != code)
			continue;
		h->next = k + 1;
		return &h->vector[k];
	}
	v = reallocarray(h->vector, h->n_vector + 1, sizeof(*v));
	if (!v)
		return NULL;
	h->vector = v;
	v = &h->vector[h->n_vector];
	*v = (struct vector){.code = code, .last_t = NAN, .last = calloc(h->n_cpu, sizeof(*v->last))};
	if (!v->last)
		return NULL;
	h->next = ++h->n_vector;
	return v;
}

static double column_s(const struct heat *h, size_t column)
{
	return h->span.from_s + (h->span.to_s - h->span.from_s) * (double)column / (double)h->n_column;
}

static size_t column_of(const struct heat *h, double t)
{
	double x = (t - h->span.from_s) / (h->span.to_s - h->span.from_s) * (double)h->n_column;

	return x <= 0 ? 0 : x >= (double)h->n_column ? h->n_column - 1 : (size_t)x;
}

/* The rates of an instant go into every column that its interval reaches, by the time they share. */
static void add_instant(struct heat *h, size_t column, double shared_s)
{
	for (size_t i = 0; i < h->n_cpu; i++) {
		struct cell *c = &h->cell[i * h->n_column + column];
		double rate = h->sum[i] / h->dt;

		c->count += rate * shared_s;
		c->span_s += shared_s;
		c->peak = fmax(c->peak, rate);
		h->peak = fmax(h->peak, rate);
	}
}

/* The instant is complete. */
static void end_instant(struct heat *h)
{
	double begin = fmax(h->at - h->dt, h->span.from_s), end = fmin(h->at, h->span.to_s), shared;

	/* the first instant of all has no interval */
	for (size_t c = column_of(h, begin); h->dt > 0 && begin < end && c <= column_of(h, end); c++) {
		shared = fmin(end, column_s(h, c + 1)) - fmax(begin, column_s(h, c));
		if (shared > 1e-6)
			add_instant(h, c, shared);
	}
	memset(h->sum, 0, h->n_cpu * sizeof(*h->sum));
	h->dt = 0;
}

/* A counter that runs backwards, or a CPU that had no value, starts anew. */
static int read_row(struct heat *h, size_t row, int64_t code, double t)
{
	struct vector *v = find_vector(h, code);
	double now, dt;
	size_t i;

	if (!v)
		return -ENOMEM;
	if (t != h->at)
		end_instant(h);
	h->at = t;
	dt = t - v->last_t;
	for (i = 0; i < h->n_cpu; i++) {
		now = pb_table_num(h->t, row, h->col[i]);
		if (dt > 0 && now > v->last[i])
			h->sum[i] += now - v->last[i];
		v->last[i] = now;
	}
	v->last_t = t;
	h->dt = dt > h->dt ? dt : h->dt;
	return 0;
}

static int read_all(struct heat *h)
{
	int c_irq = pb_table_col(h->t, "irq"), c_kind = pb_table_col(h->t, "kind");
	int64_t vfio = 0, device = 0, kind;
	bool has_vfio = pb_table_code_of(h->t, c_kind, "vfio", &vfio);
	bool has_device = pb_table_code_of(h->t, c_kind, "device", &device);
	size_t row, rows = pb_table_rows(h->t);
	int ret = 0;

	h->at = NAN;
	for (row = 0; row < rows && !ret; row++) {
		kind = pb_table_code(h->t, row, c_kind);
		if (!(has_vfio && kind == vfio) && !(has_device && kind == device))
			continue;
		ret = read_row(h, row, pb_table_code(h->t, row, c_irq),
			       pb_timeline_seconds(&h->span, pb_table_i64(h->t, row, 0)));
	}
	end_instant(h);
	return ret;
}

static bool has_any(const struct heat *h, size_t cpu)
{
	for (size_t i = 0; i < h->n_column; i++)
		if (h->cell[cpu * h->n_column + i].count > 0)
			return true;
	return false;
}

/* A CPU's cells; neighbours without interrupts become one. */
static void write_cells(const struct heat *h, size_t cpu, size_t row, FILE *out)
{
	const struct cell *c = &h->cell[cpu * h->n_column];
	size_t i, end;

	for (i = 0; i < h->n_column; i = end) {
		end = i + 1;
		if (!(c[i].span_s > 0))
			continue;
		while (end < h->n_column && !(c[i].count > 0) && c[end].span_s > 0 && !(c[end].count > 0))
			end++;
		fprintf(out, "%.4f,%.4f,%zu,%.6g,%.6g\n", column_s(h, i), column_s(h, end), row,
			c[i].count / c[i].span_s, c[i].peak);
	}
}

/* All CPUs where there is room for them, otherwise the first of those that took interrupts. Returns how many.
 */
static size_t write_grid(const struct heat *h, FILE *cells, FILE *cpus)
{
	size_t cpu, row = 0;

	fprintf(cells, "t0_s,t1_s,row,rate_s,peak_s\n");
	fprintf(cpus, "row,cpu\n");
	for (cpu = 0; cpu < h->n_cpu && row < ROWS_MAX; cpu++) {
		if (h->n_cpu > ROWS_MAX && !has_any(h, cpu))
			continue;
		fprintf(cpus, "%zu,%ld\n", row,
			strtol(pb_table_name(h->t, (size_t)h->col[cpu]) + 3, NULL, 10));
		write_cells(h, cpu, row++, cells);
	}
	return row;
}

static int write_files(const struct heat *h, int outfd, struct pb_err *err)
{
	static const char *const name[] = {"heat.csv", "heat-cpus.csv", "heat-vars.gp"};
	FILE *out[3] = {NULL};
	int i, ret = 0;
	size_t n;

	for (i = 0; i < 3 && !ret; i++) {
		out[i] = pb_replace_begin(outfd, name[i], err);
		ret = out[i] ? 0 : -EIO;
	}
	if (!ret) {
		n = write_grid(h, out[0], out[1]);
		fprintf(out[2], "n_cpus = %zu\nmax_rate = %.6g\n", n, h->peak);
	}
	for (i = 0; i < 3; i++) {
		if (out[i] && !ret)
			ret = pb_replace_commit(outfd, out[i], name[i], err);
		else if (out[i])
			pb_replace_cancel(outfd, out[i], name[i]);
	}
	return ret;
}

int pb_heat_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	struct heat h = {0};
	int ret = pb_tables_get(f->tables, &h.t, "host/interrupts.csv", err);

	if (!ret)
		ret = pb_timeline_span(&h.span, f, err);
	if (ret < 0 || !h.t)
		return ret;
	ret = heat_init(&h);
	if (!ret)
		ret = read_all(&h);
	if (ret < 0) {
		heat_fini(&h);
		return pb_fail(err, PB_MISSING, -ret, "no memory for interrupts by CPU");
	}
	*any = h.peak > 0;
	if (*any)
		ret = write_files(&h, outfd, err);
	heat_fini(&h);
	return ret;
}
