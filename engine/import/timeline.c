/*
 * Integrates rates over the time between a recording's rows and writes the counters as CSV. Which of a tool's
 * columns is which input is known by the importers alone.
 */
#include "engine/import/timeline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/replace.h"

#define COLUMNS 12
#define NAME_MAX_BYTES 128
/* [ours] more than the largest hosts have; a damaged header must not take all memory */
#define ENTITIES_MAX 16384u
#define COUNTER_MAX 9e18

struct entity {
	enum pb_timeline_kind kind;
	char name[NAME_MAX_BYTES];
	uint32_t declared; /* bits by input */
	double in[PB_TL_INPUTS];
	bool begun;
	int64_t at_ns; /* of its last row */
	double total[COLUMNS];
	int64_t since_ns[COLUMNS]; /* until when the total is counted */
	/* disks: over the present file */
	struct pb_fold iops;
	int64_t t0_ns;
	double ios, bytes, failed, lat_ios, lat_area, queue_s, queue_area;
};

struct table {
	FILE *f;
	struct pb_csv csv;
	int64_t at_ns; /* of its last row */
	uint64_t rows;
	size_t n;
};

struct pb_timeline {
	struct pb_rundir *dir;
	char *only;
	struct entity **v;
	size_t n, cap, hint;
	struct table table[PB_TL_KINDS];
};

static const char *const files[PB_TL_KINDS] = {"host/cpu.csv", "host/threads.csv", "host/block.csv"};
static const char *const headers[PB_TL_KINDS] = {
	"t_ns,cpu,user_ns,nice_ns,system_ns,idle_ns,iowait_ns,irq_ns,softirq_ns,steal_ns,guest_ns,guest_nice_"
	"ns",
	"t_ns,pid,tid,role,name,run_ns,wait_ns,switches,last_cpu,allowed_cpus,user_ns,system_ns,guest_ns,"
	"voluntary_switches,involuntary_switches",
	"t_ns,block,role,reads,read_merges,read_bytes,read_ns,writes,write_merges,write_bytes,write_ns,"
	"inflight,"
	"io_ns,queue_ns,discards,discard_bytes,discard_ns,flushes,flush_ns",
};

/* Rates of a disk's counters, in this order. */
enum {
	D_READS,
	D_READ_BYTES,
	D_READ_NS,
	D_WRITES,
	D_WRITE_BYTES,
	D_WRITE_NS,
	D_IO_NS,
	D_QUEUE_NS,
	D_DISCARDED
};

static int fail_memory(struct pb_err *err)
{
	return pb_fail(err, PB_MISSING, ENOMEM, "importing: out of memory");
}

int pb_timeline_new(struct pb_timeline **t, struct pb_rundir *dir, const char *only, struct pb_err *err)
{
	struct pb_timeline *new = calloc(1, sizeof(*new));

	if (!new || (only && !(new->only = strdup(only)))) {
		free(new);
		return fail_memory(err);
	}
	new->dir = dir;
	*t = new;
	return 0;
}

void pb_timeline_free(struct pb_timeline *t)
{
	if (!t)
		return;
	for (int k = 0; k < PB_TL_KINDS; k++)
		if (t->table[k].f)
			pb_replace_cancel(t->dir->fd, t->table[k].f, files[k]);
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
	free(t->only);
	free(t);
}

static void forget_inputs(struct entity *e)
{
	for (int i = 0; i < PB_TL_INPUTS; i++)
		e->in[i] = NAN;
}

static void clear_sums(struct entity *e)
{
	e->iops = (struct pb_fold){0};
	e->declared = 0;
	e->begun = false;
	e->t0_ns = 0;
	e->ios = e->bytes = e->failed = e->lat_ios = e->lat_area = e->queue_s = e->queue_area = 0;
}

static int entity_new(struct pb_timeline *t, enum pb_timeline_kind kind, const char *name, struct pb_err *err)
{
	struct entity *e;

	if (t->n == ENTITIES_MAX)
		return pb_fail(err, PB_USAGE, E2BIG, "more than %u CPUs, vCPUs and disks in one recording",
			       ENTITIES_MAX);
	if (strlen(name) >= NAME_MAX_BYTES)
		return pb_fail(err, PB_USAGE, ENAMETOOLONG,
			       "the name '%.40s...' is longer than a CPU's or disk's can be", name);
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct entity **v = reallocarray(t->v, cap, sizeof(struct entity *));

		if (!v)
			return fail_memory(err);
		t->v = v;
		t->cap = cap;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return fail_memory(err);
	e->kind = kind;
	strcpy(e->name, name);
	forget_inputs(e);
	t->v[t->n] = e;
	t->table[kind].n++;
	return (int)t->n++;
}

