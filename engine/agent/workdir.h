/*
 * The agent's private folder: on tmpfs, so that nothing it writes disturbs a disk.
 */
#ifndef PB_AGENT_WORKDIR_H
#define PB_AGENT_WORKDIR_H

#include <stddef.h>

#include "engine/lib/err.h"

/* Makes a folder of mode 0700 and writes its path to dir; folders of agents that were killed are removed. 0
 * or -errno. */
int pb_workdir_make(char *dir, size_t size, struct pb_err *err);
/* Removes the folder and the files in it. "" is fine. */
void pb_workdir_remove(const char *dir);

#endif
