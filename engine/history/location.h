/*
 * Where the history is when nobody says.
 */
#ifndef PB_HISTORY_LOCATION_H
#define PB_HISTORY_LOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lib/err.h"

/*
 * Writes the path to buf: /var/lib/passbench/history.db for root, else history.db in passbench/ below
 * $XDG_DATA_HOME (~/.local/share), as the XDG Base Directory Specification has it for a user's data. With
 * `make` its folder is made too. 0, or -errno with a message.
 */
int pb_location_default(char *buf, size_t size, bool make, struct pb_err *err);

#endif
