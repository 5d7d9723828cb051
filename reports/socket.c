/*
 * hwloc finds where a PCI device is attached. The topology is the one the run saved; nothing is asked of this
 * machine.
 */
#include "reports/socket.h"

#include <fcntl.h>
#include <hwloc.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/csv.h"

/* As large as any export of a machine with thousands of CPUs; more is not one. */
#define XML_MAX (64 << 20)

static char *slurp(int dirfd, const char *name, size_t *len)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size < XML_MAX)
		text = malloc((size_t)st.st_size + 1);
	for (*len = 0; text && (n = read(fd, text + *len, (size_t)st.st_size - *len)) > 0;)
		*len += (size_t)n;
	close(fd);
	if (text)
		text[(*len)++] = '\0'; /* hwloc counts the ending NUL */
	return text;
}

static void look(struct pb_socket *s, hwloc_topology_t topo, const char *bdf)
{
	hwloc_obj_t obj = hwloc_get_pcidev_by_busidstring(topo, bdf), up;

	s->packages = hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_PACKAGE);
	s->nodes = hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_NUMANODE);
	up = obj ? hwloc_get_non_io_ancestor_obj(topo, obj) : NULL;
	if (!up)
		return;
	if (up->nodeset && hwloc_bitmap_weight(up->nodeset) == 1)
		s->node = hwloc_bitmap_first(up->nodeset);
	for (; up && up->type != HWLOC_OBJ_PACKAGE; up = up->parent)
		;
	if (up)
		s->package = (int64_t)up->os_index;
	else if (s->packages == 1)
		s->package = (int64_t)hwloc_get_obj_by_type(topo, HWLOC_OBJ_PACKAGE, 0)->os_index;
}

void pb_socket_read(struct pb_socket *s, int dirfd, const char *bdf)
{
	hwloc_topology_t topo;
	size_t len;
	char *xml;

	*s = (struct pb_socket){.package = PB_NA, .node = PB_NA};
	xml = slurp(dirfd, "topology.xml", &len);
	if (!xml || hwloc_topology_init(&topo)) {
		free(xml);
		return;
	}
	hwloc_topology_set_io_types_filter(topo, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
	if (!hwloc_topology_set_xmlbuffer(topo, xml, (int)len) && !hwloc_topology_load(topo))
		look(s, topo, bdf);
	hwloc_topology_destroy(topo);
	free(xml);
}
