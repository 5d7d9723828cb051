/*
 * The checks behind `passbench check`, in the order a person would ask:
 * can guests run here, can disks be passed, what can be counted, how is this disk.
 */
#include "engine/run/check.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine/collectors/blockstack.h"
#include "engine/collectors/collector.h"
#include "engine/collectors/hostinfo.h"
#include "engine/collectors/pcidev.h"
#include "engine/collectors/pcishare.h"
#include "engine/collectors/reason.h"
#include "engine/lib/guest_sources.h"
#include "engine/lib/interlock.h"
#include "engine/lib/json.h"
#include "engine/run/guest/disk_remote.h"
#include "engine/run/host/savemachine.h"
#include "engine/run/host/spawn.h"
#include "engine/run/host/tools.h"

#define SOURCES_MS 30000

struct check {
	const struct pb_root *root;
	json_t *items;
	const json_t *saved; /* of a saved machine: what was found there, or NULL */
	int status;
};

static void add(struct check *c, const char *area, const char *name, const char *state, const char *action,
		const char *fmt, ...) __attribute__((format(printf, 6, 7)));

static void add(struct check *c, const char *area, const char *name, const char *state, const char *action,
		const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(c->items, json_pack("{s:s,s:s,s:s,s:s,s:s}", "area", area, "name", name,
						  "state", state, "text", text, "action", action));
	if (!strcmp(state, "unsafe"))
		c->status = PB_UNSAFE;
	else if (!strcmp(state, "missing") && c->status == 0)
		c->status = PB_MISSING;
}

/* A saved machine's own verdict where files cannot give one. */
static bool add_saved(struct check *c, const char *area, const char *name)
{
	const json_t *item = pb_savemachine_verdict(c->saved, area, name);

	if (item)
		add(c, area, name, pb_json_str(item, "state", "info"), pb_json_str(item, "action", ""), "%s",
		    pb_json_str(item, "text", ""));
	return item != NULL;
}

static void check_kvm(struct check *c)
{
	if (add_saved(c, "guest", "kvm"))
		return;
	if (!pb_root_exists(c->root, "/dev/kvm"))
		add(c, "guest", "kvm", "missing",
		    "enable virtualization in the firmware; modprobe kvm_intel or kvm_amd",
		    "/dev/kvm is not there: no guest can be launched");
	else if (c->root->live && access("/dev/kvm", R_OK | W_OK) < 0)
		add(c, "guest", "kvm", "missing", "run as root", "/dev/kvm: %s", strerror(errno));
	else
		add(c, "guest", "kvm", "ok", "", "/dev/kvm is usable");
}

static void check_iommu(struct check *c)
{
	struct pb_strv groups = {0};

	pb_root_list(c->root, &groups, "/sys/kernel/iommu_groups");
	if (groups.n)
		add(c, "guest", "iommu", "ok", "", "IOMMU is on: %zu groups", groups.n);
	else
		add(c, "guest", "iommu", "missing",
		    "enable VT-d or AMD-Vi in the firmware and boot with intel_iommu=on (AMD: on by default)",
		    "no IOMMU groups: disks cannot be passed through with VFIO (virtio-blk and local still "
		    "work)");
	pb_strv_fini(&groups);
}

static void check_programs(struct check *c)
{
	const char *qemu = getenv("PASSBENCH_QEMU");
	const char *argv[] = {qemu && qemu[0] ? qemu : "qemu-system-x86_64", "--version", NULL};
	struct pb_err why = PB_ERR_INIT;
	struct pb_buf out = {0};
	struct utsname un;
	char agent[PATH_MAX];

	if (c->saved) { /* the programs here are not those of the machine that was saved */
		add_saved(c, "guest", "qemu");
		add_saved(c, "guest", "agent");
		add_saved(c, "guest", "kernel");
		return;
	}
	if (pb_spawn_capture(argv, &out, 4096, &why) == 0 && out.data) {
		out.data[strcspn(out.data, "\n")] = '\0';
		add(c, "guest", "qemu", "ok", "", "%s", out.data);
	} else {
		add(c, "guest", "qemu", "missing", "install qemu-system-x86, or set PASSBENCH_QEMU",
		    "%s does not run: %s", argv[0], why.msg[0] ? why.msg : "it failed");
	}
	pb_buf_fini(&out);
	why = (struct pb_err)PB_ERR_INIT;
	if (pb_tool_agent(agent, sizeof(agent), &why) == 0)
		add(c, "guest", "agent", "ok", "", "%s", agent);
	else
		add(c, "guest", "agent", "missing", "make", "%s", why.msg);
	if (uname(&un) == 0 && pb_root_exists(c->root, "/lib/modules/%s", un.release))
		add(c, "guest", "kernel", "ok", "", "modules of the running kernel %s are there", un.release);
	else
		add(c, "guest", "kernel", "warning", "give --guest launch:kernel=FILE,modules=DIR",
		    "/lib/modules/%s is not there: the micro guest needs a kernel image and its modules",
		    un.release);
}

