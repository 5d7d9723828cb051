/*
 * Draws the live table from a table of sections: which collector, which columns, what to sort by. Names may
 * come from a guest: only printable ASCII reaches the terminal.
 */
#include "engine/collectors/livetable.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_WIDTH 36
#define CELL_WIDTH 9
#define CELLS_MAX 8
#define ROWS_MAX 64u /* of a section */

enum unit { PER_S, PERCENT, VALUE }; /* PERCENT: of ns per second */

struct cell {
	const char *column, *head;
	enum unit unit;
};

struct section {
	const char *source, *title;
	const char *label[3]; /* columns that name a row */
	const char *sort;     /* column, by its rate; NULL: interrupts of all CPUs */
	bool ascending;
	struct cell cell[CELLS_MAX];
};

static const struct section sections[] = {
	{.source = "interrupts", .title = "interrupts", .label = {"name"}},
	{.source = "cpu",
	 .title = "CPU",
	 .label = {"cpu"},
	 .sort = "idle_ns",
	 .ascending = true,
	 .cell = {{"user_ns", "user", PERCENT},
		  {"system_ns", "system", PERCENT},
		  {"irq_ns", "irq", PERCENT},
		  {"softirq_ns", "softirq", PERCENT},
		  {"steal_ns", "steal", PERCENT},
		  {"guest_ns", "guest", PERCENT},
		  {"iowait_ns", "iowait", PERCENT},
		  {"idle_ns", "idle", PERCENT}}},
	{.source = "threads",
	 .title = "QEMU thread",
	 .label = {"role", "name"},
	 .sort = "run_ns",
	 .cell = {{"run_ns", "run", PERCENT},
		  {"wait_ns", "wait", PERCENT},
		  {"switches", "switch/s", PER_S},
		  {"last_cpu", "on CPU", VALUE}}},
	{.source = "kvm",
	 .title = "KVM",
	 .label = {"scope"},
	 .sort = "exits",
	 .cell = {{"exits", "exits/s", PER_S},
		  {"io_exits", "io/s", PER_S},
		  {"mmio_exits", "mmio/s", PER_S},
		  {"irq_injections", "inject/s", PER_S},
		  {"halt_exits", "halts/s", PER_S},
		  {"halt_wakeup", "wakes/s", PER_S}}},
	{.source = "block",
	 .title = "disk",
	 .label = {"block", "role"},
	 .sort = "io_ns",
	 .cell = {{"io_ns", "busy", PERCENT},
		  {"reads", "reads/s", PER_S},
		  {"writes", "writes/s", PER_S},
		  {"read_bytes", "read B/s", PER_S},
		  {"write_bytes", "write B/s", PER_S},
		  {"flushes", "flush/s", PER_S},
		  {"inflight", "in flight", VALUE}}},
};

#define N_SECTIONS (sizeof(sections) / sizeof(sections[0]))

struct line {
	const struct pb_latest_row *row;
	double key;  /* biggest first */
	double rate; /* interrupts: of all CPUs */
	int cpu;     /* interrupts: the one with the most */
	double share;
};

static void put_number(struct pb_buf *b, double v, enum unit unit)
{
	char text[32];

	if (isnan(v))
		snprintf(text, sizeof(text), "-");
	else if (unit == PERCENT)
		snprintf(text, sizeof(text), "%.1f%%", v / 1e7);
	else if (unit == VALUE)
		snprintf(text, sizeof(text), "%.10g", v);
	else if (fabs(v) >= 1e9)
		snprintf(text, sizeof(text), "%.2fG", v / 1e9);
	else if (fabs(v) >= 1e6)
		snprintf(text, sizeof(text), "%.2fM", v / 1e6);
	else if (fabs(v) >= 1e4)
		snprintf(text, sizeof(text), "%.1fk", v / 1e3);
	else
		snprintf(text, sizeof(text), "%.*f", fabs(v) < 10 ? 1 : 0, v);
	pb_buf_printf(b, "%*s ", CELL_WIDTH, text);
}

