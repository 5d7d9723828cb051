/*
 * A run directory from mkrun.h opened for the reports, with findings made by
 * hand. Data files come from the checkout the test runs in.
 */
#ifndef PB_TESTS_REPORTTEST_H
#define PB_TESTS_REPORTTEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/lib/json.h"
#include "reports/report.h"
#include "tests/unit/mkrun.h"
#include "tests/unit/tmpdir.h"

/* Everything that must not come out of a page as it went in: markup, quotes, controls, bidi override, broken
 * UTF-8. */
#define EVIL "<script>alert(1)</script>\"'&\x01\x1b[31m\xe2\x80\xae|`*_\xff"

struct reporttest {
	struct tmpdir tmp;
	char path[128];
	struct pb_rundir dir;
	struct pb_findings findings;
	struct pb_report_input in;
};

static inline void rep_open(struct reporttest *t, const struct mk_run *m)
{
	struct pb_err err = PB_ERR_INIT;

	memset(t, 0, sizeof(*t));
	assert_int_equal(setenv("PASSBENCH_DATA", ".", 1), 0);
	tmpdir_make(&t->tmp);
	snprintf(t->path, sizeof(t->path), "%s/run", t->tmp.path);
	assert_int_equal(mk_write(m, t->path), 0);
	if (pb_rundir_open(&t->dir, t->path, &err) < 0)
		fail_msg("%s", err.msg);
	t->in = (struct pb_report_input){&t->dir, &t->findings};
}

static inline void rep_open_default(struct reporttest *t)
{
	struct mk_run m;

	mk_default(&m);
	rep_open(t, &m);
}

static inline void rep_close(struct reporttest *t)
{
	pb_findings_fini(&t->findings);
	pb_rundir_close(&t->dir);
	tmpdir_remove(&t->tmp);
}

/* A finding with every text field set to `text`. */
static inline struct pb_finding *rep_finding(struct reporttest *t, const char *text)
{
	struct pb_finding *f = pb_finding_new(&t->findings, text, text);
	struct pb_evidence *e = pb_finding_evidence(f, text, text);

	f->severity = PB_SEV_WARNING;
	f->gain_pct = 12.5;
	pb_finding_set(&f->title, "%s", text);
	pb_finding_set(&f->what, "%s", text);
	pb_finding_set(&f->risk, "%s", text);
	pb_finding_set(&f->confidence, "%s", text);
	pb_finding_set(&f->gain_of, "%s", text);
	pb_finding_set(&e->text, "%s", text);
	pb_finding_set(&e->source, "%s", text);
	pb_finding_set(&e->unit, "%s", text);
	e->value = 1;
	pb_strv_add(&f->apply, text);
	pb_strv_add(&f->undo, text);
	pb_strv_add(&f->verify, text);
	pb_strv_add(&f->missing, text);
	return f;
}

/* Puts text wherever a guest, a disk or a job name could put it. jansson takes no broken UTF-8, so neither
 * does a manifest. */
static inline void rep_poison(struct reporttest *t, const char *text)
{
	static const char *const member[][2] = {
		{"disk", "model"},   {"disk", "serial"},    {"disk", "firmware"}, {"disk", "bdf"},
		{"guest", "name"},   {"guest", "fio"},      {"guest", "kernel"},  {"profile", "title"},
		{"profile", "name"}, {"host", "cpu_model"},
	};

	for (size_t i = 0; i < sizeof(member) / sizeof(member[0]); i++)
		json_object_set_new(json_object_get(t->dir.manifest, member[i][0]), member[i][1],
				    json_string(text));
	json_array_append_new(json_object_get(t->dir.manifest, "warnings"), json_string(text));
	json_object_set_new(json_object_get(t->dir.manifest, "files"), text, json_string("00"));
}

/* The whole text of a file of the run; owned by the caller. */
static inline char *rep_slurp(const struct reporttest *t, const char *name)
{
	int fd = openat(t->dir.fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	text = calloc(1, (size_t)st.st_size + 1);
	assert_non_null(text);
	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	close(fd);
	return text;
}

static inline char *rep_write(struct reporttest *t, const struct pb_report *r)
{
	struct pb_err err = PB_ERR_INIT;

	if (r->write(&t->in, &err) < 0)
		fail_msg("%s", err.msg);
	return rep_slurp(t, r->file);
}

/* Writes one applied change below tune/. */
static inline void rep_tune(struct reporttest *t, const char *json, const char *steps)
{
	struct pb_err err = PB_ERR_INIT;

	assert_int_equal(pb_rundir_put(&t->dir, "tune/1-R-I2/tune.json", json, strlen(json), &err), 0);
	if (steps)
		assert_int_equal(pb_rundir_put(&t->dir, "tune/1-R-I2/steps.csv", steps, strlen(steps), &err),
				 0);
}

#endif