int pb_timeline_entity(struct pb_timeline *t, enum pb_timeline_kind kind, const char *name,
		       struct pb_err *err)
{
	/* Columns come one disk after the other, rows in the same order every time: it is nearly always the
	 * last one or the one behind it. */
	for (size_t k = 0; k < t->n; k++) {
		size_t i = (t->hint + k) % t->n;

		if (t->v[i]->kind == kind && strcmp(t->v[i]->name, name) == 0) {
			t->hint = i;
			return (int)i;
		}
	}
	return entity_new(t, kind, name, err);
}

void pb_timeline_declare(struct pb_timeline *t, int entity, int input)
{
	t->v[entity]->declared |= UINT32_C(1) << input;
}

void pb_timeline_set(struct pb_timeline *t, int entity, int input, double v)
{
	t->v[entity]->in[input] = v;
}

static bool has(const struct entity *e, int input)
{
	return e->declared >> input & 1;
}

double pb_timeline_get(const struct pb_timeline *t, int entity, int input)
{
	return t->v[entity]->in[input];
}

enum pb_timeline_kind pb_timeline_kind_of(const struct pb_timeline *t, int entity)
{
	return t->v[entity]->kind;
}

bool pb_timeline_declared(const struct pb_timeline *t, int entity, int input)
{
	return has(t->v[entity], input);
}

/* The sum of two inputs, of those that the recording has. */
static double both(const struct entity *e, int a, int b)
{
	return (has(e, a) ? e->in[a] : 0) + (has(e, b) ? e->in[b] : 0);
}

/* I/Os a second, however they were recorded. */
static double ios_rate(const struct entity *e)
{
	return has(e, PB_TL_READS) || has(e, PB_TL_WRITES) ? both(e, PB_TL_READS, PB_TL_WRITES)
							   : e->in[PB_TL_IOS];
}

/* Time of I/Os a second: without I/Os the tools print any latency, or none. */
static double time_rate(double rate, double seconds)
{
	return rate == 0 ? 0 : rate * seconds;
}

/* Seconds of I/Os in flight a second, from latencies. */
static double latency_rate(const struct entity *e)
{
	if (has(e, PB_TL_READ_S) && has(e, PB_TL_WRITE_S))
		return time_rate(e->in[PB_TL_READS], e->in[PB_TL_READ_S]) +
		       time_rate(e->in[PB_TL_WRITES], e->in[PB_TL_WRITE_S]);
	return time_rate(ios_rate(e), e->in[PB_TL_IO_S]);
}

static double queue_rate(const struct entity *e)
{
	return has(e, PB_TL_QUEUE) ? e->in[PB_TL_QUEUE] : latency_rate(e);
}

/* The counters' rates; of a CPU and a thread the inputs are shares of time. */
static void rates(const struct entity *e, double rate[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++)
		rate[i] = e->kind == PB_TL_DISK ? NAN : e->in[i] * 1e9;
	if (e->kind != PB_TL_DISK)
		return;
	rate[D_READS] = e->in[PB_TL_READS];
	rate[D_READ_BYTES] = e->in[PB_TL_READ_BYTES];
	rate[D_READ_NS] = time_rate(e->in[PB_TL_READS], e->in[PB_TL_READ_S]) * 1e9;
	rate[D_WRITES] = e->in[PB_TL_WRITES];
	rate[D_WRITE_BYTES] = e->in[PB_TL_WRITE_BYTES];
	rate[D_WRITE_NS] = time_rate(e->in[PB_TL_WRITES], e->in[PB_TL_WRITE_S]) * 1e9;
	rate[D_IO_NS] = e->in[PB_TL_BUSY] * 1e9;
	rate[D_QUEUE_NS] = queue_rate(e) * 1e9;
	rate[D_DISCARDED] = e->in[PB_TL_DISCARD_BYTES];
}