/* "vcpu0 CPU 0/KVM", printable, at most size - 1 bytes. */
static void row_label(const struct section *x, const struct pb_latest_source *s,
		      const struct pb_latest_row *r, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(x->label) / sizeof(x->label[0]) && x->label[i]; i++) {
		int col = pb_latest_column(s, x->label[i]);

		if (col < 0 || (!r->text[col] && isnan(r->now[col])) || n + 2 >= size)
			continue;
		if (r->text[col])
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "", r->text[col]);
		else
			n += (size_t)snprintf(out + n, size - n, "%s%.0f", n ? " " : "", r->now[col]);
		if (n >= size)
			n = size - 1;
	}
	for (char *p = out; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

static void sum_cpus(const struct pb_latest_source *s, struct line *l)
{
	const char *text;
	double most = 0;
	int kind;

	l->cpu = -1;
	l->rate = 0;
	for (size_t col = 0; col < s->ncols; col++) {
		double v = s->col[col].cpu >= 0 ? pb_latest_rate(l->row, col) : NAN;

		if (isnan(v))
			continue;
		l->rate += v;
		if (v > most) {
			most = v;
			l->cpu = s->col[col].cpu;
		}
	}
	l->share = l->rate > 0 ? most / l->rate : 0;
	kind = pb_latest_column(s, "kind");
	text = kind >= 0 ? l->row->text[kind] : NULL;
	/* Vectors first: the timer's interrupts and the sum are always more. */
	l->key = text && (!strcmp(text, "arch") || !strcmp(text, "total")) ? l->rate - 1e15 : l->rate;
}

static int by_key(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return (x->key < y->key) - (x->key > y->key);
}

/* Rows of a section with a rate, busiest first. How many. */
static size_t gather(const struct section *x, const struct pb_latest_source *s, struct line *v, size_t max)
{
	int sort = x->sort ? pb_latest_column(s, x->sort) : -1;
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < max; i++) {
		struct line l = {.row = &s->row[i]};
		double rate;

		if (!x->sort) {
			sum_cpus(s, &l);
			if (l.rate <= 0)
				continue; /* silent vectors are most of them */
		} else {
			rate = sort >= 0 ? pb_latest_rate(l.row, (size_t)sort) : 0;
			if (isnan(rate))
				continue;
			l.key = x->ascending ? -rate : rate;
		}
		v[n++] = l;
	}
	qsort(v, n, sizeof(*v), by_key);
	return n;
}

static void put_cells(const struct section *x, const struct pb_latest_source *s, const struct line *l,
		      struct pb_buf *b)
{
	if (!x->sort) {
		put_number(b, l->rate, PER_S);
		pb_buf_printf(b, "%*d %8.0f%% ", CELL_WIDTH, l->cpu, 100 * l->share);
		return;
	}
	for (size_t i = 0; i < CELLS_MAX && x->cell[i].column; i++) {
		const struct cell *c = &x->cell[i];
		int col = pb_latest_column(s, c->column);

		if (col < 0)
			continue;
		put_number(b, c->unit == VALUE ? l->row->now[col] : pb_latest_rate(l->row, (size_t)col),
			   c->unit);
	}
}

static void put_heading(const struct section *x, const struct pb_latest_source *s, struct pb_buf *b)
{
	pb_buf_printf(b, "%-*s", LABEL_WIDTH, x->title);
	if (!x->sort)
		pb_buf_printf(b, "%*s %*s %9s ", CELL_WIDTH, "irq/s", CELL_WIDTH, "most on", "share");
	for (size_t i = 0; i < CELLS_MAX && x->cell[i].column; i++)
		if (pb_latest_column(s, x->cell[i].column) >= 0)
			pb_buf_printf(b, "%*s ", CELL_WIDTH, x->cell[i].head);
}

/* The line in b, cut at width, to out. */
static void flush_line(struct pb_buf *b, unsigned width, struct pb_buf *out)
{
	size_t n = b->len < width ? b->len : width;

	while (n && b->data[n - 1] == ' ')
		n--;
	if (n)
		pb_buf_add(out, b->data, n);
	pb_buf_str(out, "\n");
	out->failed |= b->failed;
	pb_buf_clear(b);
}

