/*
 * One thread, one poll loop, at most CONNS connections. A connection has one deadline for its request and one
 * for its answer, whatever it sends meanwhile; when all places are taken the oldest connection gives way.
 * Keeps no connection alive, reads no body, serves no file.
 */
#include "engine/collectors/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "engine/collectors/httpreq.h"

#define CONNS 16u
#define REQUEST_MS 2000 /* from accept to the end of the request's head */
#define ANSWER_MS 5000  /* from there until the answer is taken */
#define LINGER_MS 200   /* for the client to read what came before the close */

enum conn_state { CONN_FREE, CONN_READ, CONN_WRITE, CONN_LINGER };

struct conn {
	enum conn_state state;
	int fd;
	int64_t since_ms, deadline_ms;
	char in[PB_HTTPREQ_MAX];
	size_t n_in;
	struct pb_buf out;
	size_t sent;
};

struct pb_httpd {
	int listener, stop; /* stop: an eventfd */
	char url[128];
	bool local;
	struct pb_httpd_page page;
	pthread_t thread;
	struct conn conn[CONNS];
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void drop(struct conn *c)
{
	close(c->fd);
	pb_buf_fini(&c->out);
	c->out = (struct pb_buf){0};
	c->state = CONN_FREE;
}

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 414:
		return "URI Too Long";
	case 431:
		return "Request Header Fields Too Large";
	case 500:
		return "Internal Server Error";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}

/* Status line, headers and body into c->out. */
static void answer(struct conn *c, int status, const char *type, const struct pb_buf *body, bool head)
{
	char text[64];
	size_t len =
		body ? body->len : (size_t)snprintf(text, sizeof(text), "%d %s\n", status, reason(status));

	pb_buf_printf(&c->out,
		      "HTTP/1.0 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n"
		      "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n%s\r\n",
		      status, reason(status), type, len, status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!head)
		pb_buf_add(&c->out, body ? body->data : text, len);
	c->state = CONN_WRITE;
	c->sent = 0;
	c->deadline_ms = now_ms() + ANSWER_MS;
	if (c->out.failed)
		drop(c);
}

static void refuse(struct conn *c, int status)
{
	answer(c, status, "text/plain; charset=utf-8", NULL, false);
}

static void serve(struct pb_httpd *h, struct conn *c, const struct pb_httpreq *r)
{
	struct pb_buf body = {0};

	if (h->local && !pb_httpreq_host_is_local(r))
		refuse(c, 403);
	else if (strcmp(r->path, "/metrics") && strcmp(r->path, "/"))
		refuse(c, 404);
	else if (h->page.fill(h->page.arg, r->openmetrics, &body) || body.failed || !body.data)
		refuse(c, 500);
	else
		answer(c, 200,
		       r->openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				      : "text/plain; version=0.0.4; charset=utf-8",
		       &body, r->head);
	pb_buf_fini(&body);
}

static void receive(struct pb_httpd *h, struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->n_in, sizeof(c->in) - c->n_in, MSG_DONTWAIT);
	struct pb_httpreq r;
	int rc;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	c->n_in += (size_t)n;
	rc = pb_httpreq_parse(c->in, c->n_in, &r);
	if (rc < 0)
		refuse(c, -rc);
	else if (rc > 0)
		serve(h, c, &r);
}

static void transmit(struct conn *c)
{
	ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop(c);
		return;
	}
	c->sent += (size_t)n;
	if (c->sent < c->out.len)
		return;
	/* A close with unread input resets the connection, and the client may lose the answer. */
	shutdown(c->fd, SHUT_WR);
	c->state = CONN_LINGER;
	c->deadline_ms = now_ms() + LINGER_MS;
}

