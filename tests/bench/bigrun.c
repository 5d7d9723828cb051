/*
 * Run directories with many rows, for bench_analyze.sh and bench_report.sh: the unit tests' example machine
 * (mkrun.h) with more CPUs and vectors, sampled so often that its tables hold about as many rows as asked
 * for; or an hour of every collector at 10 Hz. Prints nothing and measures nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Every table's loop steps by the one, every depth is measured for the other. */
static int64_t tick_ns = 100000000, window_ns = 2000000000;

#define MK_CPUS 8
#define MK_VECS 9
#define MK_TICK tick_ns
#define MK_WINDOW window_ns
#include "tests/unit/mkrun.h"

/* Rows per instant, all tables of the example taken together. */
#define ROWS_PER_TICK 40

/* The collectors that the example machine has no numbers for: counters that grow at a rate of their own. */
static const struct other {
	const char *file, *columns;
	int text;             /* how many columns behind t_ns are names */
	const char *scope[9]; /* one row each; the names of a row stand together, separated by commas */
} others[] = {
	{"host/softirqs.csv",
	 "t_ns,softirq,cpu0,cpu1,cpu2,cpu3,cpu4,cpu5,cpu6,cpu7",
	 1,
	 {"TIMER", "NET_RX", "BLOCK", "TASKLET", "SCHED", "HRTIMER", "RCU"}},
	{"host/memory.csv",
	 "t_ns,scope,free_bytes,available_bytes,dirty_bytes,writeback_bytes,anon_huge_bytes,numa_hit_pages,"
	 "numa_miss_pages,other_node_pages,huge_2048kb_total,huge_2048kb_free",
	 1,
	 {"system", "node0", "node1"}},
	{"host/block.csv",
	 "t_ns,block,role,reads,read_merges,read_bytes,read_ns,writes,write_merges,write_bytes,write_ns,"
	 "inflight,"
	 "io_ns,queue_ns,discards,discard_bytes,discard_ns,flushes,flush_ns",
	 2,
	 {"nvme1n1,disk", "sda,host"}},
	{"host/pressure.csv",
	 "t_ns,scope,resource,some_ns,full_ns",
	 2,
	 {"system,cpu", "system,io", "system,memory", "qemu,cpu", "qemu,io", "qemu,memory"}},
	{"host/power.csv",
	 "t_ns,cpu,freq_khz,core_throttles,core_throttled_ns,package_throttles,package_throttled_ns,"
	 "idle0_poll_count,idle0_poll_ns,idle1_c1_count,idle1_c1_ns,idle2_c6_count,idle2_c6_ns",
	 1,
	 {"0", "1", "2", "3", "4", "5", "6", "7"}},
	{"host/thermal.csv", "t_ns,chip,label,temp_c", 2, {"coretemp,Package", "nvme,Composite"}},
	{"host/link_estimate.csv",
	 "t_ns,source,read_bytes,write_bytes,commands,to_host_bytes,to_device_bytes,mps_bytes,mrrs_bytes,"
	 "link_bytes_s",
	 1,
	 {"estimate"}},
	{"guest/guest0/quantiles.csv", "t_ns,span_ns,completed,p50_ns,p99_ns,p999_ns", 0, {""}},
};

static int columns_of(const char *names)
{
	int n = 1;

	for (; *names; names++)
		n += *names == ',';
	return n;
}

static void other_row(const struct other *o, FILE *f, const char *scope, int64_t t, unsigned *seed)
{
	int64_t since = t - MK_T0;

	fprintf(f, "%lld%s%s", (long long)t, o->text ? "," : "", scope);
	for (int c = 1 + o->text; c < columns_of(o->columns); c++)
		fprintf(f, ",%lld", (long long)(since / (1000LL * c) + rand_r(seed) % 1000));
	fputc('\n', f);
}

static int write_other(const struct mk_run *m, struct pb_rundir *d, const struct other *o)
{
	FILE *f = pb_rundir_begin(d, o->file, NULL);
	unsigned seed = 1;

	if (!f)
		return -1;
	fprintf(f, "%s\n", o->columns);
	for (int64_t t = MK_T0; t <= mk_finish(m); t += tick_ns)
		for (int i = 0; i < 9 && o->scope[i]; i++)
			other_row(o, f, o->scope[i], t, &seed);
	return pb_rundir_commit(d, f, o->file, NULL);
}

/* The rest of an hour's tables, and the directory sealed again. */
static int add_others(const struct mk_run *m, const char *path)
{
	struct pb_rundir d;
	int ret = pb_rundir_open(&d, path, NULL);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && !ret; i++)
		ret = write_other(m, &d, &others[i]);
	if (!ret)
		ret = pb_rundir_seal(&d, NULL);
	pb_rundir_close(&d);
	return ret;
}

int main(int argc, char **argv)
{
	bool hour = argc == 3 && !strcmp(argv[2], "hour");
	long rows = argc == 3 && !hour ? strtol(argv[2], NULL, 10) : 0;
	struct mk_run m;

	if (!hour && rows < 1000) {
		fprintf(stderr, "usage: %s DIR ROWS|hour (1000 rows at least)\n", argv[0]);
		return 2;
	}
	mk_default(&m);
	m.device_share = 1;
	for (int v = 0; v < MK_VECS; v++)
		m.vec_cpu[v] = v % MK_CPUS;
	if (hour)
		window_ns = 3600 * 1000000000LL / m.steps - MK_SETTLE;
	else
		tick_ns = (mk_finish(&m) - MK_T0) / (rows / ROWS_PER_TICK);
	if (mk_write(&m, argv[1]) != 0)
		return 1;
	return hour && add_others(&m, argv[1]) != 0 ? 1 : 0;
}
