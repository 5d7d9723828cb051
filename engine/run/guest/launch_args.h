/*
 * The micro guest as files and QEMU arguments; launch.c brings it to life.
 */
#ifndef PB_RUN_GUEST_LAUNCH_ARGS_H
#define PB_RUN_GUEST_LAUNCH_ARGS_H

#include "engine/lib/buf.h"
#include "engine/run/guest/launch.h"

struct pb_launch_files {
	char kernel[512], modules[512]; /* resolved */
	char agent[512], fio[512];      /* static binaries that go into the guest */
};

/* Finds everything the guest is made of, before anything is started. PB_MISSING says what is not there. */
int pb_launch_find(struct pb_launch_files *f, const struct pb_launch_opts *o, struct pb_err *err);
/* Writes the initramfs: agent as /init, /fio-static, the disk's driver with what it needs. */
int pb_launch_image(const struct pb_launch_files *f, const struct pb_launch_opts *o, const char *path,
		    struct pb_err *err);
/* QEMU's arguments, appended. PB_USAGE for a combination that QEMU would refuse. */
int pb_launch_args(struct pb_strv *argv, const struct pb_launch_files *f, const struct pb_launch_opts *o,
		   const char *workdir, struct pb_err *err);

#endif
