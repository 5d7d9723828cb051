/*
 * Shorthand for writing findings. Holds no judgement and no text of its own.
 */
#include "analyzers/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Long enough for any sentence here; vsnprintf cuts what a guest's long name could make of it. */
#define TEXT_MAX 2048

struct pb_finding *pb_say(struct pb_findings *out, const struct pb_rule *rule, const char *family,
			  enum pb_severity sev, const char *title, ...)
{
	struct pb_finding *f = pb_finding_new(out, rule->id, family);
	char text[TEXT_MAX];
	va_list ap;

	if (!f)
		return NULL;
	va_start(ap, title);
	vsnprintf(text, sizeof(text), title, ap);
	va_end(ap);
	f->severity = sev;
	pb_finding_set(&f->title, "%s", text);
	pb_say_nature(f, "high", "none", "-");
	return f;
}

void pb_say_what(struct pb_finding *f, const char *what, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	if (!f)
		return;
	va_start(ap, what);
	vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	pb_finding_set(&f->what, "%s", text);
}

void pb_say_fact(struct pb_finding *f, const struct pb_fact *fact, const char *text, ...)
{
	struct pb_evidence *e =
		f ? pb_finding_evidence(f, fact->file, fact->column ? fact->column : "") : NULL;
	char line[TEXT_MAX];
	va_list ap;

	if (!e)
		return;
	va_start(ap, text);
	vsnprintf(line, sizeof(line), text, ap);
	va_end(ap);
	e->t0_ns = fact->t0_ns ? fact->t0_ns : PB_NA;
	e->t1_ns = fact->t1_ns ? fact->t1_ns : PB_NA;
	e->value = fact->value;
	e->threshold = fact->threshold;
	pb_finding_set(&e->unit, "%s", fact->unit ? fact->unit : "");
	pb_finding_set(&e->source, "%s", fact->source ? fact->source : "");
	pb_finding_set(&e->text, "%s", line);
}

#define PB_SAY_LIST(name)                                                                                    \
	void pb_say_##name(struct pb_finding *f, const char *text, ...)                                      \
	{                                                                                                    \
		char line[TEXT_MAX];                                                                         \
		va_list ap;                                                                                  \
                                                                                                             \
		if (!f)                                                                                      \
			return;                                                                              \
		va_start(ap, text);                                                                          \
		vsnprintf(line, sizeof(line), text, ap);                                                     \
		va_end(ap);                                                                                  \
		pb_finding_plain(line);                                                                      \
		pb_strv_add(&f->name, line);                                                                 \
	}
PB_SAY_LIST(apply)
PB_SAY_LIST(undo)
PB_SAY_LIST(verify)
PB_SAY_LIST(missing)
#undef PB_SAY_LIST

void pb_say_nature(struct pb_finding *f, const char *confidence, const char *risk, const char *change_class)
{
	if (f && confidence)
		pb_finding_set(&f->confidence, "%s", confidence);
	if (f && risk)
		pb_finding_set(&f->risk, "%s", risk);
	if (f && change_class)
		pb_finding_set(&f->change_class, "%s", change_class);
}

bool pb_said(const struct pb_findings *out, const char *family)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->v[i]->severity >= PB_SEV_ADVICE && strcmp(out->v[i]->family, family) == 0)
			return true;
	return false;
}

bool pb_said_rule(const struct pb_findings *out, const char *rule)
{
	for (size_t i = 0; i < out->n; i++)
		if (strcmp(out->v[i]->rule, rule) == 0)
			return true;
	return false;
}

bool pb_said_loud(const struct pb_findings *out, const char *rule)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->v[i]->severity >= PB_SEV_ADVICE && strcmp(out->v[i]->rule, rule) == 0)
			return true;
	return false;
}

static struct pb_finding *found(const struct pb_findings *out, const char *rule)
{
	for (size_t i = 0; i < out->n; i++)
		if (strcmp(out->v[i]->rule, rule) == 0)
			return out->v[i];
	return NULL;
}

void pb_say_lack(struct pb_findings *out, const char *family, const struct pb_rule *rule, const char *text,
		 ...)
{
	char id[64], line[TEXT_MAX];
	struct pb_finding *f;
	va_list ap;

	snprintf(id, sizeof(id), "%s-lacks", family);
	f = found(out, id);
	if (!f)
		f = pb_finding_new(out, id, family);
	va_start(ap, text);
	vsnprintf(line, sizeof(line), text, ap);
	va_end(ap);
	pb_say_missing(f, "%s needs %s", rule->id, line);
}

int pb_say_lacks(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct pb_finding *f = found(out, rule->id);

	(void)run;
	if (!f)
		return 0;
	pb_finding_set(&f->title, "Some rules of the family %s could not be judged here", f->family);
	pb_say_what(f, "Each line names a rule and the counter it lacks. A rule without its counter says "
		       "nothing: neither that something is wrong nor that all is well.");
	pb_say_nature(f, "high", "none", "-");
	return 0;
}
