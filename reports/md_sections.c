/*
 * The page's judgements as markdown: the same sentences, in tables that a ticket shows.
 */
#include "reports/md_sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/duration.h"
#include "reports/escape.h"
#include "reports/format.h"

#define md(b, ...) pb_escape_fmt(b, PB_ESCAPE_MD, __VA_ARGS__)

static void heading(struct pb_buf *b, enum pb_message id)
{
	md(b, "\n## %1\n\n", pb_messages_get(id));
}

/* "| a | b |" from the parts of a COLS_ message, and the line below; '>' marks columns of numbers. */
void pb_md_columns(struct pb_buf *b, enum pb_message id)
{
	struct pb_buf line = {0};
	const char *s = pb_messages_get(id);
	char name[64];

	for (size_t len; *s; s += len + (s[len] == '|')) {
		len = strcspn(s, "|");
		snprintf(name, sizeof(name), "%.*s", (int)len, s);
		md(b, "| %1 ", *name == '>' ? name + 1 : name);
		pb_buf_str(&line, *name == '>' ? "|--:" : "|---");
	}
	pb_buf_printf(b, "|\n%s|\n", line.data ? line.data : "");
	pb_buf_fini(&line);
}

void pb_md_answers(struct pb_buf *b, const struct pb_facts *f)
{
	for (size_t i = 0; i < PB_ANSWERS; i++) {
		const struct pb_answer *a = &f->answers.v[i];

		md(b, "- **%1** %2 %3", pb_messages_get(a->question), a->word, a->text);
		if (a->finding) {
			pb_buf_str(b, " (");
			md(b, pb_messages_get(PB_MSG_RISK_FINDING), pb_format_int((int64_t)a->finding).s);
			pb_buf_str(b, ")");
		}
		pb_buf_str(b, "\n");
	}
	pb_buf_str(b, "\n");
}

static void entry(struct pb_buf *b, const struct pb_judgement *j)
{
	md(b, "- %1: %2 (%3", pb_messages_get(j->name), j->text, j->source);
	if (j->finding) {
		pb_buf_str(b, ", ");
		md(b, pb_messages_get(PB_MSG_RISK_FINDING), pb_format_int((int64_t)j->finding).s);
	}
	pb_buf_str(b, ")\n");
}

static void level(struct pb_buf *b, const struct pb_judged *all, int area, enum pb_level which,
		  enum pb_message name)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i].level != which ||
		    (area < PB_AREAS ? (int)all->v[i].area != area : all->v[i].area == PB_AREA_NONE))
			continue;
		if (!n++)
			md(b, "%1:\n\n", pb_messages_get(name));
		entry(b, &all->v[i]);
	}
	if (n)
		pb_buf_str(b, "\n");
}

void pb_md_risks(struct pb_buf *b, const struct pb_facts *f)
{
	static const enum pb_message areas[] = {PB_MSG_AREA_DATA, PB_MSG_AREA_CRASH, PB_MSG_AREA_COMPLIANCE};
	static const enum pb_message levels[] = {PB_MSG_LEVEL_HIGH, PB_MSG_LEVEL_MEDIUM, PB_MSG_LEVEL_LOW};

	heading(b, PB_MSG_H_RISKS);
	md(b, "%1\n\n", pb_messages_get(PB_MSG_CAP_RISKS));
	for (int area = 0; area < PB_AREAS; area++) {
		md(b, "### %1\n\n", pb_messages_get(areas[area]));
		for (int l = 0; l < PB_LEVELS; l++)
			level(b, &f->judged, area, (enum pb_level)l, levels[l]);
	}
	level(b, &f->judged, PB_AREAS, PB_LEVEL_UNKNOWN, PB_MSG_RISKS_UNKNOWN);
}

void pb_md_checklist(struct pb_buf *b, const struct pb_facts *f)
{
	heading(b, PB_MSG_H_CHECKLIST);
	pb_md_columns(b, PB_MSG_COLS_CHECKLIST);
	for (size_t i = 0; i < f->judged.n; i++) {
		const struct pb_judgement *j = &f->judged.v[i];

		md(b, "| %1 | %2 | %3 | %4 |\n", pb_messages_get(pb_level_state(j->level)),
		   pb_messages_get(j->name), j->text, j->source);
	}
}

static void rate(struct pb_buf *b, const struct pb_restore_rate *r, enum pb_message some,
		 enum pb_message none)
{
	struct pb_text range = pb_format_bytes_range(r->bytes_s);

	pb_buf_str(b, "- ");
	if (r->step)
		md(b, pb_messages_get(some), pb_format_bytes_s(r->bytes_s.est).s, range.s[0] ? range.s : NULL,
		   pb_format_num(r->step->depth).s);
	else
		md(b, "%1", pb_messages_get(none));
	pb_buf_str(b, "\n");
}

static void restore_rows(struct pb_buf *b, const struct pb_restore *r)
{
	pb_md_columns(b, PB_MSG_COLS_RESTORE);
	for (int i = 0; i < PB_RESTORE_SIZES; i++) {
		struct pb_ci write = pb_restore_seconds(&r->write, r->size_bytes[i]);
		struct pb_ci read = pb_restore_seconds(&r->read, r->size_bytes[i]);

		if (isfinite(r->size_bytes[i]))
			md(b, "| %1 | %2 | %3 | %4 | %5 |\n", pb_format_size(r->size_bytes[i]).s,
			   pb_duration_text(write.est).s, pb_duration_range(write).s,
			   pb_duration_text(read.est).s, pb_duration_range(read).s);
	}
}

void pb_md_restore(struct pb_buf *b, const struct pb_facts *f)
{
	const json_t *profile = json_object_get(f->manifest, "profile");
	const struct pb_restore *r = &f->restore;
	enum pb_message notes[PB_RESTORE_NOTES];
	size_t n = pb_restore_notes(r, notes);

	heading(b, PB_MSG_H_RESTORE);
	if (!r->read.step && !r->write.step) {
		md(b, "%1\n", pb_messages_get(PB_MSG_RESTORE_NO_RATE));
		return;
	}
	rate(b, &r->write, PB_MSG_RESTORE_WRITE, PB_MSG_RESTORE_NO_WRITE);
	rate(b, &r->read, PB_MSG_RESTORE_READ, PB_MSG_RESTORE_NO_READ);
	for (size_t i = 0; i < n; i++) {
		pb_buf_str(b, "- ");
		md(b, pb_messages_get(notes[i]), pb_json_str(profile, "rw", "?"),
		   pb_json_str(profile, "bs", "?"));
		pb_buf_str(b, "\n");
	}
	pb_buf_str(b, "\n");
	restore_rows(b, r);
}

void pb_md_changes(struct pb_buf *b, const struct pb_facts *f)
{
	const struct pb_changes *c = &f->changes;

	heading(b, PB_MSG_H_CHANGES);
	if (!c->n) {
		md(b, "%1\n", pb_messages_get(c->logs ? PB_MSG_CHANGES_NONE : PB_MSG_CHANGES_NO_LOG));
		return;
	}
	pb_md_columns(b, PB_MSG_COLS_HOST_CHANGES);
	for (size_t i = 0; i < c->n; i++) {
		size_t times = pb_change_times(c, i);

		if (times)
			md(b, "| %1 | %2 | %3 | %4 | %5 | %6 | %7 |\n", c->v[i].kind, c->v[i].what,
			   c->v[i].old, c->v[i].now, pb_messages_get(pb_change_word(c->v[i].state)),
			   pb_format_int((int64_t)times).s, c->v[i].log);
	}
}
