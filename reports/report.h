/*
 * What a report format is: a function from a run directory with findings to files in its report/ folder.
 * One file per format and one line in reports.def.
 */
#ifndef PB_REPORTS_REPORT_H
#define PB_REPORTS_REPORT_H

#include "engine/lib/findings.h"
#include "engine/lib/rundir.h"

struct pb_report_input {
	struct pb_rundir *dir; /* opened for reading; manifest inside */
	const struct pb_findings *findings;
};

struct pb_report {
	const char *name; /* "html" */
	const char *help;
	const char *
		file; /* the file a person opens in English: "report/index.html"; pb_lang_file names others */
	/* Writes report/... ; an existing report stays whole when this fails. */
	int (*write)(const struct pb_report_input *in, struct pb_err *err);
};

#define PB_REPORT(id) extern const struct pb_report pb_report_##id;
#include "reports/reports.def"
#undef PB_REPORT

extern const struct pb_report *const pb_reports[]; /* NULL-terminated */

#endif
