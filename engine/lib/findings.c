/*
 * Findings in memory: making, filling, ordering and freeing them. Their JSON
 * form is findings_json.c.
 */
#include "engine/lib/findings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"

const char *pb_severity_name(enum pb_severity s)
{
	static const char *const names[] = {"info", "advice", "warning", "critical"};

	return (unsigned)s < sizeof(names) / sizeof(names[0]) ? names[s] : "info";
}

static void evidence_fini(struct pb_evidence *e)
{
	free(e->file);
	free(e->column);
	free(e->unit);
	free(e->text);
	free(e->source);
}

static void finding_free(struct pb_finding *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_evidence; i++)
		evidence_fini(&f->evidence[i]);
	free(f->evidence);
	free(f->rule);
	free(f->family);
	free(f->title);
	free(f->what);
	free(f->gain_of);
	free(f->confidence);
	free(f->risk);
	free(f->change_class);
	pb_strv_fini(&f->apply);
	pb_strv_fini(&f->undo);
	pb_strv_fini(&f->verify);
	pb_strv_fini(&f->missing);
	json_decref(f->params);
	free(f);
}

static struct pb_finding *finding_alloc(const char *rule, const char *family)
{
	struct pb_finding *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->gain_pct = f->gain_lo_pct = f->gain_hi_pct = NAN;
	f->rule = strdup(rule);
	f->family = strdup(family);
	f->title = strdup("");
	f->what = strdup("");
	f->gain_of = strdup("");
	f->confidence = strdup("");
	f->risk = strdup("");
	f->change_class = strdup("");
	if (f->rule && f->family && f->title && f->what && f->gain_of && f->confidence && f->risk &&
	    f->change_class)
		return f;
	finding_free(f);
	return NULL;
}

struct pb_finding *pb_finding_new(struct pb_findings *fs, const char *rule, const char *family)
{
	struct pb_finding *f;

	if (fs->n == fs->cap) {
		size_t cap = fs->cap ? fs->cap * 2 : 8;
		struct pb_finding **v = reallocarray(fs->v, cap, sizeof(*v));

		if (!v)
			return NULL;
		fs->v = v;
		fs->cap = cap;
	}
	f = finding_alloc(rule, family);
	if (f)
		fs->v[fs->n++] = f;
	return f;
}

void pb_finding_plain(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
	}
}

void pb_finding_set(char **field, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return; /* no memory: the field keeps what it had, which is always text */
	pb_finding_plain(text);
	free(*field);
	*field = text;
}

struct pb_evidence *pb_finding_evidence(struct pb_finding *f, const char *file, const char *column)
{
	struct pb_evidence *all = reallocarray(f->evidence, f->n_evidence + 1, sizeof(*all)), *e;

	if (!all)
		return NULL;
	f->evidence = all;
	e = &all[f->n_evidence];
	*e = (struct pb_evidence){.t0_ns = PB_NA, .t1_ns = PB_NA, .value = NAN, .threshold = NAN};
	e->file = strdup(file);
	e->column = strdup(column);
	e->unit = strdup("");
	e->text = strdup("");
	e->source = strdup("");
	if (!e->file || !e->column || !e->unit || !e->text || !e->source) {
		evidence_fini(e);
		return NULL;
	}
	pb_finding_plain(e->file);
	pb_finding_plain(e->column);
	f->n_evidence++;
	return e;
}

/* Larger first, unknown last. */
static int by_gain(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return (a < b) - (a > b);
}

static int by_first_evidence(const struct pb_finding *a, const struct pb_finding *b)
{
	int d;

	if (!a->n_evidence || !b->n_evidence)
		return (a->n_evidence < b->n_evidence) - (a->n_evidence > b->n_evidence);
	d = strcmp(a->evidence[0].file, b->evidence[0].file);
	if (!d)
		d = strcmp(a->evidence[0].column, b->evidence[0].column);
	return d ? d : strcmp(a->evidence[0].text, b->evidence[0].text);
}

static int by_rank(const struct pb_finding *a, const struct pb_finding *b)
{
	int d = (a->severity < b->severity) - (a->severity > b->severity);

	if (!d)
		d = by_gain(a->gain_pct, b->gain_pct);
	if (!d)
		d = strcmp(a->rule, b->rule);
	if (!d)
		d = strcmp(a->title, b->title);
	if (!d)
		d = strcmp(a->what, b->what);
	return d ? d : by_first_evidence(a, b);
}

/* An insertion sort: there are tens of findings at most, and equal ones must keep their order. */
void pb_findings_sort(struct pb_findings *fs)
{
	for (size_t i = 1; i < fs->n; i++) {
		struct pb_finding *f = fs->v[i];
		size_t k = i;

		for (; k > 0 && by_rank(fs->v[k - 1], f) > 0; k--)
			fs->v[k] = fs->v[k - 1];
		fs->v[k] = f;
	}
}

void pb_findings_fini(struct pb_findings *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		finding_free(fs->v[i]);
	free(fs->v);
	*fs = (struct pb_findings){0};
}
