/*
 * The manifest of a session, and the order in which a run is brought to its end.
 */
#include "engine/run/session_write.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/collectors/blockstack.h"
#include "engine/collectors/environment.h"
#include "engine/collectors/hostinfo.h"
#include "engine/collectors/pcidev.h"
#include "engine/collectors/topology.h"
#include "engine/lib/json.h"
#include "engine/run/faults.h"
#include "engine/run/host/link_estimate.h"
#include "engine/run/host/spawn.h"
#include "engine/run/guest/transport.h"

#define STOP_MS 30000
#define PINGS 12

static void set_now(json_t *m, const char *key)
{
	char text[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	pb_json_set_str(m, key, text);
}

static json_t *int_or_null(int64_t v)
{
	return v == PB_NA ? json_null() : json_integer(v);
}

/*
 * What the disk stands on here. A function without block device is the disk itself; of an existing guest's
 * disk this host knows nothing.
 */
static json_t *stack_json(const struct pb_session *s)
{
	json_t *stack = NULL;

	if (s->spec.kind->remote)
		return json_null();
	if (pb_blockstack_read(s->o.root, s->disk.block, &stack) == 0)
		return stack;
	if (!s->disk.bdf[0])
		return json_null();
	return json_pack("[{s:s,s:s,s:n,s:n}]", "name", s->disk.bdf, "kind", "disk", "detail", "degraded");
}

static json_t *disk_json(const struct pb_session *s)
{
	const struct pb_disk *d = &s->disk;
	json_t *j = json_pack("{s:s,s:s,s:o,s:o,s:s,s:s}", "path", s->spec.kind->path(&s->spec), "attach",
			      s->spec.attach_text, "size_bytes", int_or_null(d->size_bytes),
			      "logical_block_bytes", int_or_null(d->logical_block_bytes), "model", d->model,
			      "firmware", d->firmware);

	if (!j)
		return NULL;
	pb_json_set_str(j, "bdf", d->bdf[0] ? d->bdf : NULL);
	pb_json_set_str(j, "block", d->block[0] ? d->block : NULL);
	pb_json_set_str(j, "serial", d->serial[0] ? d->serial : NULL);
	pb_json_set_str(j, "driver_before", d->driver[0] ? d->driver : NULL);
	json_object_set_new(j, "stack", stack_json(s));
	return j;
}

/* What sysfs knows of the way to the root port; absent facts stay absent. */
static int disk_pci_json(const struct pb_session *s, json_t *disk, struct pb_err *err)
{
	struct pb_pcichain chain = {0};
	json_t *hops = json_array(), *group = json_array();
	int rc = s->disk.bdf[0] ? pb_pcidev_chain(s->o.root, s->disk.bdf, &chain, err) : 0;

	for (size_t i = 0; i < chain.n; i++)
		json_array_append_new(hops, json_string(chain.hop[i].bdf));
	for (size_t i = 0; i < chain.group.n; i++)
		json_array_append_new(group, json_string(chain.group.v[i]));
	json_object_set_new(disk, "hops", hops);
	json_object_set_new(disk, "iommu_group_devices", group);
	if (chain.n) {
		json_object_set_new(disk, "numa_node", int_or_null(chain.hop[0].numa_node));
		json_object_set_new(disk, "iommu_group", int_or_null(chain.hop[0].iommu_group));
		pb_json_set_str(disk, "local_cpus",
				chain.hop[0].local_cpus[0] ? chain.hop[0].local_cpus : NULL);
		pb_json_set_str(disk, "root_port",
				chain.hop[chain.n - 1].kind == PB_PCI_ROOT_PORT ? chain.hop[chain.n - 1].bdf
										: NULL);
	}
	pb_pcichain_fini(&chain);
	return rc;
}

static json_t *profile_json(const struct pb_session *s)
{
	const struct pb_profile *p = &s->profile;

	return json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:b,s:s}", "name", p->name, "title", p->title, "rw", p->rw,
			 "bs", p->bs, "direct", p->direct, "durability", p->durability, "writes", p->writes,
			 "safety", p->safety);
}

