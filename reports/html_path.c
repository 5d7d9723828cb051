/*
 * The disk's path through the machine: from the processor over each link down to the disk, beside it the
 * guest that uses it; a drawing of interrupts and vCPUs on host CPUs (path.c), and hwloc's drawing of the
 * whole host.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "reports/format.h"
#include "reports/html.h"
#include "reports/occupancy.h"
#include "reports/path.h"
#include "reports/socket.h"

/* A CPU that had less than this share of a thread's samples or a vector's interrupts was passed by. */
#define SHARE_MIN 0.05

/* One box: its head, and the lines below it as an own list of texts. */
static void box(struct pb_page *p, const char *head, const struct pb_strv *lines)
{
	pb_html_add(p, "<li><b>%1</b>", head);
	for (size_t i = 0; i < lines->n; i++)
		pb_html_add(p, "<span>%1</span>", lines->v[i]);
	pb_html_add(p, "</li>\n");
}

/* Adds a sentence when there is something to say in it. */
static void line(struct pb_strv *lines, enum pb_message id, const char *a, const char *b)
{
	char *text = a && *a ? pb_facts_text(pb_messages_get(id), a, b) : NULL;

	if (text)
		pb_strv_add(lines, text);
	free(text);
}

static void processor(struct pb_page *p, const json_t *disk)
{
	struct pb_strv lines = {0};
	int64_t node = pb_json_i64(disk, "numa_node", PB_NA);
	struct pb_socket s;
	char *head;

	pb_socket_read(&s, p->facts->in->dir->fd, pb_json_str(disk, "bdf", ""));
	head = s.package == PB_NA
		       ? pb_facts_text("%1", pb_messages_get(PB_MSG_WAY_PROCESSOR))
		       : pb_facts_text(pb_messages_get(PB_MSG_WAY_PACKAGE), pb_format_int(s.package).s);
	if (s.packages > 1)
		line(&lines, PB_MSG_WAY_OF, pb_format_int(s.packages).s, NULL);
	if (node >= 0)
		line(&lines, PB_MSG_WAY_NODE, pb_format_int(node).s, NULL);
	else
		pb_strv_add(&lines, pb_messages_get(PB_MSG_WAY_NO_NODE));
	line(&lines, PB_MSG_WAY_NEAR, pb_json_str(disk, "local_cpus", ""), NULL);
	box(p, head ? head : "", &lines);
	free(head);
	pb_strv_fini(&lines);
}

/*
 * What is above hop i. From the disk upwards links and the insides of switches take turns: the disk's link
 * ends at the port above it, and that port's way to the next one is inside the switch.
 */
static void link_line(struct pb_page *p, const struct pb_hops *hops, size_t i)
{
	const struct pb_hop *h = &hops->v[i];
	bool inside = i % 2, known = isfinite(h->gts) && isfinite(h->width);

	pb_html_add(p, "<li class=\"link%1\"><span>",
		    inside                ? " inside"
		    : h->degraded         ? " less"
		    : h->shared_disks > 0 ? " shared"
					  : "");
	if (inside || !known)
		pb_html_add(p, "%1", pb_messages_get(inside ? PB_MSG_WAY_INSIDE : PB_MSG_WAY_LINK_UNKNOWN));
	if (!inside && known) {
		pb_html_add(p, pb_messages_get(PB_MSG_WAY_LINK), pb_format_num(h->gts).s,
			    pb_format_num(h->width).s);
		pb_html_add(p, " \xc2\xb7 ");
		pb_html_add(p, pb_messages_get(h->degraded ? PB_MSG_WAY_LINK_LESS : PB_MSG_WAY_LINK_FULL),
			    pb_format_num(h->max_gts).s, pb_format_num(h->max_width).s);
	}
	if (!inside && h->shared_disks > 0) {
		pb_html_add(p, " \xc2\xb7 ");
		pb_html_add(p, pb_messages_get(PB_MSG_WAY_SHARED), h->shared_with);
	}
	pb_html_add(p, "</span></li>\n");
}

static void port(struct pb_page *p, const struct pb_hop *h)
{
	pb_html_add(p, "<li><b>");
	pb_html_add(p,
		    pb_messages_get(strcmp(h->kind, "root-port") ? PB_MSG_WAY_BRIDGE : PB_MSG_WAY_ROOT_PORT),
		    h->bdf);
	pb_html_add(p, "</b></li>\n");
}

