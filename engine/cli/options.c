/*
 * Options of subcommands from tables: getopt_long reads them, --help prints them.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"

#define MAX_OPTIONS 32

static void print_option(const struct pb_option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	printf("  %-26s %s\n", left, o->help);
}

static void print_help(const char *command, const char *operands, const struct pb_option *opts,
		       const struct pb_option *shared)
{
	printf("usage: passbench %s%s%s%s\n\n", command, opts->name ? " [OPTIONS]" : "",
	       operands[0] ? " " : "", operands);
	for (; opts->name; opts++)
		print_option(opts);
	for (; shared->name; shared++)
		print_option(shared);
}

static int add_list(struct pb_strv *list, const char *text, struct pb_err *err)
{
	char copy[1024], *save = NULL;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return pb_fail(err, PB_USAGE, EINVAL, "the list '%.40s...' is too long", text);
	for (char *item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save))
		if (pb_strv_add(list, item) < 0)
			return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	return 0;
}

static int take(const struct pb_option *o, const char *value, struct pb_err *err)
{
	if (o->flag)
		*o->flag = true;
	if (o->text)
		*o->text = value;
	return o->list ? add_list(o->list, value, err) : 0;
}

static size_t fill_long(struct option *lo, size_t n, const struct pb_option *opts)
{
	for (; opts->name && n < MAX_OPTIONS; opts++, n++)
		lo[n] = (struct option){
			.name = opts->name, .has_arg = opts->arg ? required_argument : no_argument, .val = 0};
	return n;
}

static const struct pb_option *nth(size_t at, const struct pb_option *opts, const struct pb_option *shared)
{
	for (; opts->name; opts++)
		if (at-- == 0)
			return opts;
	return &shared[at];
}

static const struct pb_option *find(const struct pb_option *opts, const char *name)
{
	for (; opts->name; opts++)
		if (!strcmp(opts->name, name))
			return opts;
	return NULL;
}

int pb_options_parse(struct pb_cli *cli, int argc, char **argv, const char *operands,
		     const struct pb_option *opts, int min, int max, char ***rest, int *n_rest,
		     struct pb_err *err)
{
	const char *root = NULL;
	bool help = false;
	const struct pb_option shared[] = {
		{.name = "root",
		 .arg = "DIR",
		 .help = "read /proc and /sys below DIR (a recorded machine)",
		 .text = &root},
		{.name = "json", .help = "print the result as JSON", .flag = &cli->json},
		{.name = "quiet", .help = "no progress, only results and errors", .flag = &cli->quiet},
		{.name = "help", .help = "this text", .flag = &help},
		{0},
	};
	struct option lo[MAX_OPTIONS + 1] = {0};
	int which, ch, rc = 0;

	fill_long(lo, fill_long(lo, 0, opts), shared);
	optind = 0;
	opterr = 0;
	while (rc == 0 && (ch = getopt_long(argc, argv, ":o:", lo, &which)) != -1) {
		const struct pb_option *o = ch == 'o' ? find(opts, "out") : NULL;

		if (ch != 0 && !o)
			return pb_fail(err, PB_USAGE, EINVAL,
				       "%s: %s '%s'; passbench %s --help lists the options", argv[0],
				       ch == ':' ? "a value is missing after" : "no such option",
				       argv[optind - 1], argv[0]);
		rc = take(o ? o : nth((size_t)which, opts, shared), optarg, err);
	}
	if (rc < 0)
		return rc;
	if (help) {
		print_help(argv[0], operands, opts, shared);
		return PB_HELP_SHOWN;
	}
	*rest = argv + optind;
	*n_rest = argc - optind;
	if (*n_rest < min || *n_rest > max)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "usage: passbench %s [OPTIONS] %s (passbench %s --help)", argv[0], operands,
			       argv[0]);
	if (cli->quiet)
		cli->ui = (struct pb_ui){0};
	return pb_root_open(&cli->root, root, err);
}
