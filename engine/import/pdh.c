/*
 * Reads PDH-CSV row by row: the header says which columns are wanted and of which CPU, vCPU or disk they are,
 * every other row is an instant of all of them. Thousands of columns that nobody wants cost their parsing
 * only.
 */
#include "engine/import/pdh.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/import/csvrows.h"
#include "engine/import/number.h"
#include "engine/import/pdhname.h"
#include "engine/import/wallclock.h"

#define MAGIC "\"(PDH-CSV 4.0)"
#define MINUTE_NS INT64_C(60000000000)
/* [ours] a share of one CPU above a hundred is no share */
#define PERCENT_MAX 1e4

struct column {
	size_t cell;
	int entity;
	const struct pb_pdh_counter *what;
	double v; /* of the present row */
};

struct reader {
	struct pb_importing *im;
	struct pb_input *in;
	const struct pb_pdh_format *format;
	struct pb_csvrows rows;
	bool *keep;
	size_t n_cells;
	struct column *column;
	size_t n_columns, cap;
	int *entity; /* each once */
	size_t n_entities;
	const char *object[PB_TL_KINDS]; /* chosen; NULL = the file has none */
	char machine[PB_PDH_PART];       /* the one whose vCPUs are taken; "" = none */
	bool machines;                   /* there are several */
	bool every_disk;                 /* the one asked for is not there: all, to be listed */
	int64_t zone_ns, first_ns, last_ns;
	uint64_t instants;
};

bool pb_pdh_detect(const char *head)
{
	return strncmp(head, MAGIC, strlen(MAGIC)) == 0;
}

bool pb_pdh_has(const char *head, const char *object)
{
	size_t len = strlen(object), line = strcspn(head, "\r\n");

	for (const char *at = head; (at = strcasestr(at, object)) && at < head + line; at++)
		if (at > head && at[-1] == '\\' && (at[len] == '(' || at[len] == '\\'))
			return true;
	return false;
}

static int fail_memory(const struct reader *r, struct pb_err *err)
{
	return pb_fail(err, PB_MISSING, ENOMEM, "cannot read %s: out of memory", pb_input_path(r->in));
}

static bool wanted_disk(const struct reader *r, const char *instance)
{
	if (r->im->disk && !r->every_disk)
		return strcmp(instance, r->im->disk) == 0;
	return instance[0] && strcmp(instance, "_Total") != 0;
}

/* The instance as the timeline names it; false when it is not wanted. */
static bool entity_name(const struct reader *r, const struct pb_pdh_counter *c, const char *instance,
			char *name, size_t size)
{
	char machine[PB_PDH_PART];
	int n;

	switch (c->kind) {
	case PB_TL_CPU:
		n = r->format->cpu(instance);
		return n >= 0 && snprintf(name, size, "%d", n) < (int)size;
	case PB_TL_THREAD:
		n = r->format->vcpu(instance, machine, sizeof(machine));
		return n >= 0 && strcmp(machine, r->machine) == 0 &&
		       snprintf(name, size, "vcpu%d", n) < (int)size;
	default:
		return wanted_disk(r, instance) && snprintf(name, size, "%s", instance) < (int)size;
	}
}

/* May this column decide which object of its kind is taken? */
static bool counts(const struct reader *r, const struct pb_pdh_counter *c, const char *instance)
{
	char machine[PB_PDH_PART];

	if (c->kind == PB_TL_CPU)
		return r->format->cpu(instance) >= 0;
	if (c->kind == PB_TL_THREAD)
		return r->format->vcpu(instance, machine, sizeof(machine)) >= 0;
	return wanted_disk(r, instance);
}

/* First pass over the header: which object of each kind, and which machine's vCPUs. */
static void survey(struct reader *r, const struct pb_pdh_name *name)
{
	char machine[PB_PDH_PART];

	for (const struct pb_pdh_counter *c = r->format->counters; c->object; c++) {
		const char *before = r->object[c->kind];

		if (strcasecmp(c->object, name->object) != 0 || strcasecmp(c->counter, name->counter) != 0 ||
		    !counts(r, c, name->instance))
			continue;
		for (const struct pb_pdh_counter *p = r->format->counters; p->object; p++) {
			if (p->kind != c->kind)
				continue;
			/* The earlier of the two in the table. */
			if (strcasecmp(p->object, c->object) == 0 ||
			    (before && strcasecmp(p->object, before) == 0)) {
				r->object[c->kind] = p->object;
				break;
			}
		}
		if (c->kind == PB_TL_THREAD) {
			r->format->vcpu(name->instance, machine, sizeof(machine));
			r->machines |= r->machine[0] && strcmp(machine, r->machine) != 0;
			strcpy(r->machine, machine);
		}
	}
}

