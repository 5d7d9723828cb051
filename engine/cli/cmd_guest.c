/*
 * passbench guest: puts agent and fio into an existing guest, and takes them away.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/run/guest/guest.h"
#include "engine/run/guest/install.h"

static void print_json(const char *guest, const char *dir, const struct pb_installed *done)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:s}", "guest", guest, "dir", dir, "agent", done->agent, "fio",
			      done->fio);

	json_dumpf(j, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(j);
}

static int install(struct pb_cli *cli, const struct pb_guest_spec *spec, struct pb_err *err)
{
	struct pb_installed done = {{0}, {0}};
	int rc = pb_install(&spec->ssh, &cli->ui, &done, err);

	pb_ui_clear(&cli->ui);
	if (rc < 0)
		return rc;
	if (cli->json) {
		print_json(spec->ssh.target, spec->ssh.dir, &done);
		return 0;
	}
	printf("%s: %s in %s\n%s: it uses %s\n", spec->ssh.target, done.agent, spec->ssh.dir,
	       spec->ssh.target, done.fio);
	return 0;
}

static int remove_it(const struct pb_guest_spec *spec, struct pb_err *err)
{
	int rc = pb_install_remove(&spec->ssh, err);

	if (rc < 0)
		return rc;
	printf("%s: %s %s\n", spec->ssh.target, spec->ssh.dir, rc ? "is removed" : "was not there");
	return 0;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {{0}};
	struct pb_guest_spec spec;
	bool add;
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "install|remove ssh:USER@HOST[:PORT][,key=FILE,..]",
				     opts, 2, 2, &rest, &n, err);

	if (rc != 0)
		return rc;
	add = !strcmp(rest[0], "install");
	if (!add && strcmp(rest[0], "remove") != 0)
		return pb_fail(err, PB_USAGE, EINVAL, "guest %s: say install or remove", rest[0]);
	rc = pb_guest_spec_parse(&spec, rest[1], NULL, err);
	if (rc < 0)
		return rc;
	if (strcmp(spec.kind->name, "ssh") != 0)
		return pb_fail(
			err, PB_USAGE, EINVAL,
			"guest %s: only guests that ssh reaches can be installed into; say ssh:USER@HOST",
			rest[0]);
	return add ? install(cli, &spec, err) : remove_it(&spec, err);
}

const struct pb_command pb_command_guest = {
	"guest", "install agent and fio into an existing guest, or remove them", run};
