/*
 * Time to restore or to back up, at the measured rate and with what that rate is worth.
 */
#include <math.h>

#include "engine/lib/json.h"
#include "reports/duration.h"
#include "reports/html.h"

static void sentence(struct pb_page *p, enum pb_message id, const char *a, const char *b, const char *c)
{
	pb_html_add(p, "<li>");
	pb_html_add(p, pb_messages_get(id), a, b, c);
	pb_html_add(p, "</li>\n");
}

static void rate(struct pb_page *p, const struct pb_restore_rate *r, enum pb_message some,
		 enum pb_message none)
{
	struct pb_text range = pb_format_bytes_range(r->bytes_s);

	if (!r->step)
		sentence(p, none, NULL, NULL, NULL);
	else
		sentence(p, some, pb_format_bytes_s(r->bytes_s.est).s, range.s[0] ? range.s : NULL,
			 pb_format_num(r->step->depth).s);
}

static void row(struct pb_page *p, double size, bool own)
{
	const struct pb_restore *r = &p->facts->restore;
	struct pb_ci write = pb_restore_seconds(&r->write, size), read = pb_restore_seconds(&r->read, size);
	struct pb_text text = pb_format_size(size);

	pb_html_add(p, "<tr><td>");
	pb_html_add(p, own ? pb_messages_get(PB_MSG_RESTORE_THIS) : "%1", text.s);
	pb_html_add(
		p, "</td><td class=n>%1</td><td class=n>%2</td><td class=n>%3</td><td class=n>%4</td></tr>\n",
		pb_duration_text(write.est).s, pb_duration_range(write).s, pb_duration_text(read.est).s,
		pb_duration_range(read).s);
}

void pb_html_restore(struct pb_page *p)
{
	const json_t *profile = json_object_get(p->facts->manifest, "profile");
	const struct pb_restore *r = &p->facts->restore;
	enum pb_message notes[PB_RESTORE_NOTES];
	size_t n = pb_restore_notes(r, notes);

	pb_html_heading(p, "restore", PB_MSG_H_RESTORE);
	if (!r->read.step && !r->write.step) {
		pb_html_add(p, "<p>%1</p>\n", pb_messages_get(PB_MSG_RESTORE_NO_RATE));
		return;
	}
	pb_html_add(p, "<ul class=\"plain dense\">\n");
	rate(p, &r->write, PB_MSG_RESTORE_WRITE, PB_MSG_RESTORE_NO_WRITE);
	rate(p, &r->read, PB_MSG_RESTORE_READ, PB_MSG_RESTORE_NO_READ);
	for (size_t i = 0; i < n; i++)
		sentence(p, notes[i], pb_json_str(profile, "rw", "?"), pb_json_str(profile, "bs", "?"), NULL);
	pb_html_add(p, "</ul>\n");
	pb_html_table(p, "restore", PB_MSG_COLS_RESTORE);
	for (int i = 0; i < PB_RESTORE_SIZES; i++)
		if (isfinite(r->size_bytes[i]))
			row(p, r->size_bytes[i], i == 0);
	pb_html_table_end(p);
}
