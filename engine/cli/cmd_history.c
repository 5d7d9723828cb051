/*
 * passbench history: results over time. Finds the verb; each is in a file history_*.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/history_verbs.h"

static const struct {
	const char *name, *help, *whole;
	int (*run)(struct pb_history_request *q, int argc, char **argv, struct pb_err *err);
} verbs[] = {
	{"add", "add runs to the history", "history add", pb_history_add},
	{"list", "the series and their runs", "history list", pb_history_list},
	{"show", "one run, or one number over all runs", "history show", pb_history_show},
	{"changes", "where the numbers changed their level", "history changes", pb_history_changes},
	{"plot", "a number over time, as SVG", "history plot", pb_history_plot},
	{"export", "everything as CSV, with --json as JSON", "history export", pb_history_export},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_verbs(void)
{
	puts("usage: passbench history VERB [OPTIONS]\n");
	for (size_t i = 0; i < N_VERBS; i++)
		printf("  %-8s %s\n", verbs[i].name, verbs[i].help);
	puts("\n'passbench history VERB --help' lists its options.");
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct pb_history_request q = {.cli = cli};
	char **own;
	int rc = -EINVAL;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))) {
		print_verbs();
		return 0;
	}
	for (size_t i = 0; i < N_VERBS && argc > 1; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		/* The options' messages begin with the first argument. */
		own = calloc((size_t)argc, sizeof(*own));
		if (!own)
			return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
		memcpy(own, argv + 1, (size_t)(argc - 1) * sizeof(*own));
		own[0] = (char *)verbs[i].whole;
		rc = verbs[i].run(&q, argc - 1, own, err);
		free(own);
		return rc;
	}
	return pb_fail(err, PB_USAGE, EINVAL,
		       "history %s: say add, list, show, changes, plot or export (passbench history --help)",
		       argc > 1 ? argv[1] : "what?");
}

const struct pb_command pb_command_history = {
	"history", "results over time: add, list, show, changes, plot, export", run};
