/*
 * The head of a HTTP/1.x request, as far as a page of metrics needs it. Pure text: no socket here.
 */
#ifndef PB_COLLECTORS_HTTPREQ_H
#define PB_COLLECTORS_HTTPREQ_H

#include <stdbool.h>
#include <stddef.h>

#define PB_HTTPREQ_MAX 4096u /* bytes of a head; longer ones are refused */

struct pb_httpreq {
	char path[128];   /* "/metrics", query cut off */
	char host[128];   /* of the Host header, "" = none */
	bool head;        /* HEAD instead of GET */
	bool openmetrics; /* the client accepts application/openmetrics-text */
};

/*
 * Looks at the len bytes received so far. 1: complete, *r is filled; 0: more is needed; else the negative
 * HTTP status to answer with: -400 not a request, -405 another method, -414 path too long, -431 head too
 * long, -505 another protocol.
 */
int pb_httpreq_parse(const char *text, size_t len, struct pb_httpreq *r);
/* Is this Host header one of the loopback's names, or absent? Others come from a web page that plays DNS
 * tricks. */
bool pb_httpreq_host_is_local(const struct pb_httpreq *r);

#endif