/* As typed: what `tune` needs to build the same session again. */
static json_t *options_json(const struct pb_session *s)
{
	json_t *j = json_object();

	/* the address is stable; a device name is not, and VFIO takes it away */
	pb_json_set_str(j, "disk", s->disk.bdf[0] ? s->disk.bdf : s->o.disk);
	pb_json_set_str(j, "guest", s->o.guest);
	pb_json_set_str(j, "attach", s->o.attach);
	pb_json_set_str(j, "profile", s->o.profile);
	pb_json_set_str(j, "backend", s->o.backend);
	return j;
}

static void qemu_version(json_t *host, const struct pb_session *s)
{
	const char *qemu = getenv("PASSBENCH_QEMU");
	const char *argv[] = {qemu && qemu[0] ? qemu : "qemu-system-x86_64", "--version", NULL};
	struct pb_buf out = {0};

	if (strcmp(s->spec.kind->name, "launch") != 0)
		return;
	if (pb_spawn_capture(argv, &out, 4096, NULL) == 0 && out.data) {
		out.data[strcspn(out.data, "\n")] = '\0';
		json_object_set_new(host, "qemu", json_string(out.data));
	}
	pb_buf_fini(&out);
}

/* What can be compared with another run's, key by key; QEMU and the disk are known only here. */
static int put_environment(struct pb_session *s, const json_t *host, struct pb_err *err)
{
	json_t *env = NULL;

	if (pb_environment(s->o.root, &env) < 0)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory while describing the environment");
	pb_json_set_str(env, "qemu", pb_json_str(host, "qemu", NULL));
	pb_json_set_str(env, "disk_model", s->disk.model[0] ? s->disk.model : NULL);
	pb_json_set_str(env, "disk_firmware", s->disk.firmware[0] ? s->disk.firmware : NULL);
	json_object_set_new(s->dir.manifest, "environment", env);
	return 0;
}

/* A setting that somebody changed under the run makes its first and second half two experiments. */
static void environment_again(struct pb_session *s)
{
	json_t *now = NULL, *changes, *pair;
	const char *key;

	if (pb_environment(s->o.root, &now) < 0)
		return;
	changes = pb_environment_changes(json_object_get(s->dir.manifest, "environment"), now);
	json_decref(now);
	json_object_foreach(changes, key, pair) json_array_append_new(
		s->warnings, json_sprintf("the environment changed during the run: %s was '%s', is '%s'", key,
					  json_string_value(json_array_get(pair, 0)),
					  json_string_value(json_array_get(pair, 1))));
	if (changes)
		json_object_set_new(s->dir.manifest, "environment_changes", changes);
}

static int put_topology(struct pb_session *s, struct pb_err *err)
{
	struct pb_buf xml = {0};
	int rc = pb_topology_export(s->o.root, s->disk.bdf[0] ? s->disk.bdf : NULL, &xml, err);

	if (rc == 0)
		rc = pb_rundir_put(&s->dir, "topology.xml", xml.data, xml.len, err);
	pb_buf_fini(&xml);
	return rc;
}

int pb_session_manifest_begin(struct pb_session *s, struct pb_err *err)
{
	json_t *m = s->dir.manifest, *host = NULL, *command = json_array(), *disk = disk_json(s);
	char boot[64] = "";
	int rc;

	for (int i = 0; i < s->o.argc; i++)
		json_array_append_new(command, json_string(s->o.argv[i]));
	json_object_set_new(m, "command", command);
	json_object_set_new(m, "disk", disk);
	json_object_set_new(m, "run_options", options_json(s));
	set_now(m, "started_utc");
	pb_root_read(s->o.root, boot, sizeof(boot), "/proc/sys/kernel/random/boot_id");
	pb_json_set_str(m, "boot_id", boot);
	json_object_set_new(m, "profile", s->o.no_fio ? json_null() : profile_json(s));
	json_object_set_new(m, "attach", pb_guest_attach_json(&s->spec));
	rc = pb_hostinfo(s->o.root, &host, err);
	if (rc < 0)
		return rc;
	qemu_version(host, s);
	json_object_set_new(m, "host", host);
	rc = put_environment(s, host, err);
	if (rc == 0)
		rc = disk_pci_json(s, disk, err);
	if (rc == 0)
		rc = put_topology(s, err);
	return rc < 0 ? rc : pb_rundir_save(&s->dir, err);
}

