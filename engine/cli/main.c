/*
 * passbench: finds the subcommand, runs it, prints the one error, leaves with
 * the documented status.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/cli/terminal.h"
#include "engine/run/host/stop.h"

const struct pb_command *const pb_commands[] = {
#define PB_COMMAND(id) &pb_command_##id,
#include "engine/cli/commands.def"
#undef PB_COMMAND
	NULL,
};

static void usage(FILE *f)
{
	fputs("usage: passbench COMMAND [OPTIONS]\n"
	      "Measures disks passed through to virtual machines, explains what limits them, proves the "
	      "fix.\n\n",
	      f);
	for (size_t i = 0; pb_commands[i]; i++)
		fprintf(f, "  %-9s %s\n", pb_commands[i]->name, pb_commands[i]->help);
	fputs("\n'passbench COMMAND --help' lists its options. Exit status: 0 done, 1 regression found, 2 "
	      "bad usage or\n"
	      "input, 3 refused as unsafe, 4 measurement not valid, 5 something is missing on this machine,\n"
	      "130 interrupted.\n",
	      f);
}

static const struct pb_command *find_command(const char *name)
{
	for (size_t i = 0; pb_commands[i]; i++)
		if (!strcmp(pb_commands[i]->name, name))
			return pb_commands[i];
	return NULL;
}

static int exit_status(int rc, const struct pb_err *err)
{
	if (rc == PB_HELP_SHOWN)
		return 0;
	if (rc >= 0)
		return rc;
	return err->status != PB_OK ? (int)err->status : PB_MISSING;
}

int main(int argc, char **argv)
{
	struct pb_cli cli = {.argc = argc, .argv = argv, .root = {.fd = -1}};
	struct pb_err err = PB_ERR_INIT;
	const struct pb_command *command;
	struct pb_terminal *terminal;
	int rc;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(argc < 2 ? stderr : stdout);
		return argc < 2 ? PB_USAGE : 0;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("passbench " PB_VERSION);
		return 0;
	}
	command = find_command(argv[1]);
	if (!command) {
		fprintf(stderr, "passbench: no command '%s'; passbench --help lists them\n", argv[1]);
		return PB_USAGE;
	}
	pb_stop_install();
	terminal = pb_terminal_new(STDERR_FILENO, pb_terminal_mode_of(STDERR_FILENO));
	cli.ui = pb_terminal_ui(terminal);
	rc = command->run(&cli, argc - 1, argv + 1, &err);
	pb_terminal_free(terminal);
	if (rc < 0)
		fprintf(stderr, "passbench: %s\n", err.msg[0] ? err.msg : strerror(-rc));
	pb_root_close(&cli.root);
	if (rc >= 0 && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "passbench: cannot write the result: %s\n", strerror(errno));
		return PB_MISSING;
	}
	return exit_status(rc, &err);
}