/* Which counters the recording has at all. */
static bool known(const struct entity *e, int column)
{
	static const int input[] = {[D_READS] = PB_TL_READS,
				    [D_READ_BYTES] = PB_TL_READ_BYTES,
				    [D_READ_NS] = PB_TL_READ_S,
				    [D_WRITES] = PB_TL_WRITES,
				    [D_WRITE_BYTES] = PB_TL_WRITE_BYTES,
				    [D_WRITE_NS] = PB_TL_WRITE_S,
				    [D_IO_NS] = PB_TL_BUSY,
				    [D_QUEUE_NS] = PB_TL_QUEUE,
				    [D_DISCARDED] = PB_TL_DISCARD_BYTES};

	if (e->kind != PB_TL_DISK)
		return has(e, column);
	if (column == D_QUEUE_NS)
		return has(e, PB_TL_QUEUE) || has(e, PB_TL_IO_S) ||
		       (has(e, PB_TL_READ_S) && has(e, PB_TL_WRITE_S));
	return column <= D_DISCARDED && has(e, input[column]);
}

/* Adds the interval to the disk's sums over the file. */
static void sum_up(struct entity *e, double dt_s)
{
	double ios = ios_rate(e), latency = latency_rate(e), queue = queue_rate(e);
	double bytes = both(e, PB_TL_READ_BYTES, PB_TL_WRITE_BYTES);

	if (isfinite(ios)) {
		pb_fold_add(&e->iops, ios);
		e->ios += ios * dt_s;
	}
	e->bytes += isfinite(bytes) ? bytes * dt_s : 0;
	e->failed += isfinite(e->in[PB_TL_FAILED]) ? e->in[PB_TL_FAILED] * dt_s : 0;
	if (isfinite(latency) && ios > 0) {
		e->lat_ios += ios * dt_s;
		e->lat_area += latency * dt_s;
	}
	if (isfinite(queue)) {
		e->queue_s += dt_s;
		e->queue_area += queue * dt_s;
	}
}

static int count(struct entity *e, int64_t t_ns, struct pb_err *err)
{
	double rate[COLUMNS];

	rates(e, rate);
	for (int i = 0; i < COLUMNS; i++) {
		if (!isfinite(rate[i]))
			continue;
		e->total[i] += rate[i] * (double)(t_ns - e->since_ns[i]) / 1e9;
		e->since_ns[i] = t_ns;
		if (!(e->total[i] < COUNTER_MAX))
			return pb_fail(
				err, PB_USAGE, EOVERFLOW,
				"the numbers of '%s' add up to more than can be counted: the recording is "
				"damaged",
				e->name);
	}
	if (e->kind == PB_TL_DISK)
		sum_up(e, (double)(t_ns - e->at_ns) / 1e9);
	return 0;
}

/* One counter's cell: empty when the recording has none, or had none for this interval. */
static void cell(struct pb_csv *c, const struct entity *e, int column, int64_t t_ns)
{
	pb_csv_i64(c, known(e, column) && e->since_ns[column] == t_ns ? (int64_t)e->total[column] : PB_NA);
}

static void empty(struct pb_csv *c, int n)
{
	while (n--)
		pb_csv_i64(c, PB_NA);
}

static void write_disk(struct pb_csv *c, const struct pb_timeline *t, const struct entity *e, int64_t t_ns)
{
	pb_csv_str(c, e->name);
	pb_csv_str(c, t->only ? "disk" : "host");
	cell(c, e, D_READS, t_ns);
	empty(c, 1);
	cell(c, e, D_READ_BYTES, t_ns);
	cell(c, e, D_READ_NS, t_ns);
	cell(c, e, D_WRITES, t_ns);
	empty(c, 1);
	cell(c, e, D_WRITE_BYTES, t_ns);
	cell(c, e, D_WRITE_NS, t_ns);
	pb_csv_num(c, e->in[PB_TL_IN_FLIGHT]);
	cell(c, e, D_IO_NS, t_ns);
	cell(c, e, D_QUEUE_NS, t_ns);
	empty(c, 1);
	cell(c, e, D_DISCARDED, t_ns);
	empty(c, 3);
}

