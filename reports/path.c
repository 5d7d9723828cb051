/*
 * Three columns: vectors on the left, host CPUs in the middle, vCPUs on the
 * right; lines as thick as the share of interrupts or time. Inline SVG in the
 * page's own colours.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/escape.h"
#include "reports/format.h"
#include "reports/path.h"
#include "reports/occupancy.h"

#define ROW 34.0
#define TOP 40.0
#define BOX_H 26.0
#define LEFT_X 8.0
#define LEFT_W 230.0
#define CPU_X 368.0
#define CPU_W 124.0
#define RIGHT_X 632.0
#define RIGHT_W 180.0
#define WIDTH 820.0
/* More rows than these are a picture nobody reads; the tables have all of them. */
#define ROWS_MAX 16
#define CPUS_MAX 24

struct drawing {
	struct pb_buf *b;
	const struct pb_occupancy *p;
	size_t shown[CPUS_MAX]; /* indices of the CPUs drawn */
	size_t n_cpu, n_vector, n_vcpu;
	double height;
};

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

/* Every CPU when they fit, otherwise those that anything ran on. */
static void choose_cpus(struct drawing *d)
{
	size_t k, i;
	double used;

	for (k = 0; k < d->p->n_cpu && d->n_cpu < CPUS_MAX; k++) {
		for (i = 0, used = 0; i < d->p->n_vector; i++)
			used += d->p->vector[i].on[k];
		for (i = 0; i < d->p->n_vcpu; i++)
			used += d->p->vcpu[i].on[k];
		if (d->p->n_cpu <= ROWS_MAX || used > 0)
			d->shown[d->n_cpu++] = k;
	}
}

static size_t rows_of(const struct drawing *d)
{
	size_t rows = d->n_cpu;

	rows = d->n_vector > rows ? d->n_vector : rows;
	return d->n_vcpu > rows ? d->n_vcpu : rows;
}

/* Middle of row i in a column of n rows, the columns centred on each other. */
static double row_y(const struct drawing *d, size_t i, size_t n)
{
	double free_rows = (double)(rows_of(d) - n);

	return TOP + (free_rows / 2 + (double)i) * ROW + ROW / 2;
}

static void box(struct drawing *d, double x, double y, double w, const char *fill, const char *left,
		const char *right)
{
	pb_buf_printf(d->b,
		      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"4\" "
		      "fill=\"var(--panel)\" stroke=\"",
		      x, y - BOX_H / 2, w, BOX_H);
	pb_buf_printf(d->b, "%s\"/><text x=\"%.1f\" y=\"%.1f\">", fill, x + 10, y + 4.5);
	pb_escape_add(d->b, PB_ESCAPE_HTML, left);
	pb_buf_printf(d->b, "</text><text class=\"pv\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
		      x + w - 10, y + 4.5);
	pb_escape_add(d->b, PB_ESCAPE_HTML, right);
	pb_buf_str(d->b, "</text>\n");
}

static void line(struct drawing *d, double x0, double y0, double x1, double y1, double share,
		 const char *color)
{
	double mid = (x0 + x1) / 2;

	pb_buf_printf(d->b, "<path d=\"M%.1f,%.1f C%.1f,%.1f %.1f,%.1f %.1f,%.1f\" fill=\"none\" stroke=\"",
		      x0, y0, mid, y0, mid, y1, x1, y1);
	pb_buf_printf(d->b, "%s\" stroke-opacity=\"0.75\" stroke-width=\"%.2f\"/>\n", color, 0.8 + 5 * share);
}

/* Lines of one list to the CPUs; shares under one percent would only be clutter. */
static void lines(struct drawing *d, const struct pb_placed *list, size_t n, double x0, double x1,
		  const char *color)
{
	double share;
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < d->n_cpu; k++) {
			share = list[i].total > 0 ? list[i].on[d->shown[k]] / list[i].total : 0;
			if (share >= 0.01)
				line(d, x0, row_y(d, i, n), x1, row_y(d, k, d->n_cpu), share, color);
		}
}

static void heading(struct drawing *d, double x, const char *text)
{
	pb_buf_printf(d->b, "<text class=\"ph\" x=\"%.1f\" y=\"22\">", x);
	pb_escape_add(d->b, PB_ESCAPE_HTML, text);
	pb_buf_str(d->b, "</text>\n");
}

