/*
 * `passbench check --save-machine FILE`: one archive of what collectors and checks read on this machine, for
 * `--root` elsewhere. Reads; the archive is the only thing it writes.
 */
#ifndef PB_RUN_HOST_SAVEMACHINE_H
#define PB_RUN_HOST_SAVEMACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"
#include "engine/lib/ui.h"

/* Where the verdicts that files cannot give stand inside a saved machine. */
#define PB_SAVED_CHECK "/passbench/check.json"

struct pb_savemachine {
	size_t files, unreadable; /* saved; left out because they cannot be read here */
	bool cut;                 /* there was more than the limits allow (200,000 entries, 64 MiB) */
	int64_t bytes;            /* of the archive */
	char folder[128];         /* the one folder inside it */
};

/*
 * file ends in .tar.xz or .tar.zst and does not exist yet. items: what pb_check found on this machine
 * (without a disk). Without `serials` everything that identifies one piece of hardware is left out or
 * blanked. ui: progress, or NULL. 0 or -errno with a message; then nothing is left behind.
 */
int pb_savemachine_write(const struct pb_root *root, const char *file, bool serials, const json_t *items,
			 const struct pb_ui *ui, struct pb_savemachine *result, struct pb_err *err);

/*
 * The recorded verdict {area, name, state, text, action} of a saved machine, NULL when it has none. saved is
 * what pb_savemachine_load gave. Borrowed.
 */
const json_t *pb_savemachine_verdict(const json_t *saved, const char *area, const char *name);
/* NULL when root is no saved machine. The caller's. */
json_t *pb_savemachine_load(const struct pb_root *root);

#endif
