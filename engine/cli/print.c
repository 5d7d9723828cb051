/*
 * What the user sees while a command works, and findings as text.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/cli/cli.h"

#define PLAIN_S 10

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void line(void *arg, const char *text)
{
	struct pb_cli *cli = arg;

	if (cli->quiet)
		return;
	pb_cli_progress_end(cli);
	fprintf(stderr, "%s\n", text);
	cli->said_ns = now_ns();
}

static void print_left(double left_s)
{
	if (left_s >= 0)
		fprintf(stderr, ", %.0f s left", left_s);
}

/* Where nothing can be redrawn: a line when nothing has been said for a while. */
static void plain(struct pb_cli *cli, const char *text, double share, double left_s)
{
	int64_t now = now_ns();

	if (!cli->said_ns)
		cli->said_ns = now;
	if (now - cli->said_ns < PLAIN_S * INT64_C(1000000000))
		return;
	fprintf(stderr, "%3.0f%% %s", 100 * share, text);
	print_left(left_s);
	fputc('\n', stderr);
	cli->said_ns = now;
}

/* One line, redrawn in place, on a terminal. */
static void progress(void *arg, const char *text, double share, double left_s)
{
	struct pb_cli *cli = arg;
	char bar[21];
	int full = (int)lround(fmin(fmax(share, 0), 1) * 20);

	if (cli->quiet)
		return;
	if (!cli->tty) {
		plain(cli, text, share, left_s);
		return;
	}
	for (int i = 0; i < 20; i++)
		bar[i] = i < full ? '#' : '.';
	bar[20] = '\0';
	fprintf(stderr, "\r\033[K[%s] %3.0f%% %s", bar, 100 * share, text);
	print_left(left_s);
	fflush(stderr);
	cli->progress_open = true;
}

void pb_cli_ui(struct pb_cli *cli)
{
	cli->ui = (struct pb_ui){.arg = cli, .line = line, .progress = progress};
}

void pb_cli_progress_end(struct pb_cli *cli)
{
	if (cli->progress_open)
		fputs("\r\033[K", stderr);
	cli->progress_open = false;
}

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
