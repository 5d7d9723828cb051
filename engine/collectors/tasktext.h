/*
 * The text of /proc/PID/task/TID/{schedstat,stat,status}, as far as the threads collector needs it.
 */
#ifndef PB_COLLECTORS_TASKTEXT_H
#define PB_COLLECTORS_TASKTEXT_H

#include <stddef.h>
#include <stdint.h>

/* Numbers that are missing, negative or absurd are PB_NA. */
struct pb_task_sched {
	int64_t run_ns, wait_ns, switches;
};

struct pb_task_stat {
	int64_t user, system, guest; /* clock ticks; user holds guest */
	int64_t cpu;                 /* where it last ran */
};

struct pb_task_status {
	int64_t voluntary, involuntary; /* switches */
	char allowed[256];              /* list of CPUs, "" = not there or longer */
};

/* Texts are NUL-terminated and may be cut off anywhere. -EINVAL unless all three numbers are there. */
int pb_task_sched(const char *text, struct pb_task_sched *s);
void pb_task_stat(const char *text, struct pb_task_stat *s);
void pb_task_status(const char *text, struct pb_task_status *s);

#endif
