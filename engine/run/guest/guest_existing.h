/*
 * What guests have in common that exist already, with the disk inside: reached through a
 * transport, never started, bound or changed by us.
 */
#ifndef PB_RUN_GUEST_GUEST_EXISTING_H
#define PB_RUN_GUEST_GUEST_EXISTING_H

#include "engine/run/guest/guest.h"
#include "engine/run/guest/transport.h"

/* qemu-pid=N, for every such kind. -ENOENT without a message for another key. */
int pb_existing_option(struct pb_guest_spec *s, const char *key, const char *value, struct pb_err *err);
int pb_existing_preflight(const struct pb_guest *g, struct pb_err *err);
/* Connects and waits for the greeting. -ETIMEDOUT, -EPIPE without a message: the caller knows what it means.
 */
int pb_existing_connect(struct pb_guest *g, const struct pb_transport *t, const struct pb_address *to,
			int timeout_ms, struct pb_err *err);
void pb_existing_stop(struct pb_guest *g);
const char *pb_existing_path(const struct pb_guest_spec *spec);

#endif
