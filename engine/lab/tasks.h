/*
 * What the processes of the lab's machine wait for: asked for when a command hangs, since nothing is left of
 * it once the machine is gone.
 */
#ifndef PB_LAB_TASKS_H
#define PB_LAB_TASKS_H

#include "engine/lib/ui.h"

/*
 * Asks the machine in workdir (init.sh answers at a CPU's next heartbeat) and shows each line of the answer,
 * which stays there as share/tasks. Waits at most wait_ms; a machine that does not answer is one line.
 */
void pb_lab_tasks_show(const char *workdir, int wait_ms, const struct pb_ui *ui);

#endif