static void survey_all(struct reader *r, const struct pb_csvrow *row)
{
	struct pb_pdh_name name;

	for (int pass = 0; pass < 2 && !r->object[PB_TL_DISK]; pass++) {
		r->every_disk = pass == 1;
		r->machine[0] = '\0';
		for (size_t i = 1; i < row->n; i++)
			if (pb_pdh_name_parse(&name, pb_csvrow_cell(row, i)))
				survey(r, &name);
	}
}

static int add_column(struct reader *r, const struct pb_pdh_counter *c, size_t cell, int entity,
		      struct pb_err *err)
{
	size_t i = 0;

	if (r->n_columns == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 256;
		struct column *column = reallocarray(r->column, cap, sizeof(*column));
		int *list;

		if (!column)
			return fail_memory(r, err);
		r->column = column;
		list = reallocarray(r->entity, cap, sizeof(*list));
		if (!list)
			return fail_memory(r, err);
		r->entity = list;
		r->cap = cap;
	}
	r->column[r->n_columns++] = (struct column){.cell = cell, .entity = entity, .what = c};
	r->keep[cell] = true;
	pb_timeline_declare(r->im->timeline, entity, c->input);
	while (i < r->n_entities && r->entity[r->n_entities - 1 - i] != entity)
		i++;
	if (i == r->n_entities)
		r->entity[r->n_entities++] = entity;
	return 0;
}

/* One name of the header, as each counter that it is. */
static int take(struct reader *r, const struct pb_pdh_name *name, size_t cell, bool fallback,
		struct pb_err *err)
{
	char entity[PB_PDH_PART];
	int id, rc = 0;

	for (const struct pb_pdh_counter *c = r->format->counters; c->object && rc == 0; c++) {
		if (c->fallback != fallback || !r->object[c->kind] ||
		    strcasecmp(c->object, r->object[c->kind]) != 0 ||
		    strcasecmp(c->object, name->object) != 0 || strcasecmp(c->counter, name->counter) != 0 ||
		    !entity_name(r, c, name->instance, entity, sizeof(entity)) ||
		    (c->kind == PB_TL_THREAD && r->machines))
			continue;
		id = pb_timeline_entity(r->im->timeline, c->kind, entity, err);
		if (id < 0)
			return id;
		if (!pb_timeline_declared(r->im->timeline, id, c->input))
			rc = add_column(r, c, cell, id, err);
		else if (!fallback) /* the first of the two is kept */
			rc = pb_importing_bad(r->im, r->in, 1, err, "two columns are named \\%s(%s)\\%s",
					      name->object, name->instance, name->counter);
	}
	return rc;
}

static int read_header(struct reader *r, const struct pb_csvrow *row, struct pb_err *err)
{
	struct pb_pdh_name name;
	bool known, host = false;
	int minutes, rc = 0;

	if (!pb_pdh_zone_parse(pb_csvrow_cell(row, 0), &minutes, &known))
		return pb_fail(err, PB_USAGE, EINVAL, "%s: the first cell is not (PDH-CSV 4.0)",
			       pb_input_path(r->in));
	if (!known)
		pb_importing_note(r->im, "%s names no time zone: its stamps were taken for UTC",
				  pb_input_path(r->in));
	r->zone_ns = minutes * MINUTE_NS;
	r->n_cells = row->n;
	/* Also one cell more than the header has: empty, it is a separator at the end of the line. */
	r->keep = calloc(row->n + 1, sizeof(*r->keep));
	if (!r->keep)
		return fail_memory(r, err);
	r->keep[0] = r->keep[row->n] = true;
	survey_all(r, row);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 1; i < row->n && rc == 0; i++) {
			if (!pb_pdh_name_parse(&name, pb_csvrow_cell(row, i)))
				continue;
			if (!host && name.host[0])
				pb_importing_fact(r->im, "host", "name", json_string(name.host));
			host |= name.host[0] != '\0';
			rc = take(r, &name, i, pass == 1, err);
		}
	if (rc == 0 && r->n_columns == 0)
		rc = pb_fail(err, PB_USAGE, ENODATA,
			     "%s: none of its %zu columns is known (docs/import.md lists them); counters "
			     "must have "
			     "their English names",
			     pb_input_path(r->in), row->n - 1);
	r->rows.keep = r->keep;
	r->rows.n_keep = r->n_cells + 1;
	return rc;
}

/* What typeperf prints behind its rows; the first has a comma in it. */
static bool is_closing_text(const struct pb_csvrow *row)
{
	const char *text = pb_csvrow_cell(row, 0);

	return row->n <= 2 &&
	       (strcmp(text, "Exiting") == 0 || strncmp(text, "The command completed", 21) == 0);
}

