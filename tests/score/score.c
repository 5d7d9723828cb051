/*
 * score B OUT [quick | SCENARIO...]: runs scenarios of the lab whose truth is known, analyzes what they
 * measured and prints a table: expected, found, right or wrong, and how many of all are right. Results and
 * logs stay in OUT/SCENARIO. Exit status 0 when at least 95% are right, of a subset when all are.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/lab/judge.h"
#include "engine/lib/buf.h"
#include "engine/lib/remove_tree.h"
#include "engine/run/host/spawn.h"
#include "engine/run/host/stop.h"

/* A scenario takes 40 s, 200 s on a machine with six times as much to do as it can; an emulated machine that
 * hung is started anew after two minutes of silence. */
#define SCENARIO_S 500
/* The subset may take ten minutes: on a machine that is busy otherwise, what would start later is left out.
 */
#define QUICK_S 450
/* The project's own target. */
#define RIGHT_SHARE 0.95

struct score {
	char passbench[PATH_MAX], out[PATH_MAX];
	unsigned run, right;
};

static bool is_scored(const struct pb_scenario *s, int n, char **names)
{
	if (!s->expect)
		return false;
	if (n == 0 || !strcmp(names[0], "quick"))
		return n == 0 || s->quick;
	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], s->name))
			return true;
	return false;
}

/* The machine, and inside it one run. What a start before this one left, in a machine that hung, is removed.
 */
static int build_argv(struct pb_strv *argv, const struct score *sc, const struct pb_scenario *s,
		      const char *dir)
{
	static const char once[] = "rm -rf \"$0/run\"; exec \"$@\" --out \"$0/run\"";
	static const char twice[] =
		"rm -rf \"$0/run\" \"$0/solo\"; \"$@\" --out \"$0/solo\" || exit; rm /run/lab/alone; "
		"for i in $(seq 300); do [ ! -e /run/lab/beside ] || break; sleep 0.2; done; [ -e "
		"/run/lab/beside ] || exit 5; "
		"exec \"$@\" --solo \"$0/solo\" --out \"$0/run\"";
	const char *const lab[] = {sc->passbench,
				   "lab",
				   "run",
				   "--again",
				   "--scenario",
				   s->name,
				   "--out",
				   dir,
				   s->solo ? "--alone" : NULL,
				   "--",
				   "sh",
				   "-c",
				   s->solo ? twice : once,
				   dir,
				   sc->passbench,
				   "run"};
	int rc = 0;

	for (size_t i = 0; i < sizeof(lab) / sizeof(lab[0]) && rc == 0; i++)
		if (lab[i])
			rc = pb_strv_add(argv, lab[i]);
	return rc < 0 ? rc : pb_scenario_options(s, argv);
}

static int spawn_lab(const struct pb_strv *argv, FILE *log, struct pb_err *err)
{
	const char **list = calloc(argv->n + 1, sizeof(*list));
	struct pb_spawn spawn = {.argv = list, .log_fd = fileno(log)};
	struct pb_child child;
	int rc;

	if (!list)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	for (size_t i = 0; i < argv->n; i++)
		list[i] = argv->v[i];
	rc = pb_spawn(&child, &spawn, err);
	free(list);
	if (rc < 0)
		return rc;
	rc = pb_child_wait(&child, SCENARIO_S * 1000);
	pb_child_stop(&child, 5000);
	return rc < 0 ? pb_fail(err, PB_MISSING, ETIMEDOUT, "stopped after %d s", SCENARIO_S) : 0;
}

/* A run that is not valid is a diagnosis too: what counts is whether it can be analyzed. */
static int measure(const struct score *sc, const struct pb_scenario *s, const char *dir,
		   struct pb_findings *fs, struct pb_err *err)
{
	struct pb_strv argv = {0};
	char path[PATH_MAX + 16];
	FILE *log;
	int rc;

