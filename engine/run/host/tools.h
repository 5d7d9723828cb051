/*
 * Where passbench's own programs are: next to the running executable, or in
 * the directory that PASSBENCH_LIBEXEC names.
 */
#ifndef PB_RUN_HOST_TOOLS_H
#define PB_RUN_HOST_TOOLS_H

#include <stddef.h>

#include "engine/lib/err.h"

/* Path of passbench-agent. PB_MISSING when it was not built. */
int pb_tool_agent(char *buf, size_t size, struct pb_err *err);

#endif
