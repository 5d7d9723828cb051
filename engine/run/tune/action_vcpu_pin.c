/*
 * Pins vCPU threads of the guest's QEMU to host CPUs. params: {kind, vcpus:
 * [{vcpu, new}..]}. Threads are found by role in this guest, never by the thread id of the run that was
 * analyzed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/collectors/qemutask.h"
#include "engine/lib/json.h"
#include "engine/run/tune/action.h"
#include "engine/run/tune/fight.h"
#include "engine/run/host/libvirt.h"
#include "engine/run/host/pin.h"
#include "engine/run/tune/tune_verdict.h"

#define MAX_VCPUS 64

struct pin {
	int vcpu;
	pid_t tid;
	char to[128], before[512], read_back[512];
	uint64_t wait_ns, begin_wait_ns; /* waiting for a CPU, cumulative */
	uint64_t run_ns, begin_run_ns;
	uint64_t waited[2], ran[2]; /* by arm, ns */
	int last_cpu[2];            /* where it was seen last in that arm */
};

struct vcpu_pin {
	struct pb_fought fought; /* first, for pb_fought_told() */
	const struct pb_action_target *t;
	struct pin pin[MAX_VCPUS];
	unsigned n;
	int dir;                    /* /proc/PID/task */
	char domain[PB_DOMAIN_MAX]; /* libvirt's name of the guest, "" = not libvirt's */
};

static const json_t *wanted(const struct pb_finding *f)
{
	return json_object_get(f->params, "vcpus");
}

static bool fits(const struct pb_finding *f)
{
	return json_array_size(wanted(f)) > 0;
}

static void close_action(void *state)
{
	struct vcpu_pin *s = state;

	if (s && s->dir >= 0)
		close(s->dir);
	free(s);
}

static int find_threads(struct vcpu_pin *s, struct pb_err *err)
{
	struct pb_qemu_task *v = NULL;
	size_t n = 0, i;
	json_t *want;
	int rc = pb_qemu_tasks(s->dir, s->t->qemu_pid, &v, &n);

	json_array_foreach(wanted(s->t->f), i,
			   want) for (size_t k = 0; rc == 0 && k < n && s->n < MAX_VCPUS;
				      k++) if (v[k].vcpu >= 0 && v[k].vcpu == pb_json_i64(want, "vcpu", -1))
	{
		struct pin *p = &s->pin[s->n++];

		*p = (struct pin){.vcpu = v[k].vcpu, .tid = v[k].tid, .last_cpu = {-1, -1}};
		snprintf(p->to, sizeof(p->to), "%s", pb_json_str(want, "new", ""));
	}
	free(v);
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot read the threads of QEMU (pid %d): %s",
			       (int)s->t->qemu_pid, strerror(-rc));
	if (!s->n)
		return pb_fail(err, PB_MISSING, ENOENT,
			       "none of the vCPUs that %s names exists in this guest", s->t->f->rule);
	return 0;
}

static int read_pin(const struct pin *p, char *list, size_t size, struct pb_err *err)
{
	int rc = pb_pin_get(p->tid, list, size);

	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "cannot read the affinity of vCPU %d: %s", p->vcpu,
				strerror(-rc))
		      : 0;
}

