/*
 * What limits: one finding that names the resource that is used up, by asking the classes of
 * limit_classes.c in order. It recommends nothing by itself, and it says what it could not look at.
 */
#include "analyzers/limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "engine/lib/json.h"

#define FAMILY "limit"
#define CLASSES 16

/* docs/rules.md R-Q2: a point whose upper bound reaches this share of the largest is on the plateau */
#define PLATEAU 0.95
/* [ours] as many classes not looked at make a conclusion that rests on exclusion doubtful */
#define UNKNOWN_MANY 3

/* The deepest point on the plateau: a queue in front of a resource that is used up keeps it so. */
static const struct pb_point *plateau_end(const struct pb_sweep *s)
{
	const struct pb_point *top = pb_sweep_top(s), *at = top;

	for (unsigned i = 0; i < s->n; i++)
		if (fmax(s->p[i].iops, s->p[i].iops_hi) >= PLATEAU * top->iops && s->p[i].depth > at->depth)
			at = &s->p[i];
	return at;
}

static void read_exits(struct pb_limit *l)
{
	static const char *const columns[] = {"irq_exits", "halt_exits", "mmio_exits"};
	const struct pb_table *t = pb_run_table(l->run, "host/kvm.csv");

	l->exits = columns[0];
	l->exits_per_io = NAN;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		double per_io = pb_kvm_rate(t, columns[i], l->at->t0_ns, l->at->t1_ns) / l->at->iops;

		if (isnan(per_io) || per_io <= l->exits_per_io)
			continue;
		l->exits_per_io = per_io;
		l->exits = columns[i];
	}
}

static int limit_read(struct pb_limit *l, struct pb_run *run)
{
	const char *path = pb_run_path(run);
	const char *backend = pb_json_str(pb_run_section(run, "guest"), "backend", "");

	l->run = run;
	l->lab = json_is_true(json_object_get(pb_run_section(run, "host"), "lab"));
	l->virtio = strncmp(path, "virtio", 6) == 0;
	l->local = strcmp(path, "local") == 0;
	l->polling = strstr(backend, "poll") != NULL;
	pb_sweep_read(&l->s, run);
	pb_sweep_valid(&l->s);
	l->at = l->s.n ? plateau_end(&l->s) : NULL;
	if (!l->at)
		return 0;
	pb_solo_read(&l->solo, run, &l->s);
	pb_neighbours_read(&l->near, run, l->at->t0_ns, l->at->t1_ns);
	read_exits(l);
	return pb_load_read(&l->load, run, l->at->t0_ns, l->at->t1_ns);
}

/* Asks the classes until one says yes; v[] has the answers so far. Index of the limit, or -1. */
static int ask(struct pb_limit *l, struct pb_limit_verdict *v, int *limit)
{
	*limit = -1;
	for (int i = 0; i < CLASSES && pb_limit_classes[i].name; i++) {
		int ret;

		v[i] = (struct pb_limit_verdict){.answer = PB_LIMIT_UNKNOWN, .confidence = "high"};
		if (i > 0 && !l->at)
			return 0; /* without a valid window only the first class has something to say */
		ret = pb_limit_classes[i].test(l, &v[i]);
		if (ret < 0)
			return ret;
		if (v[i].answer == PB_LIMIT_YES) {
			*limit = i;
			return 0;
		}
	}
	return 0;
}

/* "device" and "depth" are concluded from the others' silence: what did not answer weakens them. */
static const char *confidence(const struct pb_limit_verdict *v, int limit)
{
	const char *name = pb_limit_classes[limit].name;
	int unknown = 0;

	for (int i = 0; i < limit; i++)
		unknown += v[i].answer == PB_LIMIT_UNKNOWN;
	if (strcmp(name, "device") != 0 && strcmp(name, "depth") != 0)
		return v[limit].confidence;
	if (unknown >= UNKNOWN_MANY)
		return "low";
	return unknown ? "medium" : v[limit].confidence;
}

static bool class_before(int at)
{
	for (int i = 0; i < at; i++)
		if (strcmp(pb_limit_classes[i].name, pb_limit_classes[at].name) == 0)
			return true;
	return false;
}

static void say_params(struct pb_finding *f, const struct pb_limit *l, const struct pb_limit_verdict *v,
		       int limit, int asked)
{
	json_t *unknown = json_array(), *no = json_array();

	for (int i = 0; i < asked; i++) {
		/* a class may be asked twice: its first answer stands */
		if (class_before(i))
			continue;
		if (v[i].answer == PB_LIMIT_UNKNOWN)
			json_array_append_new(unknown, json_string(pb_limit_classes[i].name));
		if (v[i].answer == PB_LIMIT_NO)
			json_array_append_new(no, json_string(pb_limit_classes[i].name));
	}
	f->params = json_pack("{s:s,s:s,s:o,s:o,s:o}", "kind", "limit", "class",
			      limit >= 0 ? pb_limit_classes[limit].name : "unknown", "depth",
			      l->at ? json_integer(l->at->depth) : json_null(), "excluded", no, "unknown",
			      unknown);
}

static void say_limit(struct pb_finding *f, const struct pb_limit *l, const struct pb_limit_verdict *v,
		      int limit)
{
	int asked = 0;

	while (pb_limit_classes[asked].name && (limit < 0 || asked <= limit) && (l->at || asked < 1))
		asked++;
	if (limit >= 0)
		pb_say_fact(f, &v[limit].fact, "%s", v[limit].text);
	for (int i = 0; i < asked; i++) {
		if (v[i].answer == PB_LIMIT_UNKNOWN && v[i].missing[0])
			pb_say_missing(f, "%s", v[i].missing);
		if (v[i].answer == PB_LIMIT_NO && i != limit)
			pb_say_fact(f, &v[i].fact, "not %s: %s", pb_limit_classes[i].name, v[i].text);
	}
	say_params(f, l, v, limit, asked);
}

static int rule_limit(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_limit *l = calloc(1, sizeof(*l));
	struct pb_limit_verdict v[CLASSES] = {{.answer = PB_LIMIT_UNKNOWN}};
	struct pb_finding *f = NULL;
	int limit = -1, ret = l ? limit_read(l, run) : -ENOMEM;

	if (ret == 0)
		ret = ask(l, v, &limit);
	if (ret == 0 && limit < 0) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "What limits cannot be told from this run");
		pb_say_nature(f, "low", NULL, NULL);
		pb_say_what(
			f,
			"No resource that was looked at is used up, and the curve is too short to say more.");
	} else if (ret == 0) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "%s", v[limit].title);
		pb_say_nature(f, confidence(v, limit), NULL, NULL);
		pb_say_what(f,
			    "Asked in order, first what is used up wins: validity, link, shared link, "
			    "submitting CPU, QEMU's I/O thread, completing CPU, exits, queues, neighbours, "
			    "the disk. %s",
			    pb_limit_classes[limit].then);
	}
	if (ret == 0 && f)
		say_limit(f, l, v, limit);
	free(l);
	return ret;
}

static const struct pb_rule rules[] = {
	{"limit", "the resource that is used up, by exclusion in a fixed order", "vfio,virtio-blk,local",
	 "docs/rules.md limit", rule_limit},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_limit = {
	.name = FAMILY,
	.help = "what limits: link, CPU, exits, queues, neighbours or the disk",
	.rules = rules,
};