static void discard(struct conn *c)
{
	char waste[4096];
	ssize_t n = recv(c->fd, waste, sizeof(waste), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(c);
}

/* A free place; the oldest connection's when there is none. */
static struct conn *place(struct pb_httpd *h)
{
	struct conn *oldest = &h->conn[0];

	for (size_t i = 0; i < CONNS; i++) {
		if (h->conn[i].state == CONN_FREE)
			return &h->conn[i];
		if (h->conn[i].since_ms < oldest->since_ms)
			oldest = &h->conn[i];
	}
	drop(oldest);
	return oldest;
}

static void admit(struct pb_httpd *h)
{
	int fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct conn *c;

	if (fd < 0)
		return;
	c = place(h);
	c->state = CONN_READ;
	c->fd = fd;
	c->n_in = 0;
	c->since_ms = now_ms();
	c->deadline_ms = c->since_ms + REQUEST_MS;
}

static void work(struct pb_httpd *h, struct conn *c)
{
	switch (c->state) {
	case CONN_READ:
		receive(h, c);
		break;
	case CONN_WRITE:
		transmit(c);
		break;
	case CONN_LINGER:
		discard(c);
		break;
	case CONN_FREE:
		break;
	}
}

/* Fills p, ends what is overdue; ms until the next deadline, -1 = none. */
static int prepare(struct pb_httpd *h, struct pollfd *p)
{
	int64_t now = now_ms(), next = -1;

	for (size_t i = 0; i < CONNS; i++) {
		struct conn *c = &h->conn[i];

		if (c->state != CONN_FREE && now >= c->deadline_ms)
			drop(c);
		p[i].fd = c->state == CONN_FREE ? -1 : c->fd;
		p[i].events = c->state == CONN_WRITE ? POLLOUT : POLLIN;
		p[i].revents = 0;
		if (c->state != CONN_FREE && (next < 0 || c->deadline_ms - now < next))
			next = c->deadline_ms - now;
	}
	return (int)next;
}

static void *httpd_main(void *arg)
{
	struct pb_httpd *h = arg;
	struct pollfd p[CONNS + 2];

	setpriority(PRIO_PROCESS, (id_t)gettid(), 19); /* a flood of requests yields to everything else */
	for (;;) {
		int timeout = prepare(h, p);

		p[CONNS] = (struct pollfd){.fd = h->listener, .events = POLLIN};
		p[CONNS + 1] = (struct pollfd){.fd = h->stop, .events = POLLIN};
		if (poll(p, CONNS + 2, timeout) < 0 && errno != EINTR)
			break;
		if (p[CONNS + 1].revents)
			break;
		for (size_t i = 0; i < CONNS; i++)
			if (p[i].revents)
				work(h, &h->conn[i]);
		if (p[CONNS].revents)
			admit(h);
	}
	for (size_t i = 0; i < CONNS; i++)
		if (h->conn[i].state != CONN_FREE)
			drop(&h->conn[i]);
	return NULL;
}

/* Splits "[ADDRESS:]PORT". 0 or -EINVAL. */
static int split(const char *where, char *host, size_t host_size, char *port, size_t port_size)
{
	const char *colon = strrchr(where, ':'), *digits = colon ? colon + 1 : where;
	size_t len = colon ? (size_t)(colon - where) : 0;

	if (len >= host_size || strlen(digits) >= port_size || !*digits ||
	    strspn(digits, "0123456789") != strlen(digits))
		return -EINVAL;
	if (len >= 2 && where[0] == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	} else if (memchr(where, ':', len)) {
		return -EINVAL; /* an IPv6 address without brackets */
	}
	if (colon && !len)
		return -EINVAL;
	snprintf(host, host_size, "%.*s", (int)len, len ? where : "");
	if (!len)
		snprintf(host, host_size, "127.0.0.1");
	snprintf(port, port_size, "%s", digits);
	return atoi(port) > 65535 ? -EINVAL : 0;
}

static bool is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)sa)->sin_addr.s_addr) >> 24 == 127;
	return sa->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)sa)->sin6_addr);
}

static void note_url(struct pb_httpd *h)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);
	char host[64] = "?", port[8] = "?";

	if (getsockname(h->listener, (struct sockaddr *)&ss, &len))
		return;
	getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	h->local = is_loopback((struct sockaddr *)&ss);
	snprintf(h->url, sizeof(h->url),
		 strchr(host, ':') ? "http://[%s]:%s/metrics" : "http://%s:%s/metrics", host, port);
}

static int open_listener(struct pb_httpd *h, const char *where, struct pb_err *err)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *ai = NULL;
	char host[64], port[8];
	int one = 1, rc;

	if (split(where, host, sizeof(host), port, sizeof(port)) || getaddrinfo(host, port, &hints, &ai))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--listen %s: write PORT (then 127.0.0.1), ADDRESS:PORT or [ADDRESS]:PORT "
			       "with a numeric address",
			       where);
	h->listener = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = h->listener < 0 || setsockopt(h->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
			     bind(h->listener, ai->ai_addr, ai->ai_addrlen) || listen(h->listener, (int)CONNS)
		     ? errno
		     : 0;
	freeaddrinfo(ai);
	if (rc)
		return pb_fail(err, PB_MISSING, rc, "cannot listen on %s: %s", where, strerror(rc));
	note_url(h);
	return 0;
}

static void httpd_free(struct pb_httpd *h)
{
	if (h->listener >= 0)
		close(h->listener);
	if (h->stop >= 0)
		close(h->stop);
	free(h);
}

int pb_httpd_start(struct pb_httpd **out, const char *where, const struct pb_httpd_page *page,
		   struct pb_err *err)
{
	struct pb_httpd *h = calloc(1, sizeof(*h));
	sigset_t all, old;
	int rc;

	if (!h)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	h->listener = -1;
	h->stop = eventfd(0, EFD_CLOEXEC);
	h->page = *page;
	rc = h->stop < 0 ? pb_fail(err, PB_MISSING, errno, "eventfd: %s", strerror(errno))
			 : open_listener(h, where, err);
	if (rc) {
		httpd_free(h);
		return rc;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&h->thread, NULL, httpd_main, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		httpd_free(h);
		return pb_fail(err, PB_MISSING, rc, "cannot start the thread that listens: %s", strerror(rc));
	}
	*out = h;
	return 0;
}

const char *pb_httpd_url(const struct pb_httpd *h)
{
	return h->url;
}

bool pb_httpd_is_local(const struct pb_httpd *h)
{
	return h->local;
}

void pb_httpd_stop(struct pb_httpd *h)
{
	uint64_t one = 1;

	if (!h)
		return;
	if (write(h->stop, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(h->thread, NULL);
	httpd_free(h);
}