static int open_action(void **state, const struct pb_action_target *t, struct pb_err *err)
{
	struct vcpu_pin *s;
	int rc;

	if (!t->qemu_pid)
		return pb_fail(err, PB_MISSING, ESRCH,
			       "no QEMU process belongs to this guest: there is nothing to pin");
	s = calloc(1, sizeof(*s));
	if (!s)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	s->t = t;
	pb_libvirt_domain(t->root, t->qemu_pid, s->domain);
	s->dir = pb_qemu_task_dir(t->root, t->qemu_pid);
	rc = s->dir < 0 ? pb_fail(err, PB_MISSING, -s->dir, "cannot open the threads of QEMU (pid %d): %s",
				  (int)t->qemu_pid, strerror(-s->dir))
			: find_threads(s, err);
	for (unsigned i = 0; i < s->n && rc == 0; i++)
		rc = read_pin(&s->pin[i], s->pin[i].before, sizeof(s->pin[i].before), err);
	if (rc < 0) {
		close_action(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int set(void *state, struct pb_err *err)
{
	struct vcpu_pin *s = state;
	char role[24];
	int rc = 0;

	for (unsigned i = 0; i < s->n && rc == 0; i++) {
		struct pin *p = &s->pin[i];

		snprintf(role, sizeof(role), "vcpu%d", p->vcpu);
		rc = s->domain[0] ? pb_undo_domain_pin(s->t->undo, s->domain, (unsigned)p->vcpu, p->to, err)
				  : pb_undo_pin(s->t->undo, p->tid, role, p->to, err);
		if (rc == 0)
			rc = read_pin(p, p->read_back, sizeof(p->read_back), err);
	}
	return rc;
}

/* schedstat: "RUN WAIT SLICES"; stat: field 39 is the CPU, counted after the name in brackets. */
static int look(const struct vcpu_pin *s, struct pin *p, int *cpu)
{
	char text[1024];
	const char *at;
	int field = 2;

	*cpu = -1;
	if (pb_qemu_task_read(s->dir, text, sizeof(text), p->tid, "schedstat") <= 0 ||
	    sscanf(text, "%" SCNu64 " %" SCNu64, &p->run_ns, &p->wait_ns) != 2)
		return -ESRCH;
	if (pb_qemu_task_read(s->dir, text, sizeof(text), p->tid, "stat") <= 0 || !(at = strrchr(text, ')')))
		return -ESRCH;
	for (; at && field < 39; field++)
		at = strchr(at + 1, ' ');
	if (at)
		*cpu = atoi(at + 1);
	return 0;
}

static int look_all(struct vcpu_pin *s, int arm, struct pb_err *err)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct pin *p = &s->pin[i];
		int cpu;

		if (look(s, p, &cpu) < 0)
			return pb_fail(err, PB_MISSING, ESRCH, "vCPU %d of the guest has ended", p->vcpu);
		if (arm < 0) {
			p->begin_run_ns = p->run_ns;
			p->begin_wait_ns = p->wait_ns;
			continue;
		}
		p->ran[arm] += p->run_ns - p->begin_run_ns;
		p->waited[arm] += p->wait_ns - p->begin_wait_ns;
		p->last_cpu[arm] = cpu;
	}
	return 0;
}

static int begin(void *state, struct pb_err *err)
{
	return look_all(state, -1, err);
}

/* Do the pins still stand at the end of a changed window? */
static int count(void *state, unsigned arm, struct pb_err *err)
{
	struct vcpu_pin *s = state;
	int rc = look_all(s, (int)arm, err);
	char now[512], what[40];

	for (unsigned i = 0; arm && i < s->n && rc == 0; i++) {
		rc = read_pin(&s->pin[i], now, sizeof(now), err);
		if (rc < 0 || !strcmp(now, s->pin[i].read_back))
			continue;
		snprintf(what, sizeof(what), "the CPUs of vCPU %d", s->pin[i].vcpu);
		pb_fight_text(s->fought.text, sizeof(s->fought.text), s->t->root,
			      &(struct pb_fight){what, s->pin[i].read_back, now});
	}
	return rc;
}

/* Each thread ran in the changed windows, and was last seen where it belongs then. */
static bool effective(const void *state)
{
	const struct vcpu_pin *s = state;

	for (unsigned i = 0; i < s->n; i++)
		if (!s->pin[i].ran[1] || !pb_pin_holds(s->pin[i].to, s->pin[i].last_cpu[1]))
			return false;
	return true;
}

static json_t *changes(const void *state)
{
	const struct vcpu_pin *s = state;
	json_t *list = json_array();
	char key[24];

	for (unsigned i = 0; i < s->n; i++) {
		const struct pin *p = &s->pin[i];

		snprintf(key, sizeof(key), "vcpu%d", p->vcpu);
		pb_tune_add_change(list, key,
				   s->domain[0] ? "virsh vcpupin" : "sched_setaffinity of QEMU's vCPU thread",
				   p->before, p->to, p->read_back);
	}
	return list;
}

/* Waiting as a share of the time the thread wanted a CPU. */
static void wait_text(char *buf, size_t size, const struct pin *p, int arm)
{
	double want = (double)(p->ran[arm] + p->waited[arm]);

	if (want > 0)
		snprintf(buf, size, "CPU %d, waited %.1f%%", p->last_cpu[arm],
			 100.0 * (double)p->waited[arm] / want);
	else
		snprintf(buf, size, "did not run");
}

static json_t *effect(const void *state)
{
	const struct vcpu_pin *s = state;
	json_t *list = json_array();
	char name[24], before[48], after[48];

	for (unsigned i = 0; i < s->n; i++) {
		snprintf(name, sizeof(name), "vcpu%d", s->pin[i].vcpu);
		wait_text(before, sizeof(before), &s->pin[i], 0);
		wait_text(after, sizeof(after), &s->pin[i], 1);
		pb_tune_add_effect(list, name, "where it was last seen, and how long it waited for a CPU",
				   before, after);
	}
	return list;
}

const struct pb_action pb_action_vcpu_pin = {
	.kind = "vcpu-pin",
	.help = "host CPUs of the guest's vCPU threads; proof: they run there and wait less",
	.fits = fits,
	.open = open_action,
	.set = set,
	.begin = begin,
	.count = count,
	.effective = effective,
	.fought = pb_fought_told,
	.changes = changes,
	.effect = effect,
	.close = close_action,
};
