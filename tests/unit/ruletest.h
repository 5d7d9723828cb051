/*
 * Runs the analyzers over a run directory that mkrun.h describes, and looks
 * things up in what they say.
 */
#ifndef PB_TESTS_RULETEST_H
#define PB_TESTS_RULETEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyzers/analyzer.h"
#include "tests/unit/mkrun.h"
#include "tests/unit/tmpdir.h"

/* Writes m to a temporary directory, analyzes it, removes it. */
static inline void rt_analyze(const struct mk_run *m, struct pb_findings *fs)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run = NULL;
	struct tmpdir t;
	char path[128];

	*fs = (struct pb_findings){0};
	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(mk_write(m, path), 0);
	if (pb_run_open(&run, path, &err) < 0)
		fail_msg("%s", err.msg);
	if (pb_analyze(run, fs, &err) < 0)
		fail_msg("%s", err.msg);
	pb_run_close(run);
	tmpdir_remove(&t);
}

/* The first finding of that rule, or NULL. */
static inline struct pb_finding *rt_find(const struct pb_findings *fs, const char *rule)
{
	for (size_t i = 0; i < fs->n; i++)
		if (strcmp(fs->v[i]->rule, rule) == 0)
			return fs->v[i];
	return NULL;
}

/* The first finding of that rule at advice or above, or NULL. */
static inline struct pb_finding *rt_loud(const struct pb_findings *fs, const char *rule)
{
	for (size_t i = 0; i < fs->n; i++)
		if (strcmp(fs->v[i]->rule, rule) == 0 && fs->v[i]->severity >= PB_SEV_ADVICE)
			return fs->v[i];
	return NULL;
}

static inline bool rt_list_has(const struct pb_strv *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strstr(list->v[i], text))
			return true;
	return false;
}

/* True when the rule has a finding that lists `text` among what is missing. */
static inline bool rt_lacks(const struct pb_findings *fs, const char *rule, const char *text)
{
	for (size_t i = 0; i < fs->n; i++)
		if (strcmp(fs->v[i]->rule, rule) == 0 && rt_list_has(&fs->v[i]->missing, text))
			return true;
	return false;
}

/* The evidence of that file and column, or NULL. */
static inline struct pb_evidence *rt_evidence(const struct pb_finding *f, const char *file,
					      const char *column)
{
	for (size_t i = 0; f && i < f->n_evidence; i++)
		if (strcmp(f->evidence[i].file, file) == 0 && strcmp(f->evidence[i].column, column) == 0)
			return &f->evidence[i];
	return NULL;
}

/* Whether a rule speaks (advice or above) on this run. */
static inline bool rt_speaks(const struct mk_run *m, const char *rule)
{
	struct pb_findings fs;
	bool loud;

	rt_analyze(m, &fs);
	loud = rt_loud(&fs, rule) != NULL;
	pb_findings_fini(&fs);
	return loud;
}

/* Whether a rule says on this run that it lacks `text`. */
static inline bool rt_says_missing(const struct mk_run *m, const char *rule, const char *text)
{
	struct pb_findings fs;
	bool lacks;

	rt_analyze(m, &fs);
	lacks = rt_lacks(&fs, rule, text) && !rt_loud(&fs, rule);
	pb_findings_fini(&fs);
	return lacks;
}

static inline void rt_blank(struct mk_run *m, const char *file, const char *column)
{
	m->blank_file = file;
	m->blank_column = column;
}

#endif