/* "dm-1 (crypt), md0 (raid1), sda (disk)": what a block device stands on, unless it is a plain disk. */
static void stack_line(struct pb_strv *lines, const json_t *stack)
{
	struct pb_buf all = {0};
	const json_t *l;
	size_t i;

	if (json_array_size(stack) < 2 &&
	    !strcmp(pb_json_str(json_array_get(stack, 0), "kind", "disk"), "disk"))
		return;
	json_array_foreach((json_t *)stack, i, l)
	{
		const char *kind = pb_json_str(l, "kind", "?");

		pb_escape_fmt(&all, PB_ESCAPE_NONE, i ? ", %1 (%2)" : "%1 (%2)", pb_json_str(l, "name", "?"),
			      strcmp(kind, "raid") != 0 ? kind : pb_json_str(l, "detail", kind));
	}
	line(lines, PB_MSG_WAY_STACK, all.data, NULL);
	pb_buf_fini(&all);
}

/* The disk at the end of the path: what it is, where, in whose hands. */
static void end_of_path(struct pb_page *p, const json_t *disk)
{
	const struct pb_inventory *v = &p->facts->inventory;
	const char *at = pb_json_str(disk, "bdf", pb_json_str(disk, "block", "?"));
	const char *model = pb_json_str(disk, "model", "");
	struct pb_strv lines = {0};

	line(&lines, PB_MSG_WAY_AT, *model ? at : "", NULL);
	stack_line(&lines, json_object_get(disk, "stack"));
	line(&lines, PB_MSG_SET_SERIAL, pb_json_str(disk, "serial", ""), NULL);
	if (v->group >= 0)
		line(&lines, v->group_others.n ? PB_MSG_WAY_GROUP_WITH : PB_MSG_WAY_GROUP,
		     pb_format_int(v->group).s, v->group_others.text);
	if (v->hops.n)
		line(&lines, PB_MSG_WAY_DRIVER, v->hops.v[0].driver, NULL);
	pb_html_add(p, "<li class=end><b>%1</b>", *model ? model : at);
	for (size_t i = 0; i < lines.n; i++)
		pb_html_add(p, "<span>%1</span>", lines.v[i]);
	pb_html_add(p, "</li>\n");
	pb_strv_fini(&lines);
}

static void host_side(struct pb_page *p, const json_t *disk)
{
	const struct pb_hops *hops = &p->facts->inventory.hops;

	pb_html_add(p, "<div><h3 class=sub>%1</h3><ol class=topo>\n", pb_messages_get(PB_MSG_WAY_HOST));
	processor(p, disk);
	for (size_t i = hops->n; i-- > 0;) {
		if (i + 1 < hops->n)
			link_line(p, hops, i);
		if (i > 0)
			port(p, &hops->v[i]);
	}
	end_of_path(p, disk);
	pb_html_add(p, "</ol></div>\n");
}

/* "0, 3": the CPUs that any of the list was on for more than a moment. */
static void cpus_of(struct pb_names *out, const struct pb_occupancy *o, const struct pb_placed *list,
		    size_t n)
{
	for (size_t k = 0; k < o->n_cpu; k++)
		for (size_t i = 0; i < n; i++)
			if (list[i].total > 0 && list[i].on[k] / list[i].total >= SHARE_MIN) {
				pb_names_add(out, o->cpu[k]);
				break;
			}
}

static void placement(struct pb_page *p, const json_t *guest)
{
	struct pb_names vcpus = {0}, vectors = {0};
	struct pb_strv lines = {0};
	struct pb_occupancy o;
	char *head = pb_facts_text(pb_messages_get(PB_MSG_WAY_VCPUS),
				   pb_format_int(pb_json_i64(guest, "vcpus", PB_NA)).s);
	size_t moving = 0;

	if (pb_occupancy_read(&o, p->facts, NULL) < 0)
		memset(&o, 0, sizeof(o));
	cpus_of(&vcpus, &o, o.vcpu, o.n_vcpu);
	cpus_of(&vectors, &o, o.vector, o.n_vector);
	while (moving < o.n_vector && o.vector[moving].total > 0)
		moving++;
	line(&lines, PB_MSG_WAY_SEEN_ON, vcpus.text, NULL);
	box(p, head ? head : "", &lines);
	pb_strv_fini(&lines);
	lines = (struct pb_strv){0};
	if (moving)
		line(&lines, PB_MSG_WAY_VECTORS_ON, pb_format_int((int64_t)moving).s, vectors.text);
	else
		pb_strv_add(&lines, pb_messages_get(PB_MSG_WAY_VECTORS_QUIET));
	box(p, pb_messages_get(PB_MSG_WAY_VECTORS), &lines);
	pb_strv_fini(&lines);
	pb_occupancy_fini(&o);
	free(head);
}