/* d is NULL when no disk was named. */
static void check_collectors(struct check *c, const struct pb_disk *d)
{
	struct pb_target t = {.root = c->root,
			      .bdf = d && d->bdf[0] ? d->bdf : NULL,
			      .block = d && d->block[0] ? d->block : NULL};

	for (size_t i = 0; pb_collectors[i]; i++) {
		const struct pb_collector *k = pb_collectors[i];
		char why[256] = "";

		if (k->probe(&t, why, sizeof(why)) == 0)
			add(c, "counters", k->name, "ok", "", "%s", k->source);
		else if (strcmp(why, PB_WHY_RECORDED) != 0 || !add_saved(c, "counters", k->name))
			add(c, "counters", k->name, "info", "", "unavailable: %s", why);
	}
}

static void check_host(struct check *c)
{
	json_t *host = NULL;
	const char *governor;

	if (pb_hostinfo(c->root, &host, NULL) < 0)
		return;
	add(c, "host", "machine", "info", "", "%s, %lld CPUs, %lld NUMA nodes, kernel %s",
	    pb_json_str(host, "cpu_model", "CPU unknown"), (long long)pb_json_i64(host, "cpus", 0),
	    (long long)pb_json_i64(host, "numa_nodes", 0), pb_json_str(host, "kernel", "unknown"));
	governor = pb_json_str(host, "governor", NULL);
	if (governor && strcmp(governor, "performance") != 0)
		add(c, "host", "governor", "warning", "cpupower frequency-set -g performance",
		    "CPU frequency governor is %s: latencies at low depth include clock ramps", governor);
	if (json_is_true(json_object_get(host, "irqbalance")))
		add(c, "host", "irqbalance", "warning",
		    "irqbalance --banmod=vfio, or stop it while measuring",
		    "irqbalance runs: it moves vfio vectors every 10 s");
	json_decref(host);
}

static void check_use(struct check *c, const struct pb_disk *d)
{
	struct pb_strv blocks = {0};
	struct pb_err why;

	if (d->bdf[0])
		pb_disk_blocks(c->root, d->bdf, &blocks);
	else
		pb_strv_add(&blocks, d->block);
	for (size_t i = 0; i < blocks.n; i++) {
		why = (struct pb_err)PB_ERR_INIT;
		if (pb_interlock_check(c->root, blocks.v[i], false, &why) < 0)
			add(c, "disk", blocks.v[i], "unsafe", "", "%s", why.msg);
		else
			add(c, "disk", blocks.v[i], "ok", "", "/dev/%s is not in use", blocks.v[i]);
	}
	if (!blocks.n)
		add(c, "disk", d->bdf, "info", "", "%s has no block device on this host; driver: %s", d->bdf,
		    d->driver[0] ? d->driver : "none");
	pb_strv_fini(&blocks);
}

/* A link is as good as both its ends: less than that is worth a look, more than that nobody can have. */
static void check_link(struct check *c, const struct pb_pcichain *chain, size_t i)
{
	const struct pb_pcidev *h = &chain->hop[i];
	const char *what = pb_pci_kind_name(h->kind);
	int64_t speed, width;

	if (h->speed_mgts == PB_NA || h->width == PB_NA)
		return;
	pb_pcichain_link_max(chain, i, &speed, &width);
	if (speed == PB_NA || width == PB_NA) {
		speed = h->max_speed_mgts;
		width = h->max_width;
	}
	if ((speed != PB_NA && h->speed_mgts < speed) || (width != PB_NA && h->width < width))
		add(c, "disk", "link", "warning",
		    "look again under load; if it stays, reseat the disk or check the slot",
		    "%s %s runs at %.1f GT/s x%lld, it could %.1f GT/s x%lld", what, h->bdf,
		    (double)h->speed_mgts / 1e3, (long long)h->width, (double)speed / 1e3, (long long)width);
	else if (h->max_speed_mgts > speed || h->max_width > width)
		add(c, "disk", "link", "ok", "",
		    "%s %s: %.1f GT/s x%lld, all that the other end can; by itself it could %.1f GT/s x%lld",
		    what, h->bdf, (double)h->speed_mgts / 1e3, (long long)h->width,
		    (double)h->max_speed_mgts / 1e3, (long long)h->max_width);
	else
		add(c, "disk", "link", "ok", "", "%s %s: %.1f GT/s x%lld", what, h->bdf,
		    (double)h->speed_mgts / 1e3, (long long)h->width);
}