static void write_thread(struct pb_csv *c, const struct entity *e, size_t number, int64_t t_ns)
{
	empty(c, 1);
	pb_csv_i64(c, (int64_t)number);
	pb_csv_str(c, e->name);
	empty(c, 1);
	cell(c, e, PB_TL_RUN, t_ns);
	cell(c, e, PB_TL_WAIT, t_ns);
	empty(c, 4);
	cell(c, e, PB_TL_RUN_SYSTEM, t_ns);
	cell(c, e, PB_TL_RUN_GUEST, t_ns);
	empty(c, 2);
}

static int write_row(struct pb_timeline *t, size_t number, int64_t t_ns, struct pb_err *err)
{
	const struct entity *e = t->v[number];
	struct table *table = &t->table[e->kind];

	if (e->kind == PB_TL_DISK && t->only && strcmp(e->name, t->only) != 0)
		return 0;
	if (!table->f) {
		table->f = pb_rundir_begin(t->dir, files[e->kind], err);
		if (!table->f)
			return -EIO;
		table->csv = (struct pb_csv){.f = table->f};
		fprintf(table->f, "%s\n", headers[e->kind]);
	}
	pb_csv_i64(&table->csv, t_ns);
	if (e->kind == PB_TL_DISK)
		write_disk(&table->csv, t, e, t_ns);
	else if (e->kind == PB_TL_THREAD)
		write_thread(&table->csv, e, number, t_ns);
	else {
		pb_csv_str(&table->csv, e->name);
		for (int i = 0; i <= PB_TL_GUEST_NICE; i++)
			cell(&table->csv, e, i, t_ns);
	}
	pb_csv_end(&table->csv);
	table->rows++;
	if (ferror(table->f))
		return pb_fail(err, PB_MISSING, errno ? errno : EIO, "cannot write %s/%s: %m", t->dir->path,
			       files[e->kind]);
	return 0;
}

int pb_timeline_row(struct pb_timeline *t, int entity, int64_t t_ns, struct pb_err *err)
{
	struct entity *e = t->v[entity];
	struct table *table = &t->table[e->kind];
	int rc = 0;

	/* An entity that comes later begins at the instant that its table is at. */
	if (t_ns < table->at_ns || (e->begun && t_ns <= e->at_ns)) {
		forget_inputs(e);
		return -ETIME;
	}
	if (e->begun) {
		rc = count(e, t_ns, err);
	} else {
		for (int i = 0; i < COLUMNS; i++)
			e->since_ns[i] = t_ns;
		e->t0_ns = t_ns;
	}
	e->begun = true;
	e->at_ns = table->at_ns = t_ns;
	if (rc == 0)
		rc = write_row(t, (size_t)entity, t_ns, err);
	forget_inputs(e);
	return rc;
}

void pb_timeline_next_file(struct pb_timeline *t)
{
	for (size_t i = 0; i < t->n; i++)
		clear_sums(t->v[i]);
}

size_t pb_timeline_count(const struct pb_timeline *t, enum pb_timeline_kind kind)
{
	return t->table[kind].n;
}

uint64_t pb_timeline_rows(const struct pb_timeline *t, enum pb_timeline_kind kind)
{
	return t->table[kind].rows;
}

bool pb_timeline_disk(const struct pb_timeline *t, size_t i, struct pb_timeline_disk *d)
{
	for (size_t k = 0; k < t->n; k++) {
		const struct entity *e = t->v[k];

		if (e->kind != PB_TL_DISK || i-- > 0)
			continue;
		*d = (struct pb_timeline_disk){
			.name = e->name,
			.t0_ns = e->t0_ns,
			.t1_ns = e->begun ? e->at_ns : e->t0_ns,
			.ios = e->ios,
			.bytes = has(e, PB_TL_READ_BYTES) || has(e, PB_TL_WRITE_BYTES) ? e->bytes : NAN,
			.failed = has(e, PB_TL_FAILED) ? e->failed : NAN,
			.lat_s = e->lat_ios > 0 ? e->lat_area / e->lat_ios : NAN,
			.queue = e->queue_s > 0 ? e->queue_area / e->queue_s : NAN,
			.iops = &e->iops,
		};
		return true;
	}
	return false;
}

int pb_timeline_finish(struct pb_timeline *t, struct pb_err *err)
{
	int rc = 0;

	for (int k = 0; k < PB_TL_KINDS && rc == 0; k++) {
		FILE *f = t->table[k].f;

		t->table[k].f = NULL;
		if (f)
			rc = pb_rundir_commit(t->dir, f, files[k], err);
	}
	return rc;
}
