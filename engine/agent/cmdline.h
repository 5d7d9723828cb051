/*
 * Parameters for modules on the kernel's command line: nvme.poll_queues=2. The kernel gives those to what is
 * built into it; for modules it is left to whoever loads them.
 */
#ifndef PB_AGENT_CMDLINE_H
#define PB_AGENT_CMDLINE_H

#include <stddef.h>

/*
 * What `cmdline` says for the module in the file `path` ("/lib/nvme.ko"), as finit_module takes it:
 * "poll_queues=2 other=1"; "" when there is nothing. Parameters that do not fit into `size` are left out.
 */
void pb_cmdline_module(const char *cmdline, const char *path, char *params, size_t size);

#endif