/* Other disks behind the same ports: said for each port where it is more than below it. */
static void check_shared(struct check *c, const struct pb_pcichain *chain)
{
	struct pb_pcishare *share = calloc(chain->n, sizeof(*share));
	size_t said = 0;

	if (share && pb_pcishare_find(c->root, chain, share) == 0)
		for (size_t i = 1; i < chain->n; i++) {
			if (share[i].disks <= said)
				continue;
			said = share[i].disks;
			add(c, "disk", "shared", "info", "", "%s %s is shared with %zu other disk%s: %s",
			    pb_pci_kind_name(chain->hop[i].kind), chain->hop[i].bdf, said,
			    said > 1 ? "s" : "", share[i].text);
		}
	free(share);
}

/* What a layer below the disk means for the data on it; NULL: nothing to say beyond its name. */
static const char *layer_risk(const json_t *l)
{
	const char *kind = pb_json_str(l, "kind", ""), *detail = pb_json_str(l, "detail", "");

	if (!strcmp(kind, "raid") && pb_json_i64(l, "degraded", 0) > 0)
		return "replace the missing members; a degraded RAID is slower and near its end";
	if (!strcmp(kind, "raid") && (!strcmp(detail, "raid0") || !strcmp(detail, "linear")))
		return "no redundancy: one failing disk loses all of it";
	if (!strncmp(kind, "snapshot", 8))
		return "remove the snapshot before measuring: first writes are copied";
	if (!strncmp(kind, "thin", 4))
		return "first writes allocate: write the disk once before measuring (--precondition)";
	if (!strcmp(kind, "loop"))
		return "a file of the host: its file system and page cache are measured too";
	return NULL;
}

/* RAID, LVM, snapshots and encryption that the disk stands on. */
static void check_stack(struct check *c, const struct pb_disk *d)
{
	json_t *stack = NULL, *l;
	size_t i;

	if (!d->block[0] || pb_blockstack_read(c->root, d->block, &stack) < 0)
		return;
	json_array_foreach(stack, i, l)
	{
		const char *kind = pb_json_str(l, "kind", ""), *detail = pb_json_str(l, "detail", "");
		const char *risk = layer_risk(l);

		if (!strcmp(kind, "disk"))
			continue;
		add(c, "disk", "stack", risk ? "warning" : "info", risk ? risk : "", "%.64s: %s%s%.200s",
		    pb_json_str(l, "name", ""), kind, detail[0] ? " " : "", detail);
	}
	json_decref(stack);
}

static void check_pci(struct check *c, const struct pb_disk *d)
{
	struct pb_pcichain chain = {0};

	if (!d->bdf[0] || pb_pcidev_chain(c->root, d->bdf, &chain, NULL) < 0)
		return;
	for (size_t i = 0; i < chain.n; i++)
		check_link(c, &chain, i);
	check_shared(c, &chain);
	if (chain.hop[0].numa_node == PB_NA || chain.hop[0].numa_node < 0)
		add(c, "disk", "numa", "info", "", "the firmware does not say which NUMA node %s is on",
		    d->bdf);
	else
		add(c, "disk", "numa", "ok", "", "NUMA node %lld, local CPUs %s",
		    (long long)chain.hop[0].numa_node, chain.hop[0].local_cpus);
	pb_pcichain_fini(&chain);
}

