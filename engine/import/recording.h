/*
 * What a recording of a host says of its disk, as a step: for comparing where nobody knows what the load was.
 */
#ifndef PB_IMPORT_RECORDING_H
#define PB_IMPORT_RECORDING_H

#include "engine/import/importer.h"

/*
 * The disk that is meant: the one asked for, else the only one with I/O. PB_USAGE with the names there are
 * when it is not one; wanted false: a step is not needed, then 0 with *found false.
 */
int pb_recording_disk(const struct pb_importing *im, const char *file, bool wanted,
		      struct pb_timeline_disk *disk, bool *found, struct pb_err *err);
/* Its step over the present file: depth is the mean number of I/Os in flight, rounded. */
void pb_recording_step(const struct pb_timeline_disk *disk, struct pb_import_step *s);

#endif
