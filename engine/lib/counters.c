/*
 * Parser of counter groups: one statement a line, the first word says which. It
 * knows no event by name: libpfm4 and the kernel do.
 */
#include "engine/lib/counters.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct pb_counters *g;
	struct pb_err *err;
	unsigned line;
};

static int reject(struct parser *p, const char *what, const char *text)
{
	return pb_fail(p->err, PB_USAGE, EINVAL, "counter group %s, line %u: %s '%.60s'", p->g->name, p->line,
		       what, text);
}

/* Cuts the first word off *rest; "" when there is none. */
static char *word(char **rest)
{
	char *at = *rest + strspn(*rest, " \t");
	size_t len = strcspn(at, " \t");

	*rest = at + len;
	if (**rest)
		*(*rest)++ = '\0';
	*rest += strspn(*rest, " \t");
	return at;
}

/* Adds text to dst, with a blank between; what does not fit is an error. */
static int append(struct parser *p, char *dst, size_t size, const char *text)
{
	size_t len = strlen(dst), n = strlen(text);

	if (!n)
		return reject(p, "nothing is said about", dst);
	if (len + n + 2 > size)
		return reject(p, "too long:", text);
	if (len)
		dst[len++] = ' ';
	memcpy(dst + len, text, n + 1);
	return 0;
}

/* Lower case, digits and '_', with a letter first. */
static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return islower((unsigned char)text[0]) && !text[len] && len < 32;
}

static bool is_taken(const struct pb_counters *g, const char *name)
{
	for (size_t i = 0; i < g->n_events; i++)
		if (!strcmp(g->event[i].name, name))
			return true;
	for (size_t i = 0; i < g->n_metrics; i++)
		if (!strcmp(g->metric[i].name, name))
			return true;
	return !strcmp(name, "seconds");
}

static int check_name(struct parser *p, const char *name)
{
	if (!is_name(name))
		return reject(p, "a name is lower case letters, digits and '_', not", name);
	return is_taken(p->g, name) ? reject(p, "a name stands twice:", name) : 0;
}

static int event(struct parser *p, char *rest)
{
	struct pb_counter_event *e = &p->g->event[p->g->n_events];
	const char *name = word(&rest), *text = word(&rest);
	int rc = check_name(p, name);

	if (rc)
		return rc;
	if (p->g->n_events == PB_COUNTERS_EVENTS_MAX)
		return reject(p, "more events than can be counted together:", name);
	if (!*text || (!strstr(text, "::") && strncmp(text, "trace:", 6) != 0))
		return reject(p, "an event is PMU::EVENT or trace:SYSTEM:EVENT, not", text);
	if (*rest && strncmp(text, "trace:", 6) != 0)
		return reject(p, "only tracepoints have filters:", rest);
	rc = append(p, e->name, sizeof(e->name), name);
	if (!rc)
		rc = append(p, e->text, sizeof(e->text), text);
	if (!rc && *rest)
		rc = append(p, e->filter, sizeof(e->filter), rest);
	p->g->n_events += !rc;
	return rc;
}

static int metric(struct parser *p, char *rest)
{
	struct pb_counter_metric *m = &p->g->metric[p->g->n_metrics];
	const char *name = word(&rest), *unit = word(&rest), *vars[PB_COUNTERS_EVENTS_MAX + 1];
	char why[96] = "";
	int rc = check_name(p, name);

	if (rc)
		return rc;
	if (p->g->n_metrics == PB_COUNTERS_METRICS_MAX)
		return reject(p, "too many metrics:", name);
	for (size_t i = 0; i < p->g->n_events; i++)
		vars[i] = p->g->event[i].name;
	vars[p->g->n_events] = "seconds";
	rc = append(p, m->name, sizeof(m->name), name);
	if (!rc)
		rc = append(p, m->unit, sizeof(m->unit), unit);
	if (!rc && pb_expr_parse(&m->formula, rest, vars, p->g->n_events + 1, why, sizeof(why)))
		rc = reject(p, why[0] ? why : "no formula", name);
	p->g->n_metrics += !rc;
	return rc;
}

static int statement(struct parser *p, char *rest)
{
	struct pb_counters *g = p->g;
	const char *what = word(&rest);

	if (!*what || *what == '#')
		return 0;
	if (!strcmp(what, "title"))
		return append(p, g->title, sizeof(g->title), rest);
	if (!strcmp(what, "about"))
		return append(p, g->about, sizeof(g->about), rest);
	if (!strcmp(what, "caveat"))
		return append(p, g->caveat, sizeof(g->caveat), rest);
	if (!strcmp(what, "event"))
		return event(p, rest);
	if (!strcmp(what, "metric"))
		return metric(p, rest);
	if (strcmp(what, "default") != 0)
		return reject(p, "no such statement:", what);
	if (strcmp(rest, "yes") != 0 && strcmp(rest, "no") != 0)
		return reject(p, "default is yes or no, not", rest);
	g->preset = !strcmp(rest, "yes");
	return 0;
}

/* Printable ASCII without trailing blanks: what a group says goes to terminals and reports. */
static int clean_line(struct parser *p, char *at)
{
	size_t len = strlen(at);

	while (len && isspace((unsigned char)at[len - 1]))
		at[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (at[i] != '\t' && !isprint((unsigned char)at[i]))
			return reject(p, "only printable ASCII, in", "this line");
	return statement(p, at);
}

int pb_counters_parse(struct pb_counters *g, const char *name, const char *text, size_t len,
		      struct pb_err *err)
{
	struct parser p = {.g = g, .err = err};
	char *all, *at, *next;
	int rc = 0;

	memset(g, 0, sizeof(*g));
	snprintf(g->name, sizeof(g->name), "%.60s", name);
	if (len && memchr(text, '\0', len))
		return pb_fail(err, PB_USAGE, EINVAL, "counter group %s has zero bytes", g->name);
	all = strndup(len ? text : "", len);
	if (!all)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for counter group %s", g->name);
	for (at = all; at && !rc; at = next) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		p.line++;
		rc = clean_line(&p, at);
	}
	free(all);
	if (!rc && !g->n_events)
		rc = reject(&p, "no event in", g->name);
	if (!rc && !g->title[0])
		rc = reject(&p, "no title in", g->name);
	return rc;
}
