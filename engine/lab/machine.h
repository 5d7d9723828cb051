/*
 * The lab's outer machine as QEMU arguments and an initramfs: what is in it, not
 * when it runs (lab.c).
 */
#ifndef PB_LAB_MACHINE_H
#define PB_LAB_MACHINE_H

#include "engine/lab/lab.h"
#include "engine/lib/buf.h"

/* Where everything is. Filled by pb_lab_paths_find; work by the caller before. */
struct pb_lab_paths {
	char cache[256];
	char qemu[512];    /* the binary */
	char kernel[512];  /* its image */
	char release[128]; /* uname -r of it */
	char tree[512];    /* its modules */
	char work[64];     /* short: unix sockets lie in it */
};

/* PB_MISSING ("make deps") when QEMU 10 or the kernel are not in the cache folder. */
int pb_lab_paths_find(struct pb_lab_paths *p, struct pb_err *err);

/* QEMU's command line, appended to argv without the terminating NULL. */
int pb_lab_machine_args(struct pb_strv *argv, const struct pb_scenario *s, const struct pb_lab_paths *p,
			const struct pb_lab_opts *opts, struct pb_err *err);

/* The shell script that runs inside: directory, environment, what the scenario runs beside it, the command
 * with every argument quoted. */
int pb_lab_command(struct pb_buf *b, const struct pb_lab_opts *opts, const struct pb_scenario *scenario,
		   struct pb_err *err);

/* Writes WORK/initramfs. */
int pb_lab_image(const struct pb_lab_paths *p, const struct pb_scenario *s, const struct pb_lab_opts *opts,
		 struct pb_err *err);

/* The text of init.sh, linked in. */
extern const char pb_lab_init[];

#endif