/* fio's total of I/Os over all jobs and directions; -1 when its result does not say. */
static int64_t fio_total(const struct pb_session *s)
{
	static const char *const dirs[] = {"read", "write", "trim"};
	json_t *j = NULL, *job;
	char name[128];
	int64_t total = 0;
	size_t i;

	snprintf(name, sizeof(name), "guest/%s/fio.json", s->spec.kind->name);
	if (pb_json_read(&j, s->dir.fd, name, NULL) < 0)
		return -1;
	json_array_foreach(json_object_get(j, "jobs"), i, job) for (unsigned d = 0; d < 3; d++) total +=
		pb_json_i64(json_object_get(job, dirs[d]), "total_ios", 0);
	json_decref(j);
	return total;
}

static void put_fio_check(struct pb_session *s)
{
	/* fio's total is of those that it issued */
	int64_t fio = fio_total(s), page = s->last_row.completed + s->last_row.failed;
	json_t *j = json_pack("{s:o,s:I}", "completed", fio < 0 ? json_null() : json_integer(fio),
			      "page_completed", (json_int_t)s->last_row.completed);

	if (fio > 0)
		json_object_set_new(j, "ratio", json_real((double)page / (double)fio));
	pb_json_set_str(j, "error", s->fio_error[0] ? s->fio_error : NULL);
	json_object_set_new(s->dir.manifest, "fio", j);
}

static int stop_fio(struct pb_session *s, struct pb_err *err)
{
	struct pb_hist_snap *h = calloc(1, sizeof(*h));
	json_t *reply = NULL;
	int64_t code;
	int rc = h ? pb_conn_ask(&s->guest.conn, "stop", NULL, STOP_MS, &reply, err)
		   : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");

	if (rc < 0 || !h) {
		free(h);
		return rc;
	}
	code = pb_json_i64(reply, "exit", -1);
	/* a bad end is a result, too: what was measured and how fio ended is written down */
	if (code != 0 && !s->fio_error[0])
		snprintf(s->fio_error, sizeof(s->fio_error), "fio failed in the guest (exit %lld): %.500s",
			 (long long)code, pb_json_str(reply, "error", "no message"));
	json_decref(reply);
	rc = pb_agent_hist(&s->guest.conn, h, err);
	if (rc == 0)
		s->last_row = h->row;
	free(h);
	return rc < 0 ? rc : pb_faults_fetch(s, err);
}

static int stop_sampler(struct pb_session *s, struct pb_err *err)
{
	json_t *collectors = NULL, *sampling = NULL;
	const char *warning;
	int rc;

	if (!s->sampler)
		return 0;
	rc = pb_sampler_stop(s->sampler, &collectors, &sampling, err);
	s->sampler = NULL;
	warning = pb_json_str(sampling, "warning", NULL);
	if (warning)
		json_array_append_new(s->warnings, json_string(warning));
	if (collectors)
		json_object_set_new(s->dir.manifest, "collectors", collectors);
	if (sampling)
		json_object_set_new(s->dir.manifest, "sampling", sampling);
	return rc;
}

int pb_session_collect(struct pb_session *s, struct pb_err *err)
{
	int rc = pb_clock_ping(&s->clock, &s->guest.conn, PINGS, err);

	if (s->o.no_fio)
		return rc < 0 ? rc : pb_clock_fit(&s->clock);
	if (rc == 0)
		rc = stop_sampler(s, err);
	if (rc == 0)
		rc = stop_fio(s, err);
	if (rc == 0)
		rc = pb_clock_ping(&s->clock, &s->guest.conn, PINGS, err);
	if (rc == 0)
		rc = pb_clock_fit(&s->clock);
	if (rc == 0)
		pb_session_say(s, "clocks of host and guest are aligned to %.1f us (%u pings over %s)",
			       s->clock.bound_ns / 1e3, s->clock.pings, s->guest.conn.transport->name);
	if (rc == 0)
		rc = pb_session_write_steps(s, err);
	if (rc == 0)
		rc = pb_session_write_latency(s, err);
	if (rc == 0)
		rc = pb_faults_write(s, err);
	if (rc == 0)
		rc = pb_session_fetch_guest(s, err);
	if (rc == 0)
		rc = pb_link_estimate_write(&s->dir, s->spec.kind->name, err);
	rc = rc < 0 ? rc : 0;
	if (rc < 0)
		pb_session_abandon(s);
	return rc;
}

