/*
 * The agent as init of a micro guest: makes a machine out of a bare kernel and
 * finds the way to the host. Says on the console what it does, because a
 * guest that dies early has no other way to tell.
 */
#ifndef PB_AGENT_INIT_H
#define PB_AGENT_INIT_H

#include <stdbool.h>

/* Mounts, modules, disks; returns the fd of the way to the host, or -errno. *port: it is a virtio port. */
int pb_init_boot(bool *port);
void pb_init_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Powers the machine off; does not return. */
void pb_init_power_off(void) __attribute__((noreturn));

#endif
