/*
 * The report for a CI system: each measured window and each finding is a test case. A window that is not
 * valid and a finding of severity warning or critical fail; everything else passes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/lib/junit.h"
#include "reports/facts.h"
#include "reports/lang.h"

#define FILE_NAME "report/junit.xml"

/* A depth that was measured again, a rule that found two things: CI systems take equal names for one case. */
static void name_case(struct pb_buf *b, const char *name, size_t before)
{
	pb_buf_clear(b);
	pb_buf_str(b, name);
	if (before)
		pb_buf_printf(b, " (%zu)", before + 1);
}

static void add_steps(struct pb_junit *j, const struct pb_steps *steps, struct pb_buf *name)
{
	j->class_name = "passbench.steps";
	for (size_t i = 0; i < steps->n; i++) {
		const struct pb_step *s = &steps->v[i];
		char depth[48];
		size_t before = 0;

		for (size_t k = 0; k < i; k++)
			before += steps->v[k].depth == s->depth;
		snprintf(depth, sizeof(depth), "depth %g", s->depth);
		name_case(name, depth, before);
		if (!name->failed)
			pb_junit_case(j, name->data, s->valid ? PB_JUNIT_PASSED : PB_JUNIT_FAILED, s->reason,
				      NULL);
	}
}

static void describe(struct pb_buf *b, const struct pb_finding *f)
{
	pb_buf_clear(b);
	pb_buf_printf(b, "%s: %s\n%s\n", pb_severity_name(f->severity), f->title, f->what);
	for (size_t i = 0; i < f->n_evidence; i++)
		pb_buf_printf(b, "evidence: %s (%s%s%s)\n", f->evidence[i].text, f->evidence[i].file,
			      f->evidence[i].column[0] ? ", column " : "", f->evidence[i].column);
	for (size_t i = 0; i < f->apply.n; i++)
		pb_buf_printf(b, "apply: %s\n", f->apply.v[i]);
	for (size_t i = 0; i < f->missing.n; i++)
		pb_buf_printf(b, "missing: %s\n", f->missing.v[i]);
}

static void add_findings(struct pb_junit *j, const struct pb_findings *fs, struct pb_buf *name)
{
	struct pb_buf text = {0}, class_name = {0};

	for (size_t i = 0; i < fs->n; i++) {
		const struct pb_finding *f = fs->v[i];
		size_t before = 0;

		for (size_t k = 0; k < i; k++)
			before += !strcmp(fs->v[k]->rule, f->rule);
		name_case(name, f->rule, before);
		describe(&text, f);
		pb_buf_clear(&class_name);
		pb_buf_printf(&class_name, "passbench.%s", f->family);
		if (name->failed || text.failed || class_name.failed)
			break;
		j->class_name = class_name.data;
		pb_junit_case(j, name->data,
			      f->severity >= PB_SEV_WARNING ? PB_JUNIT_FAILED : PB_JUNIT_PASSED, f->title,
			      text.data);
	}
	j->class_name = "";
	j->cases.failed = j->cases.failed || name->failed || text.failed || class_name.failed;
	pb_buf_fini(&text);
	pb_buf_fini(&class_name);
}

static int write_junit(const struct pb_report_input *in, struct pb_err *err)
{
	const json_t *manifest = in->dir->manifest, *disk = json_object_get(manifest, "disk");
	struct pb_junit j = {.name = "passbench report",
			     .timestamp = pb_json_str(manifest, "started_utc", NULL)};
	struct pb_buf name = {0}, b = {0};
	struct pb_steps steps = {0};
	int ret = pb_steps_read(&steps, in->dir->fd, "steps.csv", err);

	if (ret < 0)
		return ret;
	pb_junit_property(&j, "disk", pb_json_str(disk, "model", ""));
	pb_junit_property(&j, "serial", pb_json_str(disk, "serial", ""));
	pb_junit_property(&j, "profile", pb_json_str(json_object_get(manifest, "profile"), "name", ""));
	add_steps(&j, &steps, &name);
	add_findings(&j, in->findings, &name);
	if (pb_junit_end(&j, &b) < 0)
		ret = pb_fail(err, PB_MISSING, ENOMEM, "no memory for " FILE_NAME);
	else
		ret = pb_rundir_put(in->dir, pb_lang_file(FILE_NAME).s, b.data, b.len, err);
	pb_steps_fini(&steps);
	pb_buf_fini(&name);
	pb_buf_fini(&b);
	return ret;
}

const struct pb_report pb_report_junit = {
	.name = "junit",
	.help = "windows and findings as test cases, for CI",
	.file = FILE_NAME,
	.write = write_junit,
};
