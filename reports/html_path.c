/*
 * The disk's path through the machine: a chain of boxes, a drawing of interrupts and
 * vCPUs on host CPUs (path.c), and hwloc's drawing of the whole host.
 */
#include <math.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "reports/format.h"
#include "reports/html.h"
#include "reports/path.h"

static void box(struct pb_page *p, const char *head, const char *text)
{
	pb_html_add(p, "<li><b>%1</b><span>%2</span></li>\n", head, text);
}

/* One hop of pcie.csv: address, kind, negotiated link and, where it is less, what it could be. */
static void hop_box(struct pb_page *p, const struct pb_table *t, size_t row)
{
	double speed = pb_table_num(t, row, pb_table_col(t, "link_speed_gts"));
	double width = pb_table_num(t, row, pb_table_col(t, "link_width"));
	double max_speed = pb_table_num(t, row, pb_table_col(t, "max_link_speed_gts"));
	double max_width = pb_table_num(t, row, pb_table_col(t, "max_link_width"));
	double node = pb_table_num(t, row, pb_table_col(t, "numa_node"));
	struct pb_buf b = {0};
	char could[64];

	pb_escape_add(&b, PB_ESCAPE_NONE, pb_table_str(t, row, pb_table_col(t, "kind")));
	if (isfinite(speed) && isfinite(width))
		pb_buf_printf(&b, ", %g GT/s x%g", speed, width);
	if (speed < max_speed || width < max_width) {
		snprintf(could, sizeof(could), "%g GT/s x%g", max_speed, max_width);
		pb_buf_str(&b, " (");
		pb_escape_fmt(&b, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_PATH_COULD_BE), could);
		pb_buf_str(&b, ")");
	}
	if (node >= 0) {
		pb_buf_str(&b, ", ");
		pb_escape_fmt(&b, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_PATH_NODE), pb_format_num(node).s);
	}
	box(p, pb_table_str(t, row, pb_table_col(t, "bdf")), b.data);
	pb_buf_fini(&b);
}

/* Hops of the first instant, from the root port towards the disk. */
static void hop_boxes(struct pb_page *p)
{
	struct pb_table *t = NULL;
	int64_t first;
	size_t n;

	if (pb_table_read(&t, p->facts->in->dir->fd, "host/pcie.csv", NULL) < 0)
		return;
	first = pb_table_rows(t) ? pb_table_i64(t, 0, 0) : PB_NA;
	for (n = 0; n < pb_table_rows(t) && pb_table_i64(t, n, 0) == first; n++)
		;
	while (n-- > 0)
		hop_box(p, t, n);
	pb_table_free(t);
}

static void chain(struct pb_page *p)
{
	const json_t *m = p->facts->manifest, *guest = json_object_get(m, "guest"),
		     *disk = json_object_get(m, "disk");
	const char *path = pb_json_str(disk, "path", "");
	int64_t group = pb_json_i64(disk, "iommu_group", -1);
	struct pb_buf text = {0};

	pb_html_add(p, "<ol class=chain>\n");
	if (strcmp(path, "local") != 0) {
		pb_escape_fmt(&text, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_PATH_GUEST),
			      pb_json_str(guest, "name", "guest"),
			      pb_format_int(pb_json_i64(guest, "vcpus", 0)).s);
		box(p, text.data, pb_json_str(guest, "backend", ""));
		box(p, pb_json_str(json_object_get(guest, "disk"), "name", "disk"),
		    pb_messages_get(PB_MSG_PATH_DRIVER));
		pb_buf_clear(&text);
	}
	if (!strcmp(path, "vfio")) {
		pb_escape_fmt(&text, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_SET_IOMMU_GROUP),
			      pb_format_int(group).s);
		box(p, "vfio-pci", group >= 0 ? text.data : "");
	} else if (strcmp(path, "local") != 0) {
		box(p, path, pb_json_str(json_object_get(m, "attach"), "cache", ""));
	}
	hop_boxes(p);
	box(p, pb_json_str(disk, "model", "disk"), pb_json_str(disk, "serial", ""));
	pb_html_add(p, "</ol>\n");
}

void pb_html_path(struct pb_page *p)
{
	struct pb_buf svg = {0};

	pb_html_heading(p, "path", PB_MSG_H_PATH);
	chain(p);
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
	pb_html_redo(p, PB_CHART_LSTOPO);
	pb_html_add(p, "</div>");
	pb_html_add(p, "</details>\n");
}
