/*
 * passbench compare: runs before a change against runs after it, as a gate for CI. Reads run directories,
 * writes what it is asked to write, measures nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/cli/cli.h"
#include "engine/cli/compare_forms.h"
#include "engine/lib/replace.h"

/* "5%", "0.5 %", "5": percent. */
static int parse_percent(const char *text, double *share, struct pb_err *err)
{
	char *end;
	double v = strtod(text, &end);

	while (*end == ' ' || *end == '%')
		end++;
	if (end == text || *end || !(v >= 0 && v <= 100))
		return pb_fail(err, PB_USAGE, EINVAL, "--min-effect %.40s: 0%% to 100%%", text);
	*share = v / 100;
	return 0;
}

static int parse_alpha(const char *text, double *alpha, struct pb_err *err)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v > 0 && v <= 0.5))
		return pb_fail(err, PB_USAGE, EINVAL, "--alpha %.40s: above 0 and at most 0.5 (default %g)",
			       text, PB_COMPARE_ALPHA);
	*alpha = v;
	return 0;
}

/* A file that was there stays whole when this fails. */
static int put_file(const char *path, const struct pb_buf *b, struct pb_err *err)
{
	FILE *f = pb_replace_begin(AT_FDCWD, path, err);

	if (!f)
		return -EIO;
	fwrite(b->data, 1, b->len, f); /* commit reports a latched error */
	return pb_replace_commit(AT_FDCWD, f, path, err);
}

static const char *utc_now(char text[32])
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return text;
}

static int write_files(const struct pb_comparison *c, const char *junit, const char *markdown,
		       struct pb_err *err)
{
	struct pb_buf b = {0};
	char now[32];
	int rc = 0;

	if (junit) {
		rc = pb_compare_junit(&b, c, utc_now(now));
		rc = rc < 0 ? rc : put_file(junit, &b, err);
	}
	pb_buf_clear(&b);
	if (rc == 0 && markdown) {
		rc = pb_compare_markdown(&b, c);
		rc = rc < 0 ? rc : put_file(markdown, &b, err);
	}
	pb_buf_fini(&b);
	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "cannot write the result: %s", strerror(-rc)) : 0;
}

static int print(const struct pb_cli *cli, const struct pb_comparison *c, const struct pb_arm *base,
		 const struct pb_arm *new_arm, struct pb_err *err)
{
	struct pb_buf b = {0};
	json_t *j;
	int rc;

	if (!cli->json) {
		rc = pb_compare_text(&b, c);
		if (rc == 0)
			fputs(b.data, stdout);
		pb_buf_fini(&b);
		return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "out of memory") : 0;
	}
	j = pb_compare_json(c, base, new_arm);
	rc = j ? json_dumpf(j, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(12)) : -1;
	putchar('\n');
	json_decref(j);
	return rc < 0 ? pb_fail(err, PB_MISSING, ENOMEM, "cannot print the comparison") : 0;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	const char *min_effect = NULL, *alpha = NULL, *junit = NULL, *markdown = NULL;
	const struct pb_option opts[] = {
		{.name = "min-effect",
		 .arg = "PCT",
		 .help = "smallest change that matters (5%)",
		 .text = &min_effect},
		{.name = "alpha", .arg = "P", .help = "false discovery rate (0.01)", .text = &alpha},
		{.name = "junit",
		 .arg = "FILE",
		 .help = "write JUnit XML, one case per metric",
		 .text = &junit},
		{.name = "markdown",
		 .arg = "FILE",
		 .help = "write a summary for a pull request",
		 .text = &markdown},
		{0},
	};
	struct pb_arm base = {0}, new_arm = {0};
	struct pb_comparison c = {0};
	double share = PB_COMPARE_MIN_EFFECT, level = PB_COMPARE_ALPHA;
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "BASE NEW", opts, 2, 2, &rest, &n, err);

	if (rc == 0 && min_effect)
		rc = parse_percent(min_effect, &share, err);
	if (rc == 0 && alpha)
		rc = parse_alpha(alpha, &level, err);
	if (rc == 0) {
		pb_ui_progress(&cli->ui, NAN, -1, "reading %s and %s", rest[0], rest[1]);
		rc = pb_arm_read(&base, rest[0], err);
	}
	if (rc == 0)
		rc = pb_arm_read(&new_arm, rest[1], err);
	if (rc == 0)
		rc = pb_arm_disjoint(&base, &new_arm, err);
	if (rc == 0) {
		pb_ui_progress(&cli->ui, NAN, -1, "comparing %s with %s", rest[0], rest[1]);
		rc = pb_compare_arms(&c, &base, &new_arm, level, share, err);
	}
	pb_ui_clear(&cli->ui);
	if (rc == 0)
		rc = write_files(&c, junit, markdown, err);
	if (rc == 0)
		rc = print(cli, &c, &base, &new_arm, err);
	if (rc == 0)
		rc = (int)pb_comparison_status(&c);
	pb_comparison_fini(&c);
	pb_arm_fini(&base);
	pb_arm_fini(&new_arm);
	return rc;
}

const struct pb_command pb_command_compare = {"compare", "runs against runs: did it get worse?", run};
