/*
 * The thread that moves a virtio disk's I/O: an iothread, or QEMU's main loop where the disk has none. Exists
 * on the virtio path only.
 */
#include "analyzers/iothread.h"

#include <stdio.h>
#include <string.h>

#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/vmplace.h"
#include "analyzers/workpoint.h"
#include "engine/lib/json.h"

#define FAMILY PB_VM_FAMILY
#define THREADS "host/threads.csv"

/* docs/rules.md R-V5, from the classifier: one thread busy, the others not */
#define BUSY_SHARE 0.80
#define IDLE_SHARE 0.20
/* docs/rules.md R-V5, from C3: more mapped iothreads than that were never worth it */
#define IOTHREADS_MAX 8

/* The busiest and the second busiest thread of a role, as shares of a CPU; NAN = there is none. */
static void busiest(const struct pb_table *t, const char *role, const struct pb_point *p, double *first,
		    double *second)
{
	const struct pb_match of[] = {{"role", role}, {NULL, NULL}};
	struct pb_strv tids = {0};

	*first = *second = NAN;
	pb_distinct(t, "tid", of, &tids);
	for (size_t i = 0; i < tids.n; i++) {
		const struct pb_match m[] = {{"role", role}, {"tid", tids.v[i]}, {NULL, NULL}};
		double v = pb_rate(t, "run_ns", m, p->t0_ns, p->t1_ns) / 1e9;

		if (isnan(v))
			continue;
		if (!(*first >= v)) {
			*second = *first;
			*first = v;
		} else if (!(*second >= v)) {
			*second = v;
		}
	}
	pb_strv_fini(&tids);
}

static void say_own(struct pb_finding *f, const struct pb_run *run)
{
	const json_t *attach = pb_run_section(run, "attach");

	pb_say_apply(f, "passbench run --attach virtio-blk,cache=%s,aio=%s,iothread=on",
		     pb_json_str(attach, "cache", "none"), pb_json_str(attach, "aio", "io_uring"));
	pb_say_apply(f,
		     "libvirt, then restart the domain: <iothreads>1</iothreads> and <driver iothread='1'/> "
		     "in the disk");
	pb_say_undo(f,
		    "passbench run --attach virtio-blk,cache=%s,aio=%s,iothread=off; libvirt: the former XML",
		    pb_json_str(attach, "cache", "none"), pb_json_str(attach, "aio", "io_uring"));
	pb_say_verify(f, "the iothread runs, the main thread does not");
}

static void say_more(struct pb_finding *f, long long threads)
{
	pb_say_apply(
		f,
		"libvirt 10 and QEMU 9 or later, then restart the domain: <iothreads>%lld</iothreads> and "
		"in the disk <driver queues='%lld'><iothreads><iothread id='1'/>..<iothread "
		"id='%lld'/></iothreads></driver>, each with an <iothreadpin>",
		threads, threads, threads);
	pb_say_apply(
		f,
		"QEMU: -object iothread,id=io0 .. -object iothread,id=io%lld -device "
		"'{\"driver\":\"virtio-blk-pci\",\"drive\":\"disk0\",\"iothread-vq-mapping\":[{\"iothread\":"
		"\"io0\"},..]}'",
		threads - 1);
	pb_say_undo(f, "the former XML or command line with its one iothread");
	pb_say_verify(f, "at least two iothreads above 10%% of a CPU, and more throughput");
}

int pb_iothread_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_table *t = pb_run_table(run, THREADS);
	double io, io2, loop, loop2;
	struct pb_finding *f;
	struct pb_point p;
	long long n = pb_json_i64(pb_run_section(run, "guest"), "vcpus", 2);
	bool own;

	if (!pb_workpoint_top(&p, run))
		return 0;
	busiest(t, "iothread", &p, &io, &io2);
	busiest(t, "main", &p, &loop, &loop2);
	own = !isnan(io) && json_is_true(json_object_get(pb_run_section(run, "attach"), "iothread"));
	if (isnan(io) && isnan(loop)) {
		pb_say_lack(out, FAMILY, rule, THREADS ", columns role, tid and run_ns");
		return 0;
	}
	if (own ? !(io > BUSY_SHARE) || io2 >= IDLE_SHARE : !(loop > BUSY_SHARE))
		return 0;
	n = n < 2 ? 2 : n > IOTHREADS_MAX ? IOTHREADS_MAX : n;
	f = pb_say(out, rule, FAMILY, PB_SEV_ADVICE,
		   own ? PB_N("One iothread carries all I/O and is out of time: use %lld")
		       : PB_N("QEMU's main loop carries the I/O and is out of time: use an iothread"),
		   n);
	pb_say_what(f,
		    "All queues of the disk are served by one host thread. When it has no time left, neither "
		    "depth nor a faster disk helps; %s.",
		    own ? PB_N("QEMU can spread the queues over several threads")
			: PB_N("a thread of its own also keeps QEMU's other work out of the way"));
	pb_say_fact(f,
		    &(struct pb_fact){THREADS, "run_ns", p.t0_ns, p.t1_ns, own ? io : loop, BUSY_SHARE,
				      "share", "docs/rules.md R-V5"},
		    "the %s ran %.0f%% of the time at %.0f IOPS",
		    own ? PB_N("iothread") : PB_N("main thread"), 100 * (own ? io : loop), p.iops);
	pb_say_missing(f,
		       "how fast the disk is without a guest (passbench poc --attach virtio-blk): whether it "
		       "has more to give");
	pb_say_nature(f, "medium", "more host CPU; pin the threads next to the disk", "V");
	if (own)
		say_more(f, n);
	else
		say_own(f, run);
	return 0;
}
