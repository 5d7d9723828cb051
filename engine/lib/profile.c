/*
 * Parsing of fio job files as far as passbench must understand them: metadata
 * comments, sections, and the options it takes over, derives facts from or
 * cannot allow. Everything else passes through to fio untouched. Finding the
 * files is profile_find.c.
 */
#include "engine/lib/profile.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Steering, telemetry and the disk are passbench's: what a profile says about these is dropped. A '*' ends a
 * prefix. */
static const char *const dropped[] = {
	"ioengine",      "filename",       "directory",       "iodepth",
	"iodepth_low",   "runtime",        "timeout",         "time_based",
	"ramp_time",     "thread",         "direct",          "buffered",
	"page",          "backend",        "group_reporting", "continue_on_error",
	"ignore_error",  "loops",          "number_ios",      "io_size",
	"write_bw_log*", "write_lat_log*", "write_iops_log*", "write_hist_log*",
	"per_job_logs*", "log_avg_msec*",
};

/* These would run programs, change the machine, or make one running job something else. */
static const struct {
	const char *key, *why;
} refused[] = {
	{"exec_prerun", "it runs a program as root"},
	{"exec_postrun", "it runs a program as root"},
	{"include", "a profile is one file"},
	{"ioscheduler", "it changes the machine, which only `passbench tune` does, with an undo log"},
	{"stonewall", "all jobs must run at the same time to be steered together"},
	{"wait_for_previous", "all jobs must run at the same time to be steered together"},
	{"wait_for", "all jobs must run at the same time to be steered together"},
	{"read_iolog", "a replayed trace has its own depth"},
	{"write_iolog", "it writes a file next to the measurement"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct parser {
	struct pb_profile *p;
	struct pb_err *err;
	unsigned line;
	bool in_job, in_global; /* neither: before the first section */
	char rw[32], bs[64];    /* of the current job so far */
	char global_rw[32], global_bs[64];
	unsigned numjobs, global_numjobs;
};

static int reject(struct parser *s, const char *what, const char *text)
{
	return pb_fail(s->err, PB_USAGE, EINVAL, "profile %s, line %u: %s '%.80s'", s->p->name, s->line, what,
		       text);
}

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

/* Adds item to a comma-separated set; silently keeps what fits. */
static void set_add(char *set, size_t size, const char *item)
{
	size_t len = strlen(set), n = strlen(item);
	const char *at = set;

	if (!n)
		return;
	while ((at = strstr(at, item))) {
		if ((at == set || at[-1] == ',') && (at[n] == '\0' || at[n] == ','))
			return;
		at += n;
	}
	if (len + n + 2 > size)
		return;
	if (len)
		set[len++] = ',';
	memcpy(set + len, item, n + 1);
}

static void copy(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);

	if (n >= size)
		n = size - 1;

	memcpy(dst, src, n);
	dst[n] = '\0';
}

/* "# key: value" in front of the first section. Other comments are just comments. */
static int metadata(struct parser *s, char *text)
{
	char *colon = strchr(text, ':'), *key, *value;

	if (!colon || s->in_job || s->in_global)
		return 0;
	*colon = '\0';
	key = trim(text);
	value = trim(colon + 1);
	if (!strcmp(key, "title")) {
		copy(s->p->title, sizeof(s->p->title), value);
	} else if (!strcmp(key, "about")) {
		copy(s->p->about, sizeof(s->p->about), value);
	} else if (!strcmp(key, "durability")) {
		if (strcmp(value, "none") && strcmp(value, "flush") && strcmp(value, "power"))
			return reject(s, "durability must be none, flush or power, not", value);
		copy(s->p->durability, sizeof(s->p->durability), value);
	} else if (!strcmp(key, "safety")) {
		if (strlen(value) != 1 || !strchr("NCP", value[0]))
			return reject(s, "safety must be N, C or P, not", value);
		copy(s->p->safety, sizeof(s->p->safety), value);
	}
	return 0;
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Anything that is not purely read counts as writing: trims, mixes, and what we do not know. */
static bool rw_writes(const char *rw)
{
	return *rw && strcmp(rw, "read") && strcmp(rw, "randread") && !starts(rw, "read:") &&
	       !starts(rw, "randread:");
}

/* The job that ends here becomes part of the facts. */
static void end_job(struct parser *s)
{
	const char *rw = s->rw[0] ? s->rw : s->global_rw[0] ? s->global_rw : "read";

	if (!s->in_job)
		return;
	set_add(s->p->rw, sizeof(s->p->rw), rw);
	set_add(s->p->bs, sizeof(s->p->bs), s->bs[0] ? s->bs : s->global_bs[0] ? s->global_bs : "4k");
	if (rw_writes(rw))
		s->p->writes = true;
	s->p->jobs += s->numjobs ? s->numjobs : s->global_numjobs ? s->global_numjobs : 1;
	s->rw[0] = s->bs[0] = '\0';
	s->numjobs = 0;
}

static int section(struct parser *s, char *text)
{
	char *end = strchr(text, ']');

	if (!end || end[1] || end == text + 1)
		return reject(s, "not a section header:", text);
	end_job(s);
	*end = '\0';
	s->in_global = !strcmp(text + 1, "global");
	s->in_job = !s->in_global;
	return pb_buf_printf(&s->p->body, "\n[%s]\n", text + 1);
}

static bool is_dropped(const char *key)
{
	size_t i;

	for (i = 0; i < COUNT(dropped); i++) {
		size_t n = strlen(dropped[i]);

		if (dropped[i][n - 1] == '*' ? !strncmp(key, dropped[i], n - 1) : !strcmp(key, dropped[i]))
			return true;
	}
	return false;
}

static bool is_any(const char *key, const char *a, const char *b)
{
	return !strcmp(key, a) || !strcmp(key, b);
}

static int fact(struct parser *s, const char *key, const char *value)
{
	bool off = !strcmp(value, "0") || !strcmp(value, "none");

	if (is_any(key, "rw", "readwrite")) {
		copy(s->in_global ? s->global_rw : s->rw, sizeof(s->rw), value);
	} else if (is_any(key, "bs", "blocksize") || is_any(key, "bssplit", "bsrange")) {
		copy(s->in_global ? s->global_bs : s->bs, sizeof(s->bs), value);
	} else if (is_any(key, "rate", "rate_iops")) {
		s->p->paced |= !off;
	} else if (!strcmp(key, "numjobs")) {
		char *end;
		unsigned long n = strtoul(value, &end, 10);

		if (*end || n < 1 || n > 64)
			return reject(s, "numjobs must be 1 to 64, not", value);
		*(s->in_global ? &s->global_numjobs : &s->numjobs) = (unsigned)n;
	} else if (is_any(key, "fsync", "fdatasync") || is_any(key, "sync", "sync_file_range")) {
		s->p->fsync |= !off;
	}
	return 0;
}

static int option(struct parser *s, char *text)
{
	char *eq = strchr(text, '='), *key, *value;
	size_t i;
	int rc;

	if (eq)
		*eq = '\0';
	key = trim(text);
	value = eq ? trim(eq + 1) : NULL;
	for (i = 0; i < COUNT(refused); i++) {
		/* "include FILE" has no equals sign */
		if (!strcmp(key, refused[i].key) ||
		    (!strcmp(refused[i].key, "include") && starts(key, "include ")))
			return pb_fail(s->err, PB_USAGE, EINVAL,
				       "profile %s, line %u: '%s' cannot be used: %s", s->p->name, s->line,
				       refused[i].key, refused[i].why);
	}
	if (!s->in_job && !s->in_global)
		return reject(s, "an option before the first [section]:", key);
	if (strpbrk(key, " \t\"'") || !*key)
		return reject(s, "not an option of a fio job file:", key);
	if (is_dropped(key))
		return 0;
	rc = fact(s, key, value ? value : "1");
	if (rc)
		return rc;
	return value ? pb_buf_printf(&s->p->body, "%s=%s\n", key, value)
		     : pb_buf_printf(&s->p->body, "%s\n", key);
}

static int line(struct parser *s, char *text)
{
	text = trim(text);
	if (*text == '\0' || *text == ';')
		return 0;
	if (*text == '#')
		return metadata(s, text + 1);
	if (*text == '[')
		return section(s, text);
	return option(s, text);
}

static int finish(struct parser *s)
{
	struct pb_profile *p = s->p;

	end_job(s);
	if (!p->jobs)
		return pb_fail(s->err, PB_USAGE, EINVAL,
			       "profile %s has no job: a fio job file needs a [section] besides [global]",
			       p->name);
	if (p->jobs > 64)
		return pb_fail(s->err, PB_USAGE, EINVAL,
			       "profile %s starts %u jobs; the engine steers 64 at most", p->name, p->jobs);
	if (!p->title[0])
		copy(p->title, sizeof(p->title), p->name);
	if (!p->durability[0])
		copy(p->durability, sizeof(p->durability), p->fsync ? "power" : "none");
	if (!p->safety[0])
		copy(p->safety, sizeof(p->safety),
		     !strcmp(p->durability, "power")   ? "P"
		     : !strcmp(p->durability, "flush") ? "C"
						       : "N");
	p->direct = true;
	return p->body.failed ? pb_fail(s->err, PB_MISSING, ENOMEM, "no memory for profile %s", p->name) : 0;
}

int pb_profile_parse(struct pb_profile *p, const char *name, const char *text, size_t len, struct pb_err *err)
{
	struct parser s = {.p = p, .err = err};
	char *all, *at, *next;
	int rc = 0;

	*p = (struct pb_profile){.writes = false};
	copy(p->name, sizeof(p->name), name);
	if (memchr(text, '\0', len))
		return pb_fail(err, PB_USAGE, EINVAL, "profile %s is not text: it has zero bytes", name);
	all = strndup(text, len);
	if (!all)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for profile %s", name);
	for (at = all; at && !rc; at = next) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		s.line++;
		rc = line(&s, at);
	}
	free(all);
	return rc ? rc : finish(&s);
}

void pb_profile_fini(struct pb_profile *p)
{
	pb_buf_fini(&p->body);
}

int pb_profile_render(const struct pb_profile *p, unsigned iodepth, struct pb_buf *out)
{
	/* Failed I/Os are the engine's to count and the run's to judge: fio goes on until it is stopped.
	 * 30 days is longer than any run and short of every overflow in fio. */
	return pb_buf_printf(out,
			     "; profile %s, as passbench runs it\n"
			     "[global]\n"
			     "ioengine=${PASSBENCH_ENGINE}\n"
			     "page=${PASSBENCH_PAGE}\n"
			     "backend=${PASSBENCH_BACKEND}\n"
			     "filename=${PASSBENCH_DISK}\n"
			     "iodepth=%u\n"
			     "direct=1\n"
			     "thread=1\n"
			     "time_based=1\n"
			     "runtime=30d\n"
			     "group_reporting=1\n"
			     "continue_on_error=io\n"
			     "%s",
			     p->name, iodepth, p->body.data ? p->body.data : "");
}