struct found {
	const struct pb_latest_source *s;
	struct line *line;
	size_t n;
};

static size_t find_sections(const struct pb_latest *l, struct found *f)
{
	size_t present = 0;

	for (size_t i = 0; i < N_SECTIONS; i++) {
		f[i] = (struct found){.s = pb_latest_find(l, sections[i].source)};
		if (!f[i].s || !f[i].s->n)
			continue;
		f[i].line = calloc(f[i].s->n, sizeof(*f[i].line));
		if (f[i].line)
			f[i].n = gather(&sections[i], f[i].s, f[i].line, f[i].s->n);
		present += f[i].n > 0;
	}
	return present;
}

int pb_livetable_draw(struct pb_latest *l, double elapsed_s, unsigned lines, unsigned width,
		      struct pb_buf *out)
{
	struct found f[N_SECTIONS];
	struct pb_buf b = {0};
	size_t present, each;

	pthread_mutex_lock(&l->lock);
	present = find_sections(l, f);
	each = present && lines > 1 + 2 * present ? (lines - 1 - 2 * present) / present : 1;
	pb_buf_printf(&b, "passbench collect, %.0f s%s", elapsed_s,
		      present ? "" : ": waiting for the first rates");
	flush_line(&b, width, out);
	for (size_t i = 0; i < N_SECTIONS; i++) {
		char label[LABEL_WIDTH];

		if (f[i].n) {
			pb_buf_str(out, "\n");
			put_heading(&sections[i], f[i].s, &b);
			flush_line(&b, width, out);
		}
		for (size_t k = 0; k < f[i].n && k < each && k < ROWS_MAX; k++) {
			row_label(&sections[i], f[i].s, f[i].line[k].row, label, sizeof(label));
			pb_buf_printf(&b, "%-*s", LABEL_WIDTH, label);
			put_cells(&sections[i], f[i].s, &f[i].line[k], &b);
			flush_line(&b, width, out);
		}
		free(f[i].line);
	}
	pb_latest_mark(l);
	pthread_mutex_unlock(&l->lock);
	pb_buf_fini(&b);
	return out->failed ? -ENOMEM : 0;
}

/* First cell of a section's busiest row. */
static void put_brief(const struct section *x, const struct found *f, struct pb_buf *out)
{
	const struct line *l = &f->line[0];
	struct pb_buf cell = {0};
	char label[LABEL_WIDTH];

	row_label(x, f->s, l->row, label, sizeof(label));
	pb_buf_printf(out, " | %s%s%s", x->sort ? x->title : "", x->sort ? " " : "", label);
	if (!x->sort) {
		put_number(&cell, l->rate, PER_S);
	} else if (x->ascending) {
		put_number(&cell, 1e9 + l->key, PERCENT); /* sorted by idle time: the rest is busy */
	} else {
		put_number(&cell, l->key, x->cell[0].unit);
	}
	if (cell.data) {
		cell.data[cell.len - 1] = '\0';
		pb_buf_printf(out, " %s%s", cell.data + strspn(cell.data, " "),
			      x->sort && x->cell[0].unit != PER_S ? "" : "/s");
	}
	if (!x->sort)
		pb_buf_printf(out, " (CPU %d)", l->cpu);
	out->failed |= cell.failed;
	pb_buf_fini(&cell);
}

int pb_livetable_line(struct pb_latest *l, double elapsed_s, struct pb_buf *out)
{
	struct found f[N_SECTIONS];

	pthread_mutex_lock(&l->lock);
	find_sections(l, f);
	pb_buf_printf(out, "%.1f s", elapsed_s);
	for (size_t i = 0; i < N_SECTIONS; i++) {
		if (f[i].n)
			put_brief(&sections[i], &f[i], out);
		free(f[i].line);
	}
	pb_buf_str(out, "\n");
	pb_latest_mark(l);
	pthread_mutex_unlock(&l->lock);
	return out->failed ? -ENOMEM : 0;
}
