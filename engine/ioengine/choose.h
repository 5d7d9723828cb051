/*
 * Which backend a job gets, and why.
 */
#ifndef PB_IOENGINE_CHOOSE_H
#define PB_IOENGINE_CHOOSE_H

#include "engine/ioengine/passthru.h"

/*
 * wanted: "auto", or a backend's name with modes: "uring,iopoll,sqpoll". Opens it and notes choice and
 * reason in the page. 0, or 1 after telling fio why not.
 */
int pb_choose_backend(struct thread_data *td, struct pb_job *job, const char *wanted);

#endif
