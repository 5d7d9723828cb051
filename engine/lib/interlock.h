/*
 * Is a disk in use? Asked before anything is read from it, bound to another
 * driver or written to it, on the host and again in the guest. The engine
 * checks once more when it opens the disk (O_EXCL).
 */
#ifndef PB_LIB_INTERLOCK_H
#define PB_LIB_INTERLOCK_H

#include <stdbool.h>

#include "engine/lib/sysfs.h"

/*
 * block_name as in /sys/class/block ("nvme0n1", "sda"). 0 when the disk is free, else -EBUSY with PB_UNSAFE
 * and a sentence that names the device, why, and what to do. In use means: it, one of its partitions or
 * anything stacked on those is mounted, swap, held (dm, md, bcache), behind a loop device, or named as root
 * on the kernel's command line; and on the live machine: opened exclusively by anyone. With will_write also:
 * read-only (-EROFS), or it carries any signature libblkid knows (file system, partition table, LVM, MD,
 * LUKS, ZFS, swap ...; live machine only). -ENODEV with PB_USAGE when there is no such disk. Reads only,
 * opens nothing for writing.
 */
int pb_interlock_check(const struct pb_root *root, const char *block_name, bool will_write,
		       struct pb_err *err);
/*
 * The same, but signatures of these types (libblkid's names, "," between several: "gpt,ext4"; NULL = none) do
 * not stop writing. Everything else does, whatever is named.
 */
int pb_interlock_check_over(const struct pb_root *root, const char *block_name, bool will_write,
			    const char *overwrite, struct pb_err *err);

#endif
