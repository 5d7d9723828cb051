/*
 * What a saved machine consists of: the paths below /proc and /sys that collectors, checks and topology read.
 * Lists names; reads no contents.
 */
#ifndef PB_RUN_HOST_SAVEPATHS_H
#define PB_RUN_HOST_SAVEPATHS_H

#include <stdbool.h>

#include "engine/lib/buf.h"
#include "engine/lib/sysfs.h"

#define PB_SAVEPATHS_MAX 200000u

/*
 * Appends absolute paths of files, links and folders, each once, sorted. At most PB_SAVEPATHS_MAX; *cut says
 * whether there would have been more. 0 or -ENOMEM.
 */
int pb_savepaths_list(const struct pb_root *root, struct pb_strv *paths, bool *cut);

#endif
