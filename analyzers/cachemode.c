/*
 * QEMU's cache modes as data. Which one a finding recommends is decided in
 * cache.c; this file knows what they mean and how they are written.
 */
#include "analyzers/cachemode.h"

#include <string.h>

#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

/* QEMU's qemu-options (-blockdev, -drive cache=): docs/rules.md C1 */
static const struct pb_cachemode modes[] = {
	{"none", true, true, false,
	 PB_N("a write completes when the device took it; safe once the guest flushes")},
	{"writeback", true, false, false,
	 PB_N("a write completes in the host's page cache; safe once the guest flushes")},
	{"writethrough", false, false, false,
	 PB_N("every write is flushed before it completes, through the host's page cache")},
	{"directsync", false, true, false,
	 PB_N("every write is flushed before it completes, without the host's page cache")},
	{"unsafe", true, false, true,
	 PB_N("a write completes in the host's page cache and the guest's flushes are ignored")},
};

const struct pb_cachemode *pb_cachemode_find(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

void pb_workload_read(struct pb_workload *w, const struct pb_run *run)
{
	const json_t *p = pb_run_section(run, "profile");
	const char *safety = pb_json_str(p, "safety", "");

	*w = (struct pb_workload){
		.rw = pb_json_str(p, "rw", ""),
		.durability = pb_json_str(p, "durability", ""),
		.safety = safety[0],
		.writes = json_is_true(json_object_get(p, "writes")),
		.direct = json_is_true(json_object_get(p, "direct")),
	};
	w->known = *w->rw && *w->durability && w->safety && json_is_boolean(json_object_get(p, "writes")) &&
		   json_is_boolean(json_object_get(p, "direct"));
}

static bool flushes(const struct pb_workload *w)
{
	return strcmp(w->durability, "none") != 0;
}

const char *pb_workload_class(const struct pb_workload *w)
{
	if (w->writes && flushes(w))
		return PB_N("sync-heavy writes");
	if (strncmp(w->rw, "rand", 4) != 0)
		return "streaming";
	return w->writes ? PB_N("bulk writes without flushes") : PB_N("random reads");
}

const char *pb_cachemode_choose(const struct pb_workload *w)
{
	/* Columns P, C, N of the decision table (docs/rules.md C10). */
	bool spare = w->safety == 'N', crash = w->safety == 'C';

	/* A guest that writes without ever flushing is only safe when the host flushes for it. */
	if (w->writes && !flushes(w) && w->safety == 'P')
		return "directsync";
	/* O_DIRECT in the guest bypasses its own cache on purpose; a second one below defeats that. */
	if (w->direct || (w->writes && flushes(w)))
		return "none";
	if (strncmp(w->rw, "rand", 4) != 0)
		return spare ? "writeback" : "none";
	return spare || crash ? "writeback" : "none";
}

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

static void say_forms(struct pb_finding *f, void (*say)(struct pb_finding *, const char *, ...),
		      const struct pb_run *run, const char *cache, const char *aio)
{
	const char *block = pb_json_str(pb_run_section(run, "disk"), "block", "DEVICE");
	const struct pb_cachemode *m = pb_cachemode_find(cache);

	say(f, "passbench run --attach virtio-blk,cache=%s,aio=%s", cache, aio);
	say(f,
	    "libvirt, in the disk's XML, then restart the domain: <driver name='qemu' type='raw' cache='%s' "
	    "io='%s'/>",
	    cache, aio);
	if (m)
		say(f,
		    "QEMU: -blockdev "
		    "driver=host_device,node-name=disk0,filename=%s,cache.direct=%s,cache.no-flush=%s,aio=%s "
		    "-device virtio-blk-pci,drive=disk0,write-cache=%s",
		    block, on_off(m->direct), on_off(m->no_flush), aio, on_off(m->writeback));
}

void pb_cachemode_say_switch(struct pb_finding *f, const struct pb_run *run, const char *cache,
			     const char *aio)
{
	const json_t *attach = pb_run_section(run, "attach");
	const struct pb_cachemode *m = pb_cachemode_find(cache);

	/* aio=native will not start without cache.direct=on (docs/rules.md C2). */
	if (m && !m->direct && strcmp(aio, "native") == 0)
		aio = "io_uring";
	say_forms(f, pb_say_apply, run, cache, aio);
	say_forms(f, pb_say_undo, run, pb_json_str(attach, "cache", "writeback"),
		  pb_json_str(attach, "aio", "threads"));
	pb_say_verify(f, "QMP query-block: cache.direct=%s, cache.writeback=%s, cache.no-flush=%s",
		      on_off(m && m->direct), on_off(m && m->writeback), on_off(m && m->no_flush));
	pb_say_verify(f, "passbench run again with the same depths, then passbench compare");
	if (f)
		f->params = json_pack("{s:s,s:s,s:s}", "kind", "attach", "cache", cache, "aio", aio);
}
