/*
 * passbench rollback: puts back what the undo logs still hold.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "engine/cli/cli.h"
#include "engine/run/host/undo.h"

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int one_log(struct pb_cli *cli, const char *dir, int *total, struct pb_err *err)
{
	char path[PATH_MAX];
	int n;

	snprintf(path, sizeof(path), "%s/undo.log", dir);
	n = pb_rollback(&cli->root, path, true, err);
	if (n > 0) {
		pb_ui_line(&cli->ui, "%s: restored %d change(s)", path, n);
		*total += n;
	}
	return n < 0 ? n : 0;
}

static int roll_dir(struct pb_cli *cli, const char *dir, int *total, struct pb_err *err);

/* Sessions that were made for this one, newest first; goes on after a failure. */
static int roll_below(struct pb_cli *cli, const char *dir, const char *sub, int *total, struct pb_err *err)
{
	struct pb_strv names = {0};
	struct pb_root at = {.fd = -1};
	char path[PATH_MAX];
	int rc = pb_root_open(&at, dir, err), later;

	if (rc < 0)
		return rc;
	pb_root_list(&at, &names, "/%s", sub);
	for (size_t i = names.n; i-- > 0;) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s/%s", dir, sub, names.v[i]) >= sizeof(path) ||
		    !is_dir(path))
			continue;
		later = roll_dir(cli, path, total, err);
		rc = rc == 0 ? later : rc;
	}
	pb_strv_fini(&names);
	pb_root_close(&at);
	return rc;
}

/* tune/N-RULE, below that visits/P-ARM, and paths/R-ARM are what makes sessions of their own. */
static int roll_dir(struct pb_cli *cli, const char *dir, int *total, struct pb_err *err)
{
	static const char *const subs[] = {"visits", "tune", "paths"};
	int rc = 0, later;

	for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		char path[PATH_MAX];

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, subs[i]) >= sizeof(path) ||
		    !is_dir(path))
			continue;
		later = roll_below(cli, dir, subs[i], total, err);
		rc = rc == 0 ? later : rc;
	}
	later = one_log(cli, dir, total, err);
	return rc == 0 ? later : rc;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {{0}};
	char **rest;
	int n, total = 0, rc = pb_options_parse(cli, argc, argv, "[DIR]", opts, 0, 1, &rest, &n, err);

	if (rc != 0)
		return rc;
	if (n && !is_dir(rest[0]))
		return pb_fail(err, PB_USAGE, ENOENT, "%s is no run directory", rest[0]);
	rc = n ? roll_dir(cli, rest[0], &total, err) : pb_stage_orphans(cli, err);
	if (rc == 0 && n)
		printf("%d change(s) restored\n", total);
	return rc;
}

const struct pb_command pb_command_rollback = {"rollback", "restore the host after a tune or a killed run",
					       run};
