/*
 * The stop flag: SIGINT, SIGTERM and SIGHUP ask every stage to end cleanly.
 */
#ifndef PB_RUN_HOST_STOP_H
#define PB_RUN_HOST_STOP_H

#include <stdbool.h>

#include "engine/lib/err.h"

void pb_stop_install(void); /* handlers without SA_RESTART; SIGPIPE and SIGXFSZ ignored */
bool pb_stop_asked(void);
/* Sleeps; true when it was cut short by a stop request. */
bool pb_stop_sleep_ms(int ms);
/* -EINTR with "interrupted" (PB_INTERRUPTED) when a stop was asked, else 0. */
int pb_stop_check(struct pb_err *err);

#endif