/* All wanted cells of a row as numbers. 1: the row was counted as bad. */
static int read_cells(struct reader *r, const struct pb_csvrow *row, struct pb_err *err)
{
	for (size_t i = 0; i < r->n_columns; i++) {
		struct column *c = &r->column[i];
		const char *text = pb_csvrow_cell(row, c->cell), *why = pb_number_parse(text, &c->v);

		if (!why && c->what->counter[0] == '%' && c->v > PERCENT_MAX)
			why = "more than any percentage";
		if (why)
			return pb_importing_bad(r->im, r->in, row->line, err,
						"column %zu (%s): '%.40s' is %s", c->cell + 1,
						c->what->counter, text, why)
				       ?: 1;
		c->v = c->what->offset + c->what->scale * c->v;
		/* A CPU that was busy for 100.2% of an interval was busy all of it. */
		if (c->v < 0)
			c->v = 0;
	}
	return 0;
}

static int put_instant(struct reader *r, size_t line, int64_t t_ns, struct pb_err *err)
{
	struct pb_timeline *t = r->im->timeline;
	int rc = 0;

	for (size_t i = 0; i < r->n_columns; i++)
		pb_timeline_set(t, r->column[i].entity, r->column[i].what->input, r->column[i].v);
	for (size_t i = 0; i < r->n_entities && rc == 0; i++) {
		if (r->format->derive)
			r->format->derive(t, r->entity[i]);
		rc = pb_timeline_row(t, r->entity[i], t_ns, err);
	}
	if (rc == -ETIME)
		return pb_importing_bad(
			r->im, r->in, line, err,
			"the clock stands still or goes back (daylight saving, a time correction, or "
			"files not in order)");
	if (rc)
		return rc;
	r->first_ns = r->instants++ ? r->first_ns : t_ns;
	r->last_ns = t_ns;
	return 0;
}

static int on_row(void *arg, const struct pb_csvrow *row, struct pb_err *err)
{
	struct reader *r = arg;
	int64_t t_ns;
	int rc;

	if (!r->keep)
		return read_header(r, row, err);
	if (is_closing_text(row))
		return 0;
	if (row->n != r->n_cells && !(row->n == r->n_cells + 1 && !pb_csvrow_cell(row, r->n_cells)[0]))
		return pb_importing_bad(r->im, r->in, row->line, err, "%zu cells where the header names %zu",
					row->n, r->n_cells);
	if (!pb_wallclock_pdh(pb_csvrow_cell(row, 0), &t_ns))
		return pb_importing_bad(r->im, r->in, row->line, err,
					"'%.40s' is no time like 11/23/2026 18:20:11",
					pb_csvrow_cell(row, 0));
	rc = read_cells(r, row, err);
	if (rc)
		return rc < 0 ? rc : 0;
	return put_instant(r, row->line, t_ns + r->zone_ns, err);
}

static int on_bad(void *arg, size_t line, const char *why, struct pb_err *err)
{
	struct reader *r = arg;

	if (!r->keep)
		return pb_fail(err, PB_USAGE, EINVAL, "%s:%zu: the header is no CSV: %s",
			       pb_input_path(r->in), line, why);
	return pb_importing_bad(r->im, r->in, line, err, "not CSV: %s", why);
}

/* The separator is what stands behind the first cell. */
static char delimiter(const char *head)
{
	const char *end = strchr(head + 1, '"');

	return end && (end[1] == ';' || end[1] == '\t') ? end[1] : ',';
}

static int conclude(struct reader *r, struct pb_err *err)
{
	if (r->instants < 2)
		return pb_fail(
			err, PB_USAGE, ENODATA,
			"%s: %llu samples; rates need two at least, and the first one only starts the clock",
			pb_input_path(r->in), (unsigned long long)r->instants);
	pb_importing_fact(r->im, "sampling", "interval_ns",
			  json_integer((r->last_ns - r->first_ns) / (int64_t)(r->instants - 1)));
	if (r->machines)
		pb_importing_note(r->im,
				  "%s holds several virtual machines: their vCPUs' times were left out",
				  pb_input_path(r->in));
	else if (r->machine[0])
		pb_importing_fact(r->im, "guest", "vm", json_string(r->machine));
	return 0;
}

int pb_pdh_read(struct pb_importing *im, struct pb_input *in, const struct pb_pdh_format *format,
		struct pb_err *err)
{
	struct reader r = {.im = im,
			   .in = in,
			   .format = format,
			   .rows = {.delimiter = delimiter(pb_input_head(in)), .row = on_row, .bad = on_bad}};
	int rc;

	r.rows.arg = &r;
	rc = pb_csvrows_read(&r.rows, in, err);
	if (rc == 0)
		rc = conclude(&r, err);
	free(r.keep);
	free(r.column);
	free(r.entity);
	return rc;
}