	pb_remove_tree(dir);
	if (mkdir(dir, 0755) < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", dir, strerror(errno));
	snprintf(path, sizeof(path), "%s/log", dir);
	log = fopen(path, "we");
	if (!log)
		return pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", path, strerror(errno));
	rc = build_argv(&argv, sc, s, dir);
	rc = rc < 0 ? pb_fail(err, PB_MISSING, -rc, "out of memory") : spawn_lab(&argv, log, err);
	fclose(log);
	pb_strv_fini(&argv);
	snprintf(path, sizeof(path), "%s/run", dir);
	rc = rc < 0 ? rc : pb_stop_check(err);
	return rc < 0 ? rc : pb_stage_analyze(path, fs, err);
}

static int score_one(struct score *sc, const struct pb_scenario *s)
{
	char dir[PATH_MAX], expect[128];
	struct pb_findings fs = {0};
	struct pb_err err = PB_ERR_INIT;
	struct pb_buf found = {0};
	time_t start = time(NULL);
	bool right;
	int rc = snprintf(dir, sizeof(dir), "%s/%s", sc->out, s->name) < (int)sizeof(dir)
			 ? measure(sc, s, dir, &fs, &err)
			 : pb_fail(&err, PB_USAGE, ENAMETOOLONG, "the path %s is too long", sc->out);

	right = rc == 0 && pb_lab_judge(s, &fs, &found);
	snprintf(expect, sizeof(expect), "%s%s%s", s->expect, s->limit ? " limit=" : "",
		 s->limit ? s->limit : "");
	printf("%-16s %-28s %-28s %-5s %4lld s%s%s\n", s->name, expect, rc == 0 ? found.data : "no result",
	       right ? "right" : "WRONG", (long long)(time(NULL) - start), rc < 0 ? "  " : "",
	       rc < 0 ? err.msg : "");
	fflush(stdout);
	sc->run++;
	sc->right += right;
	pb_findings_fini(&fs);
	pb_buf_fini(&found);
	return err.status == PB_INTERRUPTED ? rc : 0;
}

/* Every name must be one of a scored scenario. */
static int check_names(int n, char **names)
{
	for (int i = 0; i < n; i++) {
		const struct pb_scenario *s = pb_scenario_find(names[i]);

		if ((s && s->expect) || (n == 1 && !strcmp(names[i], "quick")))
			continue;
		fprintf(stderr, "score: no scenario %s; scored are:", names[i]);
		for (s = pb_scenarios; s->name; s++)
			if (s->expect)
				fprintf(stderr, " %s", s->name);
		fputc('\n', stderr);
		return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct score sc = {0};
	int n = argc - 3, rc = 0;
	time_t start = time(NULL);
	bool quick = n == 1 && !strcmp(argv[3], "quick");
	double needed;

	if (argc < 3) {
		fprintf(stderr, "usage: score B OUT [quick | SCENARIO...]\n");
		return PB_USAGE;
	}
	if (check_names(n, argv + 3) < 0)
		return PB_USAGE;
	if ((mkdir(argv[2], 0755) < 0 && errno != EEXIST) || !realpath(argv[2], sc.out) ||
	    !realpath(argv[1], sc.passbench) || strlen(sc.passbench) > sizeof(sc.passbench) - 16) {
		fprintf(stderr, "score: cannot use %s and %s: %s\n", argv[1], argv[2], strerror(errno));
		return PB_USAGE;
	}
	strcat(sc.passbench, "/passbench");
	pb_stop_install();
	printf("%-16s %-28s %-28s\n", "scenario", "expected", "found");
	for (const struct pb_scenario *s = pb_scenarios; s->name && rc == 0; s++)
		if (is_scored(s, n, argv + 3) && quick && time(NULL) - start > QUICK_S)
			printf("%-16s left out: %d s are over\n", s->name, QUICK_S);
		else if (is_scored(s, n, argv + 3))
			rc = score_one(&sc, s);
	printf("%u of %u right (%.0f%%)\n", sc.right, sc.run, sc.run ? 100.0 * sc.right / sc.run : 0);
	needed = n == 0 ? RIGHT_SHARE : 1;
	if (rc < 0)
		return PB_INTERRUPTED;
	return sc.run && sc.right >= needed * sc.run ? PB_OK : PB_REGRESSION;
}
