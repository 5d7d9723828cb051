/*
 * Analyze and report as functions, because poc runs them too.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/analyze.h"
#include "analyzers/analyzer.h"
#include "analyzers/beside.h"
#include "analyzers/predict_later.h"
#include "analyzers/run.h"
#include "engine/cli/cli.h"
#include "engine/lib/json.h"
#include "engine/lib/rundir.h"
#include "engine/run/host/undo.h"
#include "reports/lang.h"
#include "reports/report.h"
#include "reports/translate.h"

int pb_stage_rules(const struct pb_strv *ids, struct pb_err *err)
{
	const char *unknown = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < ids->n && !unknown; i++)
		unknown = pb_rule_known(ids->v[i]) ? NULL : ids->v[i];
	if (!unknown)
		return 0;
	/* Too many for one message. */
	fputs("known rules:", stderr);
	for (size_t i = 0; pb_analyzers[i]; i++)
		for (const struct pb_rule *r = pb_analyzers[i]->rules; r->id; r++, n++)
			fprintf(stderr, "%s%s%s", n ? "," : "", n % 12 ? " " : "\n  ", r->id);
	fputc('\n', stderr);
	return pb_fail(err, PB_USAGE, EINVAL,
		       "no rule '%.40s'; passbench list rules says what each looks for", unknown);
}

int pb_stage_analyze(const char *dir, struct pb_findings *fs, struct pb_err *err)
{
	struct pb_run *run = NULL;
	json_t *j = NULL;
	int rc = pb_run_open(&run, dir, err);

	if (rc < 0)
		return rc;
	rc = pb_analyze(run, fs, err);
	if (rc == 0) {
		j = pb_findings_to_json(fs);
		/* The directory was hashed when it was opened: large ones are not hashed twice. */
		rc = j ? pb_json_write(j, pb_run_dirfd(run), "findings.json", err)
		       : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	}
	json_decref(j);
	pb_run_close(run);
	return rc;
}

int pb_stage_against(const char *dir, const char *earlier, struct pb_err *err)
{
	struct pb_run *run = NULL;
	int rc = pb_run_open(&run, dir, err);

	if (rc == 0)
		rc = pb_predict_later_write(run, earlier, err);
	pb_run_close(run);
	return rc;
}

int pb_stage_beside(const char *dir, const struct pb_strv *others, struct pb_err *err)
{
	struct pb_run *run = NULL;
	int rc = pb_run_open(&run, dir, err);

	if (rc == 0)
		rc = pb_beside_write(run, others, err);
	pb_run_close(run);
	return rc;
}

static int read_findings(const struct pb_rundir *d, struct pb_findings *fs, struct pb_err *err)
{
	json_t *j = NULL;
	int rc = pb_json_read(&j, d->fd, "findings.json", err);

	if (rc == -ENOENT)
		rc = pb_fail(err, PB_USAGE, ENOENT, "%s has no findings.json yet: run passbench analyze %s",
			     d->path, d->path);
	if (rc == 0)
		rc = pb_findings_from_json(fs, j, err);
	json_decref(j);
	return rc;
}

int pb_stage_findings(const char *dir, struct pb_findings *fs, struct pb_err *err)
{
	struct pb_rundir d;
	int rc = pb_rundir_open(&d, dir, err);

	if (rc < 0)
		return rc;
	rc = read_findings(&d, fs, err);
	pb_rundir_close(&d);
	return rc;
}

static bool wanted(const struct pb_strv *formats, const char *name)
{
	bool any = formats->n == 0;

	for (size_t i = 0; !any && i < formats->n; i++)
		any = !strcmp(formats->v[i], name);
	return any;
}

static int check_formats(const struct pb_strv *formats, struct pb_err *err)
{
	char known[128] = "";

	for (size_t k = 0; pb_reports[k]; k++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", k ? ", " : "",
			 pb_reports[k]->name);
	for (size_t i = 0; i < formats->n; i++) {
		bool found = false;

		for (size_t k = 0; pb_reports[k]; k++)
			found = found || !strcmp(pb_reports[k]->name, formats->v[i]);
		if (!found)
			return pb_fail(err, PB_USAGE, EINVAL, "no report format '%s'; known: %s",
				       formats->v[i], known);
	}
	return 0;
}

static int write_reports(const struct pb_report_input *in, const struct pb_strv *formats,
			 struct pb_strv *written, struct pb_err *err)
{
	int rc = 0;

	for (size_t i = 0; pb_reports[i] && rc == 0; i++) {
		if (!wanted(formats, pb_reports[i]->name))
			continue;
		rc = pb_reports[i]->write(in, err);
		if (rc == 0 && pb_strv_add(written, pb_lang_file(pb_reports[i]->file).s))
			rc = pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	}
	return rc;
}

int pb_stage_report(const char *dir, const struct pb_strv *formats, const char *lang, struct pb_strv *written,
		    struct pb_err *err)
{
	struct pb_findings fs = {0};
	struct pb_rundir d = {.fd = -1};
	struct pb_report_input in = {.dir = &d, .findings = &fs};
	int rc = check_formats(formats, err);

	if (rc == 0)
		rc = pb_lang_use(lang, err);
	if (rc == 0)
		rc = pb_rundir_open(&d, dir, err);
	if (rc < 0) {
		pb_lang_use(NULL, NULL);
		return rc;
	}
	rc = read_findings(&d, &fs, err);
	if (rc == 0) {
		pb_translate_findings(&fs);
		pb_translate_manifest(d.manifest);
		rc = write_reports(&in, formats, written, err);
	}
	pb_lang_use(NULL, NULL);
	pb_rundir_close(&d);
	pb_findings_fini(&fs);
	return rc;
}

static void note(void *arg, const char *text)
{
	const struct pb_cli *cli = arg;

	pb_ui_line(&cli->ui, "%s", text);
}

int pb_stage_orphans(struct pb_cli *cli, struct pb_err *err)
{
	return pb_rollback_orphans(&cli->root, note, cli, err);
}
