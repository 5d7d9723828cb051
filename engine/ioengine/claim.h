/*
 * The last interlock before I/O: a block device is opened exclusively, so
 * that nothing else on this machine can be using it, and never for writing
 * when it says it is read-only.
 */
#ifndef PB_IOENGINE_CLAIM_H
#define PB_IOENGINE_CLAIM_H

#include "fio.h"

/* Before fio opens f: 0, or 1 after telling fio why the device must not be used. */
int pb_claim_take(struct thread_data *td, struct fio_file *f);
/* After fio closed f. */
void pb_claim_release(struct fio_file *f);

#endif
