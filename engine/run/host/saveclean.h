/*
 * Taking what identifies one piece of hardware out of a saved machine: serial numbers, UUIDs, world-wide
 * names. Cleans what it is given; decides nothing about which files are saved.
 */
#ifndef PB_RUN_HOST_SAVECLEAN_H
#define PB_RUN_HOST_SAVECLEAN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lib/buf.h"

/* Does a file of this name hold an identity and nothing else ("serial", "wwid", "product_uuid")? */
bool pb_saveclean_is_identity(const char *name);
/* Notes the contents of such a file, so that it is found elsewhere. Too short a text is not. 0 or -ENOMEM. */
int pb_saveclean_learn(struct pb_strv *known, const char *text);
/* In place: known texts become x, digits of UUIDs 0. The length stays. */
void pb_saveclean_text(const struct pb_strv *known, char *data, size_t len);
/* PCI configuration space: zeroes the Device Serial Number capability. */
void pb_saveclean_config(unsigned char *data, size_t len);
/* /proc/PID/mountinfo: keeps lines whose source is a device. Returns the new length. */
size_t pb_saveclean_mounts(char *data, size_t len);

#endif
