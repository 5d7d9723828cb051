/*
 * Renders the metrics page. One family per number column; columns that differ only in their CPU ("cpu0",
 * "cpu1") are one family with a label. No timestamps: a page is at most half a second old.
 */
#include "engine/collectors/openmetrics.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/collectors/metricname.h"

struct page {
	struct pb_buf *out;
	bool openmetrics;
	struct pb_strv families; /* so far: a name may be introduced once only */
};

/* Length of the UTF-8 character at s, 0 when it is none. */
static size_t utf8(const unsigned char *s)
{
	size_t n = s[0] < 0x80                   ? 1
		   : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		   : (s[0] & 0xf0) == 0xe0       ? 3
		   : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0)))
		return 0;
	if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90)))
		return 0;
	return n;
}

/* Text between quotes: escaped, control characters and broken UTF-8 as '?'. */
static void put_escaped(struct pb_buf *b, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		size_t n = utf8(p);

		if (n == 1 && (*p == '"' || *p == '\\'))
			pb_buf_str(b, "\\");
		if (!n || *p < ' ' || *p == 0x7f) {
			pb_buf_str(b, "?");
			p++;
			continue;
		}
		pb_buf_add(b, p, n);
		p += n;
	}
}

/* Help texts are ours, but the two formats escape quotes differently: none is needed. */
static void put_help(struct pb_buf *b, const char *text)
{
	for (; *text; text++)
		pb_buf_add(b, *text == '"' || *text == '\\' || *text == '\n' ? "'" : text, 1);
}

/* # TYPE, # UNIT, # HELP. false when the name is taken already. */
static bool introduce(struct page *p, const char *family, const char *unit, bool counter, const char *what,
		      const char *help)
{
	const char *total = counter && !p->openmetrics ? "_total" : "";

	for (size_t i = 0; i < p->families.n; i++)
		if (!strcmp(p->families.v[i], family))
			return false;
	if (pb_strv_add(&p->families, family))
		return false;
	pb_buf_printf(p->out, "# HELP %s%s ", family, total);
	put_help(p->out, what);
	put_help(p->out, help);
	pb_buf_printf(p->out, "\n# TYPE %s%s %s\n", family, total, counter ? "counter" : "gauge");
	if (p->openmetrics && unit[0])
		pb_buf_printf(p->out, "# UNIT %s %s\n", family, unit);
	return true;
}

static void put_value(struct pb_buf *b, double v)
{
	if (v == floor(v) && fabs(v) < 9e15)
		pb_buf_printf(b, " %.0f\n", v);
	else
		pb_buf_printf(b, " %.15g\n", v);
}

/* {name="value",...} of a row; cpu >= 0 adds a label of that name. */
static void put_labels(struct pb_buf *b, const struct pb_latest_source *s, const struct pb_latest_row *r,
		       int cpu)
{
	const char *separator = "{";

	for (size_t i = 0; i < s->ncols; i++) {
		bool number = s->col[i].role == PB_LATEST_LABEL && !isnan(r->now[i]);

		if (!r->text[i] && !number)
			continue;
		pb_buf_printf(b, "%s%s=\"", separator, s->col[i].name);
		if (r->text[i])
			put_escaped(b, r->text[i]);
		else
			pb_buf_printf(b, "%.0f", r->now[i]);
		pb_buf_str(b, "\"");
		separator = ",";
	}
	if (cpu >= 0) {
		pb_buf_printf(b, "%scpu=\"%d\"", separator, cpu);
		separator = ",";
	}
	if (*separator == ',')
		pb_buf_str(b, "}");
}

static bool has_values(const struct pb_latest_source *s, size_t col)
{
	for (size_t i = 0; i < s->n; i++)
		if (!isnan(s->row[i].now[col]) && !s->row[i].text[col])
			return true;
	return false;
}

