/*
 * The report for a spreadsheet: one row per measured window, then one per finding, under one header (RFC
 * 4180). Numbers are raw (ns, 1/s), empty where unknown. The curves and counters are in the run's own CSV
 * files.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "reports/escape.h"
#include "reports/facts.h"
#include "reports/lang.h"

#define FILE_NAME "report/report.csv"
#define STEP_CELLS 17 /* of the columns, between `record` and `rule` */

static const char *const columns[] = {
	"record",      "phase",         "depth",         "mean_depth",  "iops",          "iops_lo",
	"iops_hi",     "bw_bytes_s",    "lat_mean_ns",   "lat_p50_ns",  "lat_p50_lo_ns", "lat_p50_hi_ns",
	"lat_p99_ns",  "lat_p99_lo_ns", "lat_p99_hi_ns", "lat_p999_ns", "valid",         "reason",
	"rule",        "family",        "severity",      "title",       "what",          "gain_pct",
	"gain_lo_pct", "gain_hi_pct",   "gain_of",       "confidence",  "risk",          "change",
	"apply",       "undo",
};

/*
 * Cleaned as on a page. A cell that a spreadsheet would take for a formula gets an apostrophe, which it shows
 * as text: names come from guests (OWASP, CSV injection).
 */
static void put_text(struct pb_csv *c, const char *text)
{
	struct pb_buf b = {0};

	if (strchr("=+-@", *text) && *text)
		pb_buf_str(&b, "'");
	pb_escape_add(&b, PB_ESCAPE_NONE, text);
	pb_csv_str(c, b.len ? b.data : NULL);
	pb_buf_fini(&b);
}

static void put_interval(struct pb_csv *c, struct pb_ci ci)
{
	pb_csv_num(c, ci.est);
	pb_csv_num(c, ci.lo);
	pb_csv_num(c, ci.hi);
}

static void put_step(struct pb_csv *c, const struct pb_step *s)
{
	pb_csv_str(c, "step");
	pb_csv_str(c, s->phase == 's' ? "sweep" : s->phase == 'a' ? "a" : s->phase == 'b' ? "b" : NULL);
	pb_csv_num(c, s->depth);
	pb_csv_num(c, s->mean_depth);
	put_interval(c, s->iops);
	pb_csv_num(c, s->bw_bytes_s);
	pb_csv_num(c, s->lat_mean_ns);
	put_interval(c, s->p50_ns);
	put_interval(c, s->p99_ns);
	pb_csv_num(c, s->p999_ns);
	pb_csv_i64(c, s->valid);
	put_text(c, s->reason);
	for (size_t i = 1 + STEP_CELLS; i < sizeof(columns) / sizeof(columns[0]); i++)
		pb_csv_str(c, NULL);
	pb_csv_end(c);
}

/* Commands in one cell, one a line would be: separated as a shell takes them. */
static void put_list(struct pb_csv *c, const struct pb_strv *list)
{
	struct pb_buf b = {0};

	for (size_t i = 0; i < list->n; i++)
		pb_buf_printf(&b, "%s%s", i ? "; " : "", list->v[i]);
	put_text(c, b.len ? b.data : "");
	pb_buf_fini(&b);
}

static void put_finding(struct pb_csv *c, const struct pb_finding *f)
{
	pb_csv_str(c, "finding");
	for (size_t i = 0; i < STEP_CELLS; i++)
		pb_csv_str(c, NULL);
	put_text(c, f->rule);
	put_text(c, f->family);
	pb_csv_str(c, pb_severity_name(f->severity));
	put_text(c, f->title);
	put_text(c, f->what);
	pb_csv_num(c, f->gain_pct);
	pb_csv_num(c, f->gain_lo_pct);
	pb_csv_num(c, f->gain_hi_pct);
	put_text(c, f->gain_of);
	put_text(c, f->confidence);
	put_text(c, f->risk);
	put_text(c, f->change_class);
	put_list(c, &f->apply);
	put_list(c, &f->undo);
	pb_csv_end(c);
}

static int write_csv(const struct pb_report_input *in, struct pb_err *err)
{
	struct pb_lang_file name = pb_lang_file(FILE_NAME);
	struct pb_steps steps = {0};
	struct pb_csv c = {0};
	int ret = pb_steps_read(&steps, in->dir->fd, "steps.csv", err);

	if (ret < 0)
		return ret;
	c.f = pb_rundir_begin(in->dir, name.s, err);
	if (!c.f) {
		pb_steps_fini(&steps);
		return -EIO;
	}
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		pb_csv_str(&c, columns[i]);
	pb_csv_end(&c);
	for (size_t i = 0; i < steps.n; i++)
		put_step(&c, &steps.v[i]);
	for (size_t i = 0; i < in->findings->n; i++)
		put_finding(&c, in->findings->v[i]);
	pb_steps_fini(&steps);
	return pb_rundir_commit(in->dir, c.f, name.s, err);
}

const struct pb_report pb_report_csv = {
	.name = "csv",
	.help = "steps and findings, for a spreadsheet",
	.file = FILE_NAME,
	.write = write_csv,
};
