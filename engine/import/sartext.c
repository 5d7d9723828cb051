/*
 * Reads sysstat's lines: a heading names the columns of the rows below it, until the next. Rows of other
 * reports than CPUs and disks are passed over. sar prints times without dates: the day is in its first
 * line, and a time that is hours earlier than the one before belongs to the next day.
 */
#include "engine/import/sartext.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/import/csvrows.h"
#include "engine/import/number.h"
#include "engine/import/sarfields.h"
#include "engine/import/wallclock.h"

#define CELLS_MAX 64
#define LINE_BYTES_MAX 4096
#define HALF_DAY_NS (INT64_C(43200) * 1000000000)
/* A character that no line holds: each line is then one cell. */
#define NO_DELIMITER '\x1f'
#define PERCENT_MAX 1e4

struct reader {
	struct pb_importing *im;
	struct pb_input *in;
	struct pb_csvrows rows;
	bool sadf;
	/* the present heading */
	bool headed;
	enum pb_timeline_kind kind; /* PB_TL_KINDS: a report that is not taken */
	size_t n_cells, key;
	int column[PB_SAR_FIELDS]; /* cell of each field, -1 = none */
	bool has[PB_SAR_FIELDS];
	/* sar's text */
	int64_t first_day_ns, day_ns; /* midnights: of the file's first day, of the present row's */
	int64_t last_ns;              /* time of day of the row before; -1 = a report begins */
	uint64_t sums;                /* rows of all CPUs together */
};

bool pb_sartext_is_sadf(const char *head)
{
	return strncmp(head, "# hostname;interval;timestamp", 29) == 0 ||
	       strstr(head, "\n# hostname;interval;");
}

bool pb_sartext_is_sar(const char *head)
{
	size_t line = strcspn(head, "\n");
	const char *cpus = memmem(head, line, " CPU)", 5);

	return strncmp(head, "Linux ", 6) == 0 && cpus && memchr(head, '_', line);
}

static size_t find_cell(char *const *cell, size_t n, const char *text)
{
	size_t i = 0;

	while (i < n && strcmp(cell[i], text) != 0)
		i++;
	return i;
}

/* No row of any report has such cells. */
static bool is_heading(char *const *cell, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(cell[i]);

		if (cell[i][0] == '%' || strcmp(cell[i], "CPU") == 0 || strcmp(cell[i], "DEV") == 0 ||
		    (len > 2 && strcmp(cell[i] + len - 2, "/s") == 0))
			return true;
	}
	return false;
}

static void read_heading(struct reader *r, char *const *cell, size_t n)
{
	size_t cpu = find_cell(cell, n, "CPU"), dev = find_cell(cell, n, "DEV");
	enum pb_timeline_kind kind = cpu < n ? PB_TL_CPU : dev < n ? PB_TL_DISK : PB_TL_KINDS;
	bool any = false;

	for (size_t i = 0; pb_sar_fields[i].text; i++) {
		size_t at = pb_sar_fields[i].kind == kind ? find_cell(cell, n, pb_sar_fields[i].text) : n;

		r->has[i] = at < n;
		r->column[i] = at < n ? (int)at : -1;
		any |= at < n;
	}
	kind = any ? kind : PB_TL_KINDS;
	/* sar begins each report with the first sample again, and repeats a heading within a report. */
	if (!r->headed || kind != r->kind || kind == PB_TL_KINDS) {
		r->last_ns = -1;
		r->day_ns = r->first_day_ns;
	}
	r->headed = true;
	r->kind = kind;
	r->key = cpu < n ? cpu : dev;
	r->n_cells = n;
}

static int bad(struct reader *r, size_t line, struct pb_err *err, const char *why, const char *text)
{
	return pb_importing_bad(r->im, r->in, line, err, "'%.40s' is %s", text, why);
}

/* The numbers of a row. 1: it was counted as bad. */
static int read_numbers(struct reader *r, size_t line, char *const *cell, double *v, struct pb_err *err)
{
	for (size_t i = 0; pb_sar_fields[i].text; i++) {
		const char *why;

		v[i] = NAN;
		if (r->column[i] < 0)
			continue;
		why = pb_number_parse(cell[r->column[i]], &v[i]);
		if (!why && pb_sar_fields[i].text[0] == '%' && v[i] > PERCENT_MAX)
			why = "more than any percentage";
		if (why)
			return pb_importing_bad(r->im, r->in, line, err, "column %s: '%.40s' is %s",
						pb_sar_fields[i].text, cell[r->column[i]], why)
				       ?: 1;
	}
	return 0;
}

static int put_row(struct reader *r, size_t line, int64_t t_ns, char *const *cell, size_t n,
		   struct pb_err *err)
{
	double v[PB_SAR_FIELDS];
	int rc;

	if (n != r->n_cells)
		return pb_importing_bad(r->im, r->in, line, err, "%zu cells where the heading names %zu", n,
					r->n_cells);
	if (!pb_sar_wanted(r->kind, cell[r->key])) {
		r->sums++;
		return 0;
	}
	rc = read_numbers(r, line, cell, v, err);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = pb_sar_put(r->im, r->kind, cell[r->key], t_ns, v, r->has, err);
	if (rc == -ETIME)
		return pb_importing_bad(
			r->im, r->in, line, err,
			"the clock stands still or goes back (a time correction, or samples not in "
			"order)");
	return rc;
}