/* What the agent could record of that disk. */
static void check_sources(struct check *c, struct pb_conn *conn, const char *block)
{
	json_t *reply = NULL;

	pb_conn_ask(conn, "sources", json_pack("{s:{s:s+}}", "disk", "path", "/dev/", block), SOURCES_MS,
		    &reply, NULL);
	for (size_t i = 0; i < PB_GUEST_SOURCES; i++) {
		const struct pb_guest_source *g = &pb_guest_sources[i];
		char status[200];
		bool ok = pb_agent_source_status(json_object_get(reply, "sources"), g->name, status,
						 sizeof(status));

		add(c, "guest", g->name, ok ? "ok" : "info", "", "%s", ok ? g->source : status);
	}
	json_decref(reply);
}

/* An existing guest: can it be reached, and is the disk there? Nothing is started in it but the agent. */
static void check_remote(struct check *c, const char *what, const struct pb_guest_spec *spec)
{
	struct pb_guest g = {.spec = spec, .root = c->root, .readonly = true};
	struct pb_err why = PB_ERR_INIT;
	struct pb_disk d;
	char path[16];
	int rc = spec->kind->preflight(&g, &why);

	rc = rc < 0 ? rc : spec->kind->start(&g, &why);
	if (rc < 0) {
		add(c, "guest", "agent", "missing", "", "%s", why.msg);
	} else {
		add(c, "guest", "agent", "ok", "", "agent %.60s, kernel %.60s",
		    pb_json_str(g.conn.hello, "agent", "?"), pb_json_str(g.conn.hello, "kernel", "?"));
		rc = what ? pb_disk_remote(&g.conn, what, &d, path, sizeof(path), &why) : 0;
		if (rc < 0)
			add(c, "disk", "identity", why.status == PB_UNSAFE ? "unsafe" : "missing", "", "%s",
			    why.msg);
		else if (what)
			add(c, "disk", "identity", "ok", "",
			    "in the guest: /dev/%s model '%s' serial '%s' firmware '%s', path %s", d.block,
			    d.model, d.serial, d.firmware, path);
		if (rc == 0 && what)
			check_sources(c, &g.conn, d.block);
	}
	spec->kind->stop(&g);
}

static int check_disk(struct check *c, const char *what, const struct pb_guest_spec *spec, struct pb_err *err)
{
	struct pb_disk d;
	struct pb_guest g = {.spec = spec, .root = c->root, .disk = &d, .readonly = true};
	struct pb_err why = PB_ERR_INIT;
	int rc = pb_disk_find(c->root, what, &d, err);

	if (rc < 0)
		return rc;
	add(c, "disk", "identity", "info", "", "%s%s%s model '%s' serial '%s' firmware '%s'", d.bdf,
	    d.block[0] ? " /dev/" : "", d.block, d.model, d.serial, d.firmware);
	check_use(c, &d);
	check_stack(c, &d);
	check_pci(c, &d);
	if (c->root->live && spec->kind->preflight(&g, &why) < 0)
		add(c, "disk", "attach", why.status == PB_UNSAFE ? "unsafe" : "missing", "", "%s", why.msg);
	else if (c->root->live)
		add(c, "disk", "attach", "ok", "", "can be attached: guest %s, path %s", spec->kind->name,
		    spec->kind->path(spec));
	check_collectors(c, &d);
	return 0;
}

static int check_all(struct check *c, const char *disk, const struct pb_guest_spec *spec, struct pb_err *err)
{
	const struct pb_root *root = c->root;
	struct pb_strv disks = {0};

	check_host(c);
	if (spec->kind->remote) {
		check_remote(c, disk, spec);
		check_collectors(c, NULL);
		return 0;
	}
	check_kvm(c);
	check_iommu(c);
	check_programs(c);
	if (disk)
		return check_disk(c, disk, spec, err);
	check_collectors(c, NULL);
	pb_disk_list(root, &disks);
	for (size_t i = 0; i < disks.n; i++)
		add(c, "disks", "disk", "info", "", "%s", disks.v[i]);
	pb_strv_fini(&disks);
	return 0;
}

int pb_check(const struct pb_root *root, const char *disk, const struct pb_guest_spec *spec, json_t **items,
	     struct pb_err *err)
{
	json_t *saved = pb_savemachine_load(root);
	struct check c = {.root = root, .items = json_array(), .saved = saved};
	int rc = check_all(&c, disk, spec, err);

	json_decref(saved);
	if (rc < 0) {
		json_decref(c.items);
		return rc;
	}
	*items = c.items;
	return c.status;
}
