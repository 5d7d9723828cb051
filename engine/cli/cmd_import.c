/*
 * passbench import: another tool's result as a run directory.
 */
#include <errno.h>
#include <stdio.h>

#include "engine/cli/cli.h"
#include "engine/import/import.h"
#include "engine/run/host/stop.h"

#define FILES_MAX 1024

static int check_stop(void *arg, struct pb_err *err)
{
	(void)arg;
	return pb_stop_check(err);
}

static void progress(void *work, uint64_t bytes, uint64_t size)
{
	pb_ui_work_show(work, (double)bytes, (double)size, "importing");
}

static void print_result(const struct pb_cli *cli, const char *out, const struct pb_import_result *r)
{
	json_t *j;

	if (!cli->json) {
		printf("%s: %u steps, %llu rows of host counters", out, r->steps,
		       (unsigned long long)r->host_rows);
		if (r->skipped)
			printf(", %llu lines left out", (unsigned long long)r->skipped);
		putchar('\n');
		return;
	}
	j = json_pack("{s:s,s:i,s:I,s:I}", "dir", out, "steps", (int)r->steps, "host_rows",
		      (json_int_t)r->host_rows, "skipped_lines", (json_int_t)r->skipped);
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(j);
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct pb_ui_work work;
	struct pb_import_opts o = {
		.watch = {&work, check_stop, progress}, .command = cli->argv, .n_command = (size_t)cli->argc};
	const struct pb_option opts[] = {
		{.name = "out", .arg = "DIR", .help = "the run directory to make (also -o)", .text = &o.out},
		{.name = "format",
		 .arg = "F",
		 .help = "esxtop, fio, perfmon or sar; by each file's content when left out",
		 .text = &o.format},
		{.name = "disk",
		 .arg = "NAME",
		 .help = "the recorded disk that is meant, where several had I/O",
		 .text = &o.disk},
		{.name = "lenient",
		 .help = "leave lines out that cannot be used, and count them",
		 .flag = &o.lenient},
		{0},
	};
	struct pb_import_result r;
	char **files;
	int n, rc = pb_options_parse(cli, argc, argv, "FILE.. -o DIR", opts, 1, FILES_MAX, &files, &n, err);

	if (rc)
		return rc;
	if (!o.out)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "import: say where the run directory is to be made with -o DIR");
	o.files = files;
	o.n_files = (size_t)n;
	pb_ui_work_begin(&work, &cli->ui, 0);
	rc = pb_import(&o, &r, err);
	pb_ui_work_end(&work);
	if (rc)
		return rc;
	print_result(cli, o.out, &r);
	return 0;
}

const struct pb_command pb_command_import = {"import", "make a run directory of another tool's result", run};
