/*
 * Builds small complete run directories for tests: a struct describes the
 * machine and what happened on it (mkrun_model.h), mk_write() turns it into the
 * files of docs/run-directory.md. Header-only, because every unit test is one file.
 */
#ifndef PB_TESTS_MKRUN_H
#define PB_TESTS_MKRUN_H

#include "tests/unit/mkrun_tables.h"

static inline json_t *mk_collectors(const struct mk_run *m)
{
	static const char *const names[] = {"affinity", "cpu", "interrupts", "kvm", "pcie", "threads"};
	json_t *list = json_array();

	for (int i = 0; i < 6; i++) {
		char file[64];
		bool gone;

		snprintf(file, sizeof(file), "host/%s.csv", names[i]);
		gone = m->drop_file && strcmp(m->drop_file, file) == 0;
		json_array_append_new(list, json_pack("{s:s,s:s,s:i,s:i,s:I,s:i}", "name", names[i], "status",
						      gone ? "unavailable: not readable here" : "ok", "rows",
						      gone ? 0 : 100, "cpu_ns", 12000000, "wall_ns",
						      (json_int_t)(mk_finish(m) - MK_T0), "missed_ticks", 0));
	}
	json_array_append_new(list,
			      json_pack("{s:s,s:s,s:i,s:i,s:i,s:i}", "name", "pmu", "status", m->pmu_status,
					"rows", 0, "cpu_ns", 0, "wall_ns", 0, "missed_ticks", 0));
	return list;
}

static inline void mk_manifest_what(const struct mk_run *m, json_t *j)
{
	bool virtio = strcmp(m->path, "virtio-blk") == 0, local = strcmp(m->path, "local") == 0;

	json_object_set_new(j, "disk",
			    json_pack("{s:s,s:s?,s:s,s:s,s:s,s:I,s:i,s:s,s:s,s:i,s:s,s:i,s:[s],s:s?,s:[s]}",
				      "bdf", MK_BDF, "block", virtio || local ? "/dev/nvme1n1" : NULL,
				      "model", "QEMU NVMe Ctrl", "serial", "PBLAB0001", "firmware", "10.0.2",
				      "size_bytes", (json_int_t)1 << 30, "logical_block_bytes", 512, "path",
				      m->path, "attach", virtio ? "virtio-blk" : m->path, "numa_node",
				      m->numa_node, "local_cpus", m->local_cpus, "iommu_group", 3,
				      "iommu_group_devices", MK_BDF, "root_port", NULL, "hops", MK_BDF));
	json_object_set_new(j, "attach",
			    virtio ? json_pack("{s:s,s:s,s:b,s:s}", "cache", m->cache, "aio", m->aio,
					       "iothread", m->iothread, "write_cache", m->host_write_cache)
				   : json_null());
	json_object_set_new(
		j, "guest",
		json_pack("{s:s,s:s,s:i,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:i,s:i,s:s?,s:i},s:[ss]}",
			  "name", "guest0", "kind", local ? "local" : "launch", "vcpus", MK_VCPUS, "mem_mib",
			  1024, "kernel", "6.12.0-lab", "agent", "0.1.0", "fio", "fio-3.33", "engine",
			  "builtin", "backend", "io_uring", "machine", "q35", "disk", "name",
			  virtio ? "vda" : "nvme0n1", "scheduler", "none", "nr_requests", 1023, "queues", 2,
			  "write_cache", m->guest_write_cache, "fua", 1, "vcpu_pins", m->vcpu_allowed,
			  m->vcpu_allowed));
	json_object_set_new(j, "profile",
			    json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:b,s:s}", "name", "randread-4k", "title",
				      "4 KiB random reads", "rw", m->rw, "bs", "4k", "direct", m->direct,
				      "durability", m->durability, "writes", m->writes, "safety", m->safety));
	json_object_set_new(j, "goal",
			    json_pack("{s:[i,i,i,i,i,i,i],s:o,s:i}", "depths", 1, 2, 4, 8, 16, 32, 64, "slo",
				      m->slo_ns > 0 ? json_pack("{s:f,s:I}", "quantile", m->slo_q, "lat_ns",
								(json_int_t)m->slo_ns)
						    : json_null(),
				      "duration_s", 2));
}

