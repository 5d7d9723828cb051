/*
 * Which fio to run, and how it gets the engine: built in, or as a plugin.
 */
#ifndef PB_AGENT_FIO_TOOL_H
#define PB_AGENT_FIO_TOOL_H

#include <limits.h>
#include <stdbool.h>

#include "engine/lib/err.h"

struct pb_fio_tool {
	char path[PATH_MAX];
	char engine[PATH_MAX + 16]; /* for ioengine=: "passthru" or "external:/dir/passthru.so" */
	bool builtin;
	char version[64]; /* "fio-3.33" */
};

/*
 * `wanted` (may be NULL) is the fio to use. Otherwise fio-static beside the agent when the engine is built
 * into it, else fio from PATH with passthru.so beside the agent. -ENOENT with PB_MISSING when there is none.
 */
int pb_fio_tool_find(struct pb_fio_tool *tool, const char *wanted, struct pb_err *err);

#endif
