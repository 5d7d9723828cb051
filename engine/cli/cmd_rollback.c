/*
 * passbench rollback: puts back what the undo logs still hold.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/run/undo.h"

static int one_log(struct pb_cli *cli, const char *dir, const char *sub, int *total, struct pb_err *err)
{
	char path[PATH_MAX];
	int n;

	snprintf(path, sizeof(path), "%s%s%s/undo.log", dir, sub[0] ? "/tune/" : "", sub);
	n = pb_rollback(&cli->root, path, true, err);
	if (n > 0) {
		pb_ui_line(&cli->ui, "%s: restored %d change(s)", path, n);
		*total += n;
	}
	return n < 0 ? n : 0;
}

static int roll_dir(struct pb_cli *cli, const char *dir, int *total, struct pb_err *err)
{
	struct pb_strv subs = {0};
	struct pb_root at = {.fd = -1};
	int rc = pb_root_open(&at, dir, err), later;

	if (rc < 0)
		return rc;
	pb_root_list(&at, &subs, "/tune");
	for (size_t i = subs.n; i-- > 0;) { /* newest first; go on after a failure */
		later = one_log(cli, dir, subs.v[i], total, err);
		rc = rc == 0 ? later : rc;
	}
	later = one_log(cli, dir, "", total, err);
	pb_strv_fini(&subs);
	pb_root_close(&at);
	return rc == 0 ? later : rc;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {{0}};
	char **rest;
	int n, total = 0, rc = pb_options_parse(cli, argc, argv, "[DIR]", opts, 0, 1, &rest, &n, err);

	if (rc != 0)
		return rc;
	rc = n ? roll_dir(cli, rest[0], &total, err) : pb_stage_orphans(cli, err);
	if (rc == 0 && n)
		printf("%d change(s) restored\n", total);
	return rc;
}

const struct pb_command pb_command_rollback = {"rollback", "restore the host after a tune or a killed run",
					       run};
