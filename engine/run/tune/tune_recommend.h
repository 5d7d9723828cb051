/*
 * A kept attachment in the spellings of those who start guests.
 */
#ifndef PB_RUN_TUNE_TUNE_RECOMMEND_H
#define PB_RUN_TUNE_TUNE_RECOMMEND_H

#include "engine/lib/rundir.h"
#include "engine/run/guest/launch.h"

/*
 * Writes recommended.txt (passbench's and QEMU's arguments) and recommended.xml (libvirt's <disk>). block:
 * the host's name of the disk, "" = unknown.
 */
int pb_tune_recommend(struct pb_rundir *d, const struct pb_attach *a, const char *block, struct pb_err *err);

#endif
