/*
 * A small HTTP/1.0 server for one page, in a thread of its own. Made for a loopback port that anybody on the
 * machine can reach: every request and every connection is bounded in size, number and time.
 */
#ifndef PB_COLLECTORS_HTTPD_H
#define PB_COLLECTORS_HTTPD_H

#include <stdbool.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

struct pb_httpd; /* opaque */

/* What is served. */
struct pb_httpd_page {
	/* Fills the page at /metrics, as OpenMetrics or in Prometheus' text format, in the server's thread. 0
	 * or -errno. */
	int (*fill)(void *arg, bool openmetrics, struct pb_buf *out);
	void *arg;
};

/*
 * Listens on where: "PORT" is 127.0.0.1, else "ADDRESS:PORT" or "[ADDRESS]:PORT" with a numeric address; port
 * 0 lets the kernel choose. 0, PB_USAGE for a bad address, PB_MISSING when it cannot be had.
 */
int pb_httpd_start(struct pb_httpd **h, const char *where, const struct pb_httpd_page *page,
		   struct pb_err *err);
const char *pb_httpd_url(const struct pb_httpd *h); /* "http://127.0.0.1:9100/metrics" */
bool pb_httpd_is_local(const struct pb_httpd *h);   /* nobody outside this machine reaches it */
void pb_httpd_stop(struct pb_httpd *h);             /* NULL is fine */

#endif
