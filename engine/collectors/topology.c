/*
 * Exports the topology once per run. Draws nothing: the reports do, from the
 * XML and its lstopoStyle infos.
 */
#include "engine/collectors/topology.h"

#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/pcidev.h"

#define STYLE_DISK "Background=#c0392b;Text=#ffffff"
#define STYLE_PATH "Background=#f5b7b1;Text=#000000"

static char *set_variable(const char *name, const char *value)
{
	const char *old = getenv(name);
	char *copy = old ? strdup(old) : NULL;

	setenv(name, value, 1);
	return copy;
}

static void restore_variable(const char *name, char *old)
{
	if (old)
		setenv(name, old, 1);
	else
		unsetenv(name);
	free(old);
}

static int load(hwloc_topology_t *topo)
{
	if (hwloc_topology_init(topo))
		return -ENOMEM;
	hwloc_topology_set_io_types_filter(*topo, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
	hwloc_topology_set_type_filter(*topo, HWLOC_OBJ_MISC, HWLOC_TYPE_FILTER_KEEP_ALL);
	if (!hwloc_topology_load(*topo))
		return 0;
	hwloc_topology_destroy(*topo);
	return -ENODEV;
}

/* hwloc takes a recorded root from HWLOC_FSROOT only; the variables are put back afterwards. */
static int load_recorded(const char *path, hwloc_topology_t *topo)
{
	char *fsroot = set_variable("HWLOC_FSROOT", path);
	char *components = set_variable("HWLOC_COMPONENTS", "linux,stop"); /* no CPUID of this machine */
	int rc = load(topo);

	restore_variable("HWLOC_FSROOT", fsroot);
	restore_variable("HWLOC_COMPONENTS", components);
	return rc;
}

static void mark_disk(hwloc_topology_t topo, const struct pb_pcidev *d)
{
	hwloc_obj_t obj = hwloc_get_pcidev_by_busidstring(topo, d->bdf);
	char text[128], link[64] = "";

	snprintf(text, sizeof(text), "%s driven by %s", d->bdf, d->driver[0] ? d->driver : "no driver");
	hwloc_obj_add_info(hwloc_get_root_obj(topo), "PassbenchDisk", text);
	if (!obj)
		return;
	if (d->speed_mgts != PB_NA && d->width != PB_NA)
		snprintf(link, sizeof(link), "%g GT/s x%d", (double)d->speed_mgts / 1000.0, (int)d->width);
	hwloc_obj_add_info(obj, "lstopoStyle", STYLE_DISK);
	hwloc_obj_add_info(obj, "PassbenchDriver", d->driver[0] ? d->driver : "none");
	if (link[0])
		hwloc_obj_add_info(obj, "PassbenchLink", link);
	snprintf(text, sizeof(text), "disk under test, %s", d->driver[0] ? d->driver : "no driver");
	obj = hwloc_topology_insert_misc_object(topo, obj, text);
	if (obj)
		hwloc_obj_add_info(obj, "lstopoStyle", STYLE_DISK);
}

/* A bridge is found as the parent of what hangs below it: hwloc looks up devices by address, not bridges. */
static void mark_path(hwloc_topology_t topo, const char *bdf)
{
	hwloc_obj_t obj = hwloc_get_pcidev_by_busidstring(topo, bdf);

	for (obj = obj ? obj->parent : NULL; obj && obj->type == HWLOC_OBJ_BRIDGE; obj = obj->parent)
		if (obj->attr->bridge.upstream_type == HWLOC_OBJ_BRIDGE_PCI)
			hwloc_obj_add_info(obj, "lstopoStyle", STYLE_PATH);
}

static int mark(hwloc_topology_t topo, const struct pb_root *root, const char *bdf, struct pb_err *err)
{
	struct pb_pcichain chain;
	int rc = pb_pcidev_chain(root, bdf, &chain, err);

	if (rc)
		return rc;
	mark_path(topo, chain.hop[0].bdf);
	mark_disk(topo, &chain.hop[0]);
	pb_pcichain_fini(&chain);
	return 0;
}

int pb_topology_export(const struct pb_root *root, const char *bdf, struct pb_buf *xml, struct pb_err *err)
{
	hwloc_topology_t topo;
	char *text;
	int len, rc = root->live ? load(&topo) : load_recorded(root->path, &topo);

	if (rc)
		return pb_fail(err, PB_MISSING, -rc, "hwloc cannot read the topology of %s", root->path);
	if (bdf)
		rc = mark(topo, root, bdf, err);
	if (!rc && hwloc_topology_export_xmlbuffer(topo, &text, &len, 0))
		rc = pb_fail(err, PB_MISSING, errno ? errno : EIO, "hwloc cannot export the topology as XML");
	else if (!rc) {
		rc = pb_buf_add(xml, text, strnlen(text, (size_t)len));
		hwloc_free_xmlbuffer(topo, text);
		if (rc)
			pb_fail(err, PB_MISSING, ENOMEM, "out of memory while exporting the topology");
	}
	hwloc_topology_destroy(topo);
	return rc;
}