static void put_column(struct page *p, const struct pb_latest_source *s, size_t col)
{
	bool counter = s->col[col].role == PB_LATEST_COUNTER;
	struct pb_metric_name m;
	char what[160];

	pb_metric_name(s->c->name, s->col[col].name, &m);
	snprintf(what, sizeof(what), "%s of %s: ", s->col[col].name, s->c->source);
	if (!introduce(p, m.family, m.unit, counter, what, s->c->help))
		return;
	for (size_t i = 0; i < s->n; i++) {
		if (isnan(s->row[i].now[col]))
			continue;
		pb_buf_printf(p->out, "%s%s", m.family, counter ? "_total" : "");
		put_labels(p->out, s, &s->row[i], -1);
		put_value(p->out, s->row[i].now[col] * m.mul / m.div);
	}
}

/* All cpuN columns as one family. */
static void put_per_cpu(struct page *p, const struct pb_latest_source *s)
{
	struct pb_metric_name m;
	char what[160];

	pb_metric_name(s->c->name, NULL, &m);
	snprintf(what, sizeof(what), "%s: ", s->c->source);
	if (!introduce(p, m.family, m.unit, true, what, s->c->help))
		return;
	for (size_t i = 0; i < s->n; i++)
		for (size_t col = 0; col < s->ncols; col++) {
			if (s->col[col].cpu < 0 || isnan(s->row[i].now[col]))
				continue;
			pb_buf_printf(p->out, "%s_total", m.family);
			put_labels(p->out, s, &s->row[i], s->col[col].cpu);
			put_value(p->out, s->row[i].now[col] * m.mul / m.div);
		}
}

static void put_source(struct page *p, const struct pb_latest_source *s)
{
	bool per_cpu = false;

	for (size_t col = 0; col < s->ncols; col++) {
		if (s->col[col].role == PB_LATEST_LABEL || !has_values(s, col))
			continue;
		if (s->col[col].cpu >= 0)
			per_cpu = true;
		else
			put_column(p, s, col);
	}
	if (per_cpu)
		put_per_cpu(p, s);
}

static void put_own(struct page *p, const struct pb_latest *l)
{
	if (introduce(p, "passbench_collector_available", "", false, "1 when this collector works here; ",
		      "why names the reason when it does not"))
		for (size_t i = 0; i < l->n; i++) {
			pb_buf_printf(p->out, "passbench_collector_available{collector=\"%s\"",
				      l->src[i].c->name);
			if (l->src[i].why) {
				pb_buf_str(p->out, ",why=\"");
				put_escaped(p->out, l->src[i].why);
				pb_buf_str(p->out, "\"");
			}
			pb_buf_printf(p->out, "} %d\n", !l->src[i].why);
		}
	if (introduce(p, "passbench_collector_rows", "", true, "", "rows sampled"))
		for (size_t i = 0; i < l->n; i++)
			if (!l->src[i].why)
				pb_buf_printf(p->out,
					      "passbench_collector_rows_total{collector=\"%s\"} %" PRIu64
					      "\n",
					      l->src[i].c->name, l->src[i].rows);
	if (introduce(p, "passbench_collector_series_left_out", "", true, "",
		      "rows not shown on this page because their collector has too many series"))
		for (size_t i = 0; i < l->n; i++)
			if (!l->src[i].why)
				pb_buf_printf(
					p->out,
					"passbench_collector_series_left_out_total{collector=\"%s\"} %" PRIu64
					"\n",
					l->src[i].c->name, l->src[i].left_out);
}

int pb_openmetrics_render(struct pb_latest *l, bool openmetrics, struct pb_buf *out)
{
	struct page p = {.out = out, .openmetrics = openmetrics};

	pthread_mutex_lock(&l->lock);
	put_own(&p, l);
	for (size_t i = 0; i < l->n; i++)
		put_source(&p, &l->src[i]);
	pthread_mutex_unlock(&l->lock);
	if (openmetrics)
		pb_buf_str(out, "# EOF\n");
	pb_strv_fini(&p.families);
	return out->failed ? -ENOMEM : 0;
}
