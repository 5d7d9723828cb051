/*
 * Findings as text.
 */
#include <stdio.h>

#include "engine/cli/cli.h"

static void print_list(const char *label, const struct pb_strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		printf("    %-8s %s\n", i ? "" : label, list->v[i]);
}

static void print_evidence(const struct pb_evidence *e)
{
	printf("    evidence %s (%s%s%s)\n", e->text, e->file, e->column[0] ? ", column " : "", e->column);
}

void pb_print_findings(const struct pb_findings *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct pb_finding *f = fs->v[i];

		printf("%-8s %s [%s]\n", pb_severity_name(f->severity), f->title, f->rule);
		if (f->what[0])
			printf("    %s\n", f->what);
		for (size_t k = 0; k < f->n_evidence; k++)
			print_evidence(&f->evidence[k]);
		print_list("apply", &f->apply);
		print_list("undo", &f->undo);
		print_list("verify", &f->verify);
		print_list("missing", &f->missing);
	}
}