/* The CPU a list entry was on most, for its right-hand label. */
static size_t main_cpu(const struct pb_placed *v, size_t n_cpu)
{
	size_t k, best = 0;

	for (k = 1; k < n_cpu; k++)
		best = v->on[k] > v->on[best] ? k : best;
	return best;
}

static void draw_vectors(struct drawing *d)
{
	struct pb_text rate;
	char text[128];
	size_t i;

	for (i = 0; i < d->n_vector; i++) {
		rate = pb_format_count(d->p->vector[i].total);
		snprintf(text, sizeof(text), "%.40s/s", rate.s);
		box(d, LEFT_X, row_y(d, i, d->n_vector), LEFT_W, "var(--c1)", d->p->vector[i].label, text);
	}
}

static void draw_vcpus(struct drawing *d)
{
	const struct pb_placed *v;
	struct pb_buf text = {0};
	char share[16];
	size_t i, k;

	for (i = 0; i < d->n_vcpu; i++) {
		v = &d->p->vcpu[i];
		k = main_cpu(v, d->p->n_cpu);
		snprintf(share, sizeof(share), "%.0f", 100 * v->on[k] / v->total);
		pb_buf_clear(&text);
		pb_escape_fmt(&text, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_PATH_SHARE), share, d->p->cpu[k]);
		box(d, RIGHT_X, row_y(d, i, d->n_vcpu), RIGHT_W, "var(--c3)", v->label,
		    text.data ? text.data : "");
	}
	pb_buf_fini(&text);
}

static void draw_cpus(struct drawing *d)
{
	struct pb_text rate;
	char name[32], text[64];
	double sum;
	size_t i, k;

	for (k = 0; k < d->n_cpu; k++) {
		for (i = 0, sum = 0; i < d->p->n_vector; i++)
			sum += d->p->vector[i].on[d->shown[k]];
		rate = pb_format_count(sum);
		snprintf(name, sizeof(name), "CPU %.15s", d->p->cpu[d->shown[k]]);
		snprintf(text, sizeof(text), "%.40s/s", rate.s);
		box(d, CPU_X, row_y(d, k, d->n_cpu), CPU_W, "var(--ink-2)", name, sum > 0 ? text : "");
	}
}

static void draw(struct drawing *d)
{
	d->height = TOP + (double)rows_of(d) * ROW + 8;
	pb_buf_printf(d->b,
		      "<svg viewBox=\"0 0 %.0f %.0f\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
		      "class=\"path\">\n",
		      WIDTH, d->height);
	pb_escape_fmt(d->b, PB_ESCAPE_HTML, "<title>%1</title>\n", pb_messages_get(PB_MSG_PATH_TITLE));
	heading(d, LEFT_X, pb_messages_get(PB_MSG_PATH_VECTORS));
	heading(d, CPU_X, pb_messages_get(PB_MSG_PATH_CPUS));
	heading(d, RIGHT_X, pb_messages_get(PB_MSG_PATH_VCPUS));
	lines(d, d->p->vector, d->n_vector, LEFT_X + LEFT_W, CPU_X, "var(--c1)");
	lines(d, d->p->vcpu, d->n_vcpu, RIGHT_X, CPU_X + CPU_W, "var(--c3)");
	draw_vectors(d);
	draw_cpus(d);
	draw_vcpus(d);
	pb_buf_str(d->b, "</svg>\n");
}

int pb_path_draw(struct pb_buf *out, const struct pb_facts *f)
{
	struct pb_occupancy p;
	struct drawing d = {.b = out, .p = &p};
	int ret = pb_occupancy_read(&p, f, NULL);

	if (ret < 0)
		return ret;
	while (d.n_vector < at_most(p.n_vector, ROWS_MAX) && p.vector[d.n_vector].total > 0)
		d.n_vector++;
	d.n_vcpu = at_most(p.n_vcpu, ROWS_MAX);
	choose_cpus(&d);
	ret = d.n_cpu && (d.n_vector || d.n_vcpu);
	if (ret)
		draw(&d);
	pb_occupancy_fini(&p);
	return out->failed ? -ENOMEM : ret;
}