static inline void mk_manifest(const struct mk_run *m, json_t *j)
{
	json_object_set_new(j, "command",
			    json_pack("[s,s,s,s,s,s]", "passbench", "run", "--disk", MK_BDF, "-o", "run"));
	json_object_set_new(j, "started_utc", json_string("2026-11-23T10:00:00Z"));
	json_object_set_new(j, "ended_utc", json_string("2026-11-23T10:00:20Z"));
	json_object_set_new(j, "boot_id", json_string("6f1d9a52-0f3c-4b8e-9d55-2f1c8f3a7b10"));
	json_object_set_new(
		j, "host",
		json_pack("{s:s,s:s,s:s,s:i,s:i,s:s,s:s,s:s,s:s,s:b,s:b,s:i}", "kernel", "6.12.0-lab", "qemu",
			  "10.0.2", "cpu_model", "QEMU TCG CPU version 2.5+", "cpus", MK_CPUS, "numa_nodes",
			  1, "microcode", "0x1000065", "bios", "SeaBIOS 1.16", "governor", "unknown", "iommu",
			  "intel", "lab", m->lab, "irqbalance", m->irqbalance, "halt_poll_ns", 200000));
	mk_manifest_what(m, j);
	json_object_set_new(j, "search",
			    json_pack("{s:s,s:n,s:n}", "mode", "list", "chosen_depth", "reason"));
	json_object_set_new(j, "clock",
			    json_pack("{s:s,s:I,s:f,s:f,s:i}", "method", "ping", "offset_ns",
				      (json_int_t)4812345678901LL, "drift_ppm", 0.4, "bound_ns",
				      m->clock_bound_ns, "pings", 48));
	json_object_set_new(j, "collectors", mk_collectors(m));
	json_object_set_new(j, "sampling",
			    json_pack("{s:I,s:f}", "interval_ns", (json_int_t)MK_TICK, "cpu_share",
				      m->sampler_cpu_share));
	json_object_set_new(j, "warnings", json_array());
	json_object_set_new(j, "fio",
			    json_pack("{s:I,s:I,s:f}", "completed",
				      (json_int_t)(mk_done(m, mk_finish(m)) * m->fio_ratio), "page_completed",
				      (json_int_t)mk_done(m, mk_finish(m)), "ratio", m->fio_ratio));
	if (m->fio_error)
		json_object_set_new(json_object_get(j, "fio"), "error", json_string(m->fio_error));
	if (m->integrity)
		json_object_set_new(j, "integrity", json_loads(m->integrity, 0, NULL));
	if (m->patch) {
		json_t *patch = json_loads(m->patch, 0, NULL);

		json_object_update_recursive(j, patch);
		json_decref(patch);
	}
	if (m->all_failed)
		json_object_set_new(j, "io_errors",
				    json_pack("{s:i,s:i}", "failed", m->all_failed, "described", m->faults));
}

static inline int mk_topology(const struct mk_run *m, struct pb_rundir *d)
{
	hwloc_topology_t topo;
	char *xml = NULL;
	int len = 0, ret = -1;

	if (!m->topology)
		return 0;
	hwloc_topology_init(&topo);
	if (hwloc_topology_set_synthetic(topo, m->topology) == 0 && hwloc_topology_load(topo) == 0 &&
	    hwloc_topology_export_xmlbuffer(topo, &xml, &len, 0) == 0) {
		ret = pb_rundir_put(d, "topology.xml", xml, strlen(xml), NULL);
		hwloc_free_xmlbuffer(topo, xml);
	}
	hwloc_topology_destroy(topo);
	return ret;
}

/* Writes the whole run directory at `path` (absent or empty). 0 or negative. */
static inline int mk_write(const struct mk_run *m, const char *path)
{
	static const char fio[] =
		"[global]\nioengine=passthru\nfilename=${PASSBENCH_DISK}\nrw=randread\nbs=4k\n"
		"direct=1\ntime_based=1\n\n[job]\niodepth=64\n";
	static const char json[] = "{\n  \"fio version\": \"fio-3.33\",\n  \"jobs\": []\n}\n";
	bool local = strcmp(m->path, "local") == 0;
	struct pb_rundir d;
	int bad;

	if (pb_rundir_create(&d, path, NULL))
		return -1;
	mk_manifest(m, d.manifest);
	bad = pb_rundir_put(&d, "profile.fio", fio, sizeof(fio) - 1, NULL);
	bad |= pb_rundir_put(&d, "guest/guest0/fio.json", json, sizeof(json) - 1, NULL);
	bad |= mk_steps_csv(m, &d) | mk_latency_csv(m, &d) | mk_engine_csv(m, &d) | mk_errors_csv(m, &d);
	bad |= mk_integrity_csv(m, &d) | mk_block_csv(m, &d);
	bad |= mk_guest_interrupts(m, &d) | mk_cpu_csv(m, &d, "guest/guest0/cpu.csv", MK_VCPUS);
	bad |= mk_host_interrupts(m, &d) | mk_affinity(m, &d) | mk_cpu_csv(m, &d, "host/cpu.csv", MK_CPUS);
	bad |= mk_pcie(m, &d) | mk_topology(m, &d);
	if (!local)
		bad |= mk_threads(m, &d) | mk_kvm(m, &d);
	for (int i = 0; i < MK_PUT; i++)
		if (m->put[i].file)
			bad |= pb_rundir_put(&d, m->put[i].file, m->put[i].text, strlen(m->put[i].text),
					     NULL);
	bad |= pb_rundir_seal(&d, NULL);
	pb_rundir_close(&d);
	return bad ? -1 : 0;
}

#endif