void pb_session_abandon(struct pb_session *s)
{
	if (s->sampler)
		pb_sampler_stop(s->sampler, NULL, NULL, NULL);
	s->sampler = NULL;
}

static void keep_log(struct pb_session *s, const char *name)
{
	struct pb_root work = {.fd = -1};
	struct pb_buf text = {0};
	char to[128];

	if (pb_root_open(&work, s->workdir, NULL) == 0 && pb_root_slurp(&work, &text, "/%s", name) == 0 &&
	    text.len) {
		snprintf(to, sizeof(to), "guest/%s/%s", s->spec.kind->name, name);
		pb_rundir_put(&s->dir, to, text.data, text.len, NULL);
	}
	pb_buf_fini(&text);
	pb_root_close(&work);
}

void pb_session_keep_logs(struct pb_session *s)
{
	if (!s->workdir[0] || !s->spec.kind)
		return;
	keep_log(s, "console.log");
	keep_log(s, "qemu.log");
	keep_log(s, "agent.log");
}

json_t *pb_session_guest_json(const struct pb_session *s)
{
	const json_t *hello = s->guest.conn.hello, *disk = json_object_get(s->started, "disk");
	json_t *j = json_pack(
		"{s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:s}", "name", s->spec.kind->name, "kind",
		s->spec.kind->name, "vcpus", (int)pb_json_i64(hello, "cpus", 0), "kernel",
		pb_json_str(hello, "kernel", ""), "agent", pb_json_str(hello, "agent", ""), "machine",
		pb_json_str(hello, "machine", ""), "fio", pb_json_str(s->started, "fio", ""), "engine",
		pb_json_str(s->started, "engine", ""), "backend", pb_json_str(s->started, "backend", ""));

	if (!j)
		return NULL;
	if (!strcmp(s->spec.kind->name, "launch")) {
		json_object_set_new(j, "mem_mib", json_integer(s->spec.mem_mib));
		pb_json_set_str(j, "cpuset", s->spec.cpuset[0] ? s->spec.cpuset : NULL);
	}
	pb_json_set_str(j, "backend_why", pb_json_str(s->started, "backend_why", NULL));
	if (s->guest.conn.transport)
		pb_json_set_str(j, "transport", s->guest.conn.transport->name);
	if (json_is_object(disk))
		json_object_set_new(j, "disk", json_deep_copy(disk));
	json_object_set(j, "sources", s->sources);
	return j;
}

int pb_session_manifest_end(struct pb_session *s, json_t *extra, struct pb_err *err)
{
	json_t *m = s->dir.manifest;

	json_object_set_new(m, "clock", pb_clock_json(&s->clock));
	if (s->clock.n && !s->clock.steady)
		json_array_append_new(s->warnings,
				      json_sprintf("the guest's clock did not run evenly against the host's "
						   "(a step, a suspend, a "
						   "migration?): its stamps are off by up to %.1f ms",
						   s->clock.bound_ns / 1e6));
	if (s->clock.bound_ns > (double)s->o.interval_ns)
		json_array_append_new(
			s->warnings,
			json_sprintf(
				"the clock error bound, %.1f ms, is larger than the sampling interval: guest "
				"and host lines of the timeline may be shifted against each other",
				s->clock.bound_ns / 1e6));
	if (!s->o.no_fio)
		put_fio_check(s);
	environment_again(s);
	json_object_set(m, "warnings", s->warnings);
	set_now(m, "ended_utc");
	if (extra) {
		json_object_update(m, extra);
		json_decref(extra);
	}
	return pb_rundir_seal(&s->dir, err);
}
