/*
 * The command line: one file per subcommand and one line in commands.def.
 * This is the only place that prints and chooses the exit status.
 */
#ifndef PB_CLI_CLI_H
#define PB_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/lib/findings.h"
#include "engine/lib/sysfs.h"
#include "engine/lib/ui.h"

struct pb_cli {
	struct pb_root root;
	/* Lines and progress on standard error; with --quiet neither. Before anything is printed to standard
	 * output: pb_ui_clear. */
	struct pb_ui ui;
	bool quiet, json;
	int argc; /* the whole command line */
	char **argv;
};

struct pb_command {
	const char *name, *help;
	/* 0, a positive exit status that needs no message, or -errno with err filled. */
	int (*run)(struct pb_cli *cli, int argc, char **argv, struct pb_err *err);
};

#define PB_COMMAND(id) extern const struct pb_command pb_command_##id;
#include "engine/cli/commands.def"
#undef PB_COMMAND

extern const struct pb_command *const pb_commands[]; /* NULL-terminated */

/* One option of a subcommand. Exactly one of the destinations is set. */
struct pb_option {
	const char *name; /* without the dashes */
	const char *arg;  /* name of its value in the help; NULL for a switch */
	const char *help;
	const char **text;
	bool *flag;
	struct pb_strv *list; /* comma separated, may be repeated */
};

#define PB_HELP_SHOWN 1000 /* pb_options_parse printed the help: leave with status 0 */

/*
 * Reads the options of `command` (and --root, --quiet, --json, --help, common to all). Ends the table with
 * name NULL. operands: what stands after the command in the usage line. The positional arguments are left in
 * *rest, *n_rest (min..max of them or PB_USAGE).
 */
int pb_options_parse(struct pb_cli *cli, int argc, char **argv, const char *operands,
		     const struct pb_option *opts, int min, int max, char ***rest, int *n_rest,
		     struct pb_err *err);

/* Stages that several commands share (stages.c). */
int pb_stage_analyze(const char *dir, struct pb_findings *fs,
		     struct pb_err *err); /* writes findings.json too */
/* Before it, with --against: notes in dir what the earlier run predicted (analyzers/predict_later.h). */
int pb_stage_against(const char *dir, const char *earlier, struct pb_err *err);
/* With --beside: what others measured at the same time (analyzers/beside.h). */
int pb_stage_beside(const char *dir, const struct pb_strv *others, struct pb_err *err);
int pb_stage_findings(const char *dir, struct pb_findings *fs, struct pb_err *err); /* reads findings.json */
/*
 * Writes the reports named in formats (empty = all) in a language (NULL = English). Appends to `written` the
 * files a person opens, relative to dir, the first one first.
 */
int pb_stage_report(const char *dir, const struct pb_strv *formats, const char *lang, struct pb_strv *written,
		    struct pb_err *err);
/* Refuses an id that no rule has, and prints the known ones. */
int pb_stage_rules(const struct pb_strv *ids, struct pb_err *err);
void pb_print_findings(const struct pb_findings *fs);
/* Puts back what killed runs left; says so. */
int pb_stage_orphans(struct pb_cli *cli, struct pb_err *err);

#endif
