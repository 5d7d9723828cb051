/*
 * The lab: boots a machine (the "host under test") with KVM, an IOMMU, VFIO
 * and NVMe disks under software emulation and runs one command inside it. The real
 * machine's files are there at their own paths, read-only; nothing on the real machine is changed.
 */
#ifndef PB_LAB_LAB_H
#define PB_LAB_LAB_H

#include <stdbool.h>

#include "engine/lab/scenario.h"
#include "engine/lib/err.h"
#include "engine/lib/ui.h"

struct pb_lab_opts {
	const char *scenario;    /* NULL = the first in the table */
	const char *out;         /* existing directory, writable inside at the same path; NULL = none */
	const char *workdir;     /* for disks, sockets and logs; NULL = a temporary one, removed afterwards */
	const char *const *argv; /* command and arguments, NULL-terminated; not used by a shell */
	bool alone;    /* what the scenario runs beside the command waits until /run/lab/alone is gone */
	bool shell;    /* an interactive shell on this terminal instead of a command */
	int timeout_s; /* 0 = none */
	int silent_s;  /* a command that says nothing for so long hangs; 0 = it may */
	const struct pb_ui *ui; /* for notes, NULL = silent */
	unsigned again; /* how often the command is started anew when the machine hangs or breaks: on new
			   disks */
};

/*
 * The command's stdout and stderr come out of ours. *exit_status is the
 * command's. Errors: PB_USAGE unknown scenario (the message lists the known), PB_MISSING
 * no QEMU or kernel in the cache, a machine that did not come up (last console lines in the message) or a
 * command that hangs (what the machine's processes wait for goes to ui),
 * PB_INTERRUPTED. Whatever happens, the machine is gone when this returns.
 */
int pb_lab_run(const struct pb_lab_opts *opts, int *exit_status, struct pb_err *err);

#endif
