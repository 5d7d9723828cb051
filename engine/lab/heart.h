/*
 * The heartbeat of the lab's machine: init.sh lets every CPU write share/alive.N
 * every few seconds. QEMU's emulation loses a timer now and then, and a machine without timers waits for
 * ever.
 */
#ifndef PB_LAB_HEART_H
#define PB_LAB_HEART_H

#include <stdint.h>

/*
 * The longest time in seconds that a CPU of the machine in workdir has not been heard of, and which CPU that
 * is. 0 before the first beat: booting is watched elsewhere.
 */
int64_t pb_lab_heart_silence(const char *workdir, unsigned *cpu);

#endif
