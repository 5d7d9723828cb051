/*
 * The agent's request `set` from the host's side: reading and writing one setting of the disk in the guest,
 * and the shell command that does the same for a person.
 */
#ifndef PB_RUN_GUEST_GUEST_SETTING_H
#define PB_RUN_GUEST_GUEST_SETTING_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/run/guest/agent_client.h"

#define PB_GUEST_VALUE_MAX 32

/* One of the keys, with a value that it can have. */
bool pb_guest_setting_known(const char *key, const char *value);
/* value NULL = only read. now gets what the agent reads afterwards: bounded plain text. */
int pb_guest_setting(struct pb_conn *c, const json_t *disk, const char *key, const char *value,
		     char now[PB_GUEST_VALUE_MAX], struct pb_err *err);
/* What to type in the guest; path is the disk's there ("/dev/nvme0n1"). */
void pb_guest_setting_command(char *buf, size_t size, const char *path, const char *key, const char *value);

#endif