static int sadf_row(void *arg, const struct pb_csvrow *row, struct pb_err *err)
{
	struct reader *r = arg;
	char *cell[CELLS_MAX] = {NULL};
	size_t n = row->n < CELLS_MAX ? row->n : CELLS_MAX;
	int64_t t_ns;

	for (size_t i = 0; i < n; i++)
		cell[i] = (char *)pb_csvrow_cell(row, i);
	if (n && strcmp(cell[0], "# hostname") == 0) {
		if (strstr(pb_csvrow_cell(row, row->n - 1), "[...]"))
			return pb_fail(err, PB_USAGE, EINVAL,
				       "%s: sadf -h puts all devices into one line: run sadf -d without -h",
				       pb_input_path(r->in));
		read_heading(r, cell, n);
		return 0;
	}
	/* Restarts and comments stand between rows: rates begin anew by themselves. */
	if (n >= 4 && (strncmp(cell[3], "LINUX-RESTART", 13) == 0 || strcmp(cell[3], "COM") == 0))
		return 0;
	if (!r->headed)
		return pb_importing_bad(r->im, r->in, row->line, err,
					"no heading '# hostname;...' stands above it");
	if (r->kind == PB_TL_KINDS)
		return 0;
	if (n < 4 || !pb_wallclock_sadf(cell[2], &t_ns))
		return bad(r, row->line, err, "no time like 2026-11-23 18:20:11 UTC",
			   n < 4 ? cell[0] : cell[2]);
	if (strchr(cell[2], '-') && !strstr(cell[2], "UTC"))
		pb_importing_note(r->im,
				  "%s has local times (sadf -T) without their zone: they were taken for UTC",
				  pb_input_path(r->in));
	pb_importing_fact(r->im, "host", "name", json_string(cell[0]));
	return put_row(r, row->line, t_ns, cell, row->n, err);
}

/* "Linux 6.12.0 (host)   11/23/26   _x86_64_   (2 CPU)" */
static int sar_first_line(struct reader *r, size_t line, char *const *cell, size_t n, struct pb_err *err)
{
	for (size_t i = 2; i < n; i++) {
		if (pb_wallclock_day(cell[i], &r->first_day_ns)) {
			r->day_ns = r->first_day_ns;
			pb_importing_fact(r->im, "host", "kernel", json_string(cell[1]));
			pb_importing_note(
				r->im,
				"%s: sar's text has local times without their zone: they were taken "
				"for UTC",
				pb_input_path(r->in));
			return 0;
		}
	}
	return pb_fail(
		err, PB_USAGE, EINVAL,
		"%s:%zu: the heading has no date like 11/23/26 or 2026-11-23: run LC_ALL=C sar, or sadf -d",
		pb_input_path(r->in), line);
}

static size_t split(char *line, char **cell)
{
	char *save = NULL;
	size_t n = 0;

	for (char *at = strtok_r(line, " \t\r", &save); at && n < CELLS_MAX;
	     at = strtok_r(NULL, " \t\r", &save))
		cell[n++] = at;
	return n;
}

/* A row or a heading of sar's text; cell[0] is its time. */
static int sar_cells(struct reader *r, size_t line, char **cell, size_t n, struct pb_err *err)
{
	bool twelve = n > 1 && (strcmp(cell[1], "AM") == 0 || strcmp(cell[1], "PM") == 0);
	size_t skip = twelve ? 2 : 1;
	int64_t time;

	if (!pb_wallclock_time(cell[0], twelve ? cell[1] : "", &time))
		return bad(r, line, err, "no time like 18:20:11", cell[0]);
	if (n > skip && strcmp(cell[skip], "LINUX") == 0)
		return 0;
	if (n <= skip || cell[skip][0] == '\0')
		return bad(r, line, err, "a line that ends behind its time", cell[0]);
	if (is_heading(cell + skip, n - skip)) {
		read_heading(r, cell + skip, n - skip);
		return 0;
	}
	if (!r->headed || r->kind == PB_TL_KINDS)
		return 0;
	if (r->last_ns >= 0 && time < r->last_ns - HALF_DAY_NS)
		r->day_ns += 2 * HALF_DAY_NS;
	r->last_ns = time;
	return put_row(r, line, r->day_ns + time, cell + skip, n - skip, err);
}

static int sar_row(void *arg, const struct pb_csvrow *row, struct pb_err *err)
{
	struct reader *r = arg;
	char line[LINE_BYTES_MAX], *cell[CELLS_MAX];
	size_t n;

	if ((size_t)snprintf(line, sizeof(line), "%s", pb_csvrow_cell(row, 0)) >= sizeof(line))
		return bad(r, row->line, err, "longer than a line of sar can be", line);
	n = split(line, cell);
	if (n == 0 || strcmp(cell[0], "Average:") == 0)
		return 0;
	if (strcmp(cell[0], "Linux") == 0)
		return sar_first_line(r, row->line, cell, n, err);
	return sar_cells(r, row->line, cell, n, err);
}

static int on_bad(void *arg, size_t line, const char *why, struct pb_err *err)
{
	struct reader *r = arg;

	return pb_importing_bad(r->im, r->in, line, err, "not a line of sysstat: %s", why);
}

int pb_sartext_read(struct pb_importing *im, struct pb_input *in, bool sadf, struct pb_err *err)
{
	struct reader r = {.im = im,
			   .in = in,
			   .sadf = sadf,
			   .last_ns = -1,
			   .kind = PB_TL_KINDS,
			   .rows = {.delimiter = sadf ? ';' : NO_DELIMITER,
				    .row = sadf ? sadf_row : sar_row,
				    .bad = on_bad}};
	int rc;

	r.rows.arg = &r;
	rc = pb_csvrows_read(&r.rows, in, err);
	if (rc == 0 && r.sums && pb_timeline_count(im->timeline, PB_TL_CPU) == 0)
		pb_importing_note(
			im,
			"%s has the sum of all CPUs only, which host/cpu.csv cannot hold: record with -P ALL",
			pb_input_path(in));
	return rc;
}
