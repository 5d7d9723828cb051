/*
 * The table of transports, and what they have in common.
 */
#include "engine/run/guest/transport.h"

#include <string.h>
#include <unistd.h>

const struct pb_transport *const pb_transports[] = {
#define PB_TRANSPORT(id) &pb_transport_##id,
#include "engine/run/guest/transports.def"
#undef PB_TRANSPORT
	NULL,
};

int pb_conn_open(struct pb_conn *c, const struct pb_transport *t, const struct pb_address *to,
		 struct pb_err *err)
{
	int rc;

	memset(c, 0, sizeof(*c));
	c->log = -1;
	rc = t->open(c, to, err);
	if (rc == 0)
		c->transport = t;
	return rc;
}

int pb_conn_streams(struct pb_conn *c, int in, int out, struct pb_err *err)
{
	int rc = pb_lines_init(&c->lines, in, out);

	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot talk to the agent: %s", strerror(-rc));
	c->in = in;
	c->out = out;
	c->next_id = 1;
	return 0;
}

void pb_conn_close_child(struct pb_conn *c)
{
	/* end of file asks the agent to end fio and itself; it gives fio 10 s */
	if (c->child.in >= 0)
		close(c->child.in);
	c->child.in = -1;
	pb_child_wait(&c->child, 12000);
	pb_child_stop(&c->child, 1000);
}

void pb_conn_close_socket(struct pb_conn *c)
{
	close(c->in);
}

void pb_conn_close(struct pb_conn *c)
{
	pb_lines_fini(&c->lines);
	if (c->transport) {
		c->transport->close(c);
		if (c->log >= 0)
			close(c->log);
	}
	json_decref(c->hello);
	memset(c, 0, sizeof(*c));
}
