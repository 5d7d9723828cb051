/*
 * Parser of request heads: strict, bounded, without allocation. Knows GET and HEAD without a body and nothing
 * else.
 */
#include "engine/collectors/httpreq.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct line {
	const char *p;
	size_t len;
};

/* The next line without its LF or CRLF. false when there is no complete line. */
static bool next_line(const char **p, const char *end, struct line *l)
{
	const char *nl = memchr(*p, '\n', (size_t)(end - *p));

	if (!nl)
		return false;
	l->p = *p;
	l->len = (size_t)(nl - *p);
	if (l->len && nl[-1] == '\r')
		l->len--;
	*p = nl + 1;
	return true;
}

static bool printable(const struct line *l)
{
	for (size_t i = 0; i < l->len; i++)
		if ((unsigned char)l->p[i] < ' ' && l->p[i] != '\t')
			return false;
	return true;
}

static int read_path(const char *p, size_t len, struct pb_httpreq *r)
{
	const char *query;

	if (!len || *p != '/')
		return -400;
	query = memchr(p, '?', len);
	if (query)
		len = (size_t)(query - p);
	if (len >= sizeof(r->path))
		return -414;
	for (size_t i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return -400;
	memcpy(r->path, p, len);
	r->path[len] = '\0';
	return 0;
}

/* "GET /metrics HTTP/1.1" */
static int request_line(const struct line *l, struct pb_httpreq *r)
{
	const char *end = l->p + l->len, *path, *version;

	path = memchr(l->p, ' ', l->len);
	if (!path || path == l->p)
		return -400;
	version = memchr(path + 1, ' ', (size_t)(end - path - 1));
	if (!version)
		return -400;
	if (end - version - 1 != 8 || memcmp(version + 1, "HTTP/", 5))
		return -400;
	if (memcmp(version + 6, "1.", 2) || !isdigit((unsigned char)version[8]))
		return -505;
	r->head = path - l->p == 4 && !memcmp(l->p, "HEAD", 4);
	if (!r->head && (path - l->p != 3 || memcmp(l->p, "GET", 3)))
		return -405;
	return read_path(path + 1, (size_t)(version - path - 1), r);
}

static bool is_named(const struct line *l, const char *name, struct line *value)
{
	size_t n = strlen(name);

	if (l->len <= n || l->p[n] != ':' || strncasecmp(l->p, name, n))
		return false;
	value->p = l->p + n + 1;
	value->len = l->len - n - 1;
	while (value->len && (*value->p == ' ' || *value->p == '\t')) {
		value->p++;
		value->len--;
	}
	while (value->len && (value->p[value->len - 1] == ' ' || value->p[value->len - 1] == '\t'))
		value->len--;
	return true;
}

static int header(const struct line *l, struct pb_httpreq *r)
{
	static const char type[] = "application/openmetrics-text";
	const char *colon = memchr(l->p, ':', l->len);
	struct line v;

	if (!colon || colon == l->p || *l->p == ' ' || *l->p == '\t')
		return -400;
	if (is_named(l, "Transfer-Encoding", &v))
		return -400;
	if (is_named(l, "Content-Length", &v) && (v.len != 1 || *v.p != '0'))
		return -400; /* a body was announced; there is nothing to send here */
	if (is_named(l, "Accept", &v) && memmem(v.p, v.len, type, sizeof(type) - 1))
		r->openmetrics = true;
	if (is_named(l, "Host", &v)) {
		if (v.len >= sizeof(r->host) || r->host[0])
			return -400;
		memcpy(r->host, v.p, v.len);
		r->host[v.len] = '\0';
	}
	return 0;
}

int pb_httpreq_parse(const char *text, size_t len, struct pb_httpreq *r)
{
	const char *p = text, *end = text + (len < PB_HTTPREQ_MAX ? len : PB_HTTPREQ_MAX);
	struct pb_httpreq x = {0};
	struct line l;
	int rc = 0;

	for (size_t n = 0; next_line(&p, end, &l); n++) {
		if (n && !l.len) {
			*r = x;
			return 1;
		}
		rc = !printable(&l) ? -400 : n ? header(&l, &x) : request_line(&l, &x);
		if (rc)
			return rc;
	}
	return len >= PB_HTTPREQ_MAX ? -431 : 0;
}

bool pb_httpreq_host_is_local(const struct pb_httpreq *r)
{
	static const char *const local[] = {"localhost", "127.0.0.1", "[::1]"};
	size_t n;

	if (!r->host[0])
		return true;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		n = strlen(local[i]);
		if (!strncasecmp(r->host, local[i], n) && (!r->host[n] || r->host[n] == ':'))
			return true;
	}
	return false;
}