/* Bytes of the guest's memory on each node, from the last rows of guestmem.csv; thp and locked are parts. */
static void memory(struct pb_page *p)
{
	struct pb_table *t = NULL;
	struct pb_strv lines = {0};
	int64_t last;
	size_t n;

	if (pb_table_read(&t, p->facts->in->dir->fd, "host/guestmem.csv", NULL) < 0)
		return;
	n = pb_table_rows(t);
	last = n ? pb_table_i64(t, n - 1, 0) : PB_NA;
	for (int64_t node = 0; node < 1024 && last != PB_NA; node++) {
		double bytes = 0;

		for (size_t i = n; i-- > 0 && pb_table_i64(t, i, 0) == last;)
			if (pb_table_i64(t, i, pb_table_col(t, "node")) == node)
				bytes += fmax(0, pb_table_num(t, i, pb_table_col(t, "bytes")));
		if (bytes > 0)
			line(&lines, PB_MSG_WAY_MEMORY_ON, pb_format_size(bytes).s, pb_format_int(node).s);
	}
	if (lines.n)
		box(p, pb_messages_get(PB_MSG_WAY_MEMORY), &lines);
	pb_strv_fini(&lines);
	pb_table_free(t);
}

static void guest_side(struct pb_page *p, const json_t *disk, const json_t *guest)
{
	const json_t *attach = json_object_get(p->facts->manifest, "attach"),
		     *gd = json_object_get(guest, "disk");
	struct pb_strv lines = {0};

	pb_html_add(p, "<div><h3 class=sub>%1</h3><ol class=topo>\n", pb_messages_get(PB_MSG_WAY_GUEST));
	placement(p, guest);
	memory(p);
	if (json_is_object(attach)) {
		char *text =
			pb_facts_text(pb_messages_get(PB_MSG_WAY_QEMU_DISK), pb_json_str(disk, "path", "?"),
				      pb_json_str(attach, "cache", "?"), pb_json_str(attach, "aio", "?"));

		pb_strv_add(&lines, text ? text : "");
		free(text);
	}
	line(&lines, PB_MSG_SET_QUEUES, pb_format_int(pb_json_i64(gd, "queues", PB_NA)).s, NULL);
	line(&lines, PB_MSG_SET_WRITE_CACHE, pb_json_str(gd, "write_cache", ""), NULL);
	pb_html_add(p, "<li class=end><b>%1 %2</b>", pb_messages_get(PB_MSG_WAY_DISK_IN),
		    pb_json_str(gd, "name", ""));
	for (size_t i = 0; i < lines.n; i++)
		pb_html_add(p, "<span>%1</span>", lines.v[i]);
	pb_html_add(p, "</li>\n</ol></div>\n");
	pb_strv_fini(&lines);
}

void pb_html_path(struct pb_page *p)
{
	const json_t *disk = json_object_get(p->facts->manifest, "disk");
	struct pb_buf svg = {0};

	if (pb_facts_imported(p->facts))
		return; /* nobody described it */
	pb_html_heading(p, "path", PB_MSG_H_PATH);
	pb_html_add(p, "<div class=\"two paths\">\n");
	host_side(p, disk);
	if (strcmp(pb_json_str(disk, "path", ""), "local") != 0)
		guest_side(p, disk, json_object_get(p->facts->manifest, "guest"));
	pb_html_add(p, "</div>\n");
	if (pb_path_draw(&svg, p->facts) > 0) {
		pb_html_add(p, "<figure class=wide><div class=scroll>");
		pb_buf_add(&p->b, svg.data, svg.len);
		pb_html_add(p, "</div><figcaption>%1</figcaption></figure>\n",
			    pb_messages_get(PB_MSG_CAP_PATH));
	}
	pb_buf_fini(&svg);
	pb_html_add(p, "<details><summary>%1</summary>\n", pb_messages_get(PB_MSG_CAP_LSTOPO));
	pb_html_add(p, "<div class=lstopo>");
	pb_html_drawing(p, PB_CHART_LSTOPO);
	pb_html_add(p, "</div>");
	pb_html_redo(p, PB_CHART_LSTOPO);
	pb_html_add(p, "</details>\n");
}
