/*
 * The interlock on recorded machines, where every way of being in use can be had, and on real loop devices,
 * where the kernel has the last word and checksums prove that asking changed nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/fs.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "engine/lib/interlock.h"
#include "tests/unit/faketree.h"
#include "tests/unit/loopdev.h"

/* A machine with sda (sda1, sda2), sdb bare, and the usual proc files. */
static int setup(void **state)
{
	struct faketree *f = calloc(1, sizeof(*f));

	fake_make(f);
	fake_put(f, "sys/devices/a/block/sda/dev", "8:0\n");
	fake_put(f, "sys/devices/a/block/sda/ro", "0\n");
	fake_put(f, "sys/devices/a/block/sda/sda1/dev", "8:1\n");
	fake_put(f, "sys/devices/a/block/sda/sda1/partition", "1\n");
	fake_put(f, "sys/devices/a/block/sda/sda2/dev", "8:2\n");
	fake_put(f, "sys/devices/a/block/sda/sda2/partition", "2\n");
	fake_put(f, "sys/devices/b/block/sdb/dev", "8:16\n");
	fake_put(f, "sys/devices/b/block/sdb/ro", "0\n");
	fake_link(f, "../../devices/a/block/sda", "sys/class/block/sda");
	fake_link(f, "../../devices/a/block/sda/sda1", "sys/class/block/sda1");
	fake_link(f, "../../devices/a/block/sda/sda2", "sys/class/block/sda2");
	fake_link(f, "../../devices/b/block/sdb", "sys/class/block/sdb");
	fake_put(f, "proc/self/mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n");
	fake_put(f, "proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	fake_put(f, "proc/cmdline", "ro quiet\n");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_remove(*state);
	free(*state);
	return 0;
}

/* Checks that the disk is refused and that the sentence holds all the words (NULL ends them). */
static void refused(struct faketree *f, const char *disk, bool write, int errnum, const char *const *words)
{
	struct pb_err err = PB_ERR_INIT;

	assert_int_equal(pb_interlock_check(&f->root, disk, write, &err), -errnum);
	assert_int_equal(err.status, PB_UNSAFE);
	for (; *words; words++)
		if (!strstr(err.msg, *words))
			fail_msg("'%s' is not in: %s", *words, err.msg);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_free_disk_passes(void **state)
{
	struct faketree *f = *state;

	assert_int_equal(pb_interlock_check(&f->root, "sda", false, NULL), 0);
	assert_int_equal(pb_interlock_check(&f->root, "sdb", true, NULL), 0);
}

static void a_disk_that_is_not_there(void **state)
{
	static const char *const names[] = {"sdz", "", "../../etc", "sda/sda1", "."};
	struct faketree *f = *state;

	for (size_t i = 0; i < 5; i++) {
		struct pb_err err = PB_ERR_INIT;

		assert_int_equal(pb_interlock_check(&f->root, names[i], false, &err), -ENODEV);
		assert_int_equal(err.status, PB_USAGE);
	}
}

static void mounted_partition_and_disk(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "proc/self/mountinfo",
		 "30 1 8:2 / /srv/data rw,relatime shared:1 - ext4 /dev/sda2 rw\n"
		 "31 1 8:16 / /mnt rw - xfs /dev/sdb rw\n");
	refused(f, "sda", false, EBUSY, WORDS("/dev/sda2", "/dev/sda", "mounted at /srv/data", "umount"));
	refused(f, "sda2", false, EBUSY, WORDS("/dev/sda2", "/srv/data"));
	refused(f, "sdb", false, EBUSY, WORDS("/dev/sdb", "/mnt"));
	assert_int_equal(pb_interlock_check(&f->root, "sda1", false, NULL), 0);
}

static void mounted_in_the_first_process_only(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "proc/1/mountinfo", "30 1 8:16 / /mnt rw - ext4 /dev/sdb rw\n");
	refused(f, "sdb", false, EBUSY, WORDS("/dev/sdb", "/mnt"));
}

static void root_and_boot_disk(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "proc/self/mountinfo", "30 1 8:2 / / rw - ext4 /dev/sda2 rw\n");
	refused(f, "sda", false, EBUSY, WORDS("root file system"));
	fake_put(f, "proc/self/mountinfo", "30 1 8:1 / /boot/efi rw - vfat /dev/sda1 rw\n");
	refused(f, "sda", false, EBUSY, WORDS("boot disk"));
	fake_put(f, "proc/self/mountinfo", "\n");
	fake_put(f, "proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda2 ro\n");
	refused(f, "sda", false, EBUSY, WORDS("/dev/sda2", "kernel's command line"));
}

/* btrfs shows an anonymous device number in mountinfo. */
static void btrfs_is_found_by_its_source(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "proc/self/mountinfo", "30 1 0:45 /@ /pool rw - btrfs /dev/sdb rw\n");
	refused(f, "sdb", false, EBUSY, WORDS("/pool"));
}

static void swap_on_a_partition(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "proc/swaps",
		 "Filename\tType\tSize\tUsed\tPriority\n/dev/sda1  partition\t1000\t0\t-2\n");
	refused(f, "sda", false, EBUSY, WORDS("/dev/sda1", "swap", "swapoff"));
}

/* LVM on a partition: dm-0 holds sda2. The volume need not be mounted. */
static void held_by_device_mapper(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "sys/class/block/dm-0/dev", "253:0\n");
	fake_put(f, "sys/class/block/dm-0/dm/name", "vg-home\n");
	fake_put(f, "sys/devices/a/block/sda/sda2/holders/dm-0/x", "");
	refused(f, "sda", false, EBUSY, WORDS("/dev/sda2", "dm-0", "vgchange"));
	fake_put(f, "proc/swaps", "Filename\n/dev/mapper/vg-home partition 1 0 -1\n");
	refused(f, "sda", false, EBUSY, WORDS("dm-0", "swap"));
}

/* A file system on dm-crypt on md on the disk: the mount is named, not the stack. */
static void mounted_three_levels_up(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "sys/devices/b/block/sdb/holders/md0/x", "");
	fake_put(f, "sys/class/block/md0/dev", "9:0\n");
	fake_put(f, "sys/class/block/md0/holders/dm-1/x", "");
	fake_put(f, "sys/class/block/dm-1/dev", "253:1\n");
	refused(f, "sdb", false, EBUSY, WORDS("/dev/sdb", "md0"));
	fake_put(f, "proc/self/mountinfo", "30 1 253:1 / /secret rw - ext4 /dev/mapper/c rw\n");
	refused(f, "sdb", false, EBUSY, WORDS("/dev/dm-1 on /dev/sdb", "/secret"));
}

static void holders_that_go_in_circles_end(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "sys/devices/b/block/sdb/holders/md0/x", "");
	fake_put(f, "sys/class/block/md0/holders/sdb/x", "");
	refused(f, "sdb", false, EBUSY, WORDS("md0"));
}

static void behind_a_loop_device(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "sys/class/block/loop7/loop/backing_file", "/dev/sda1\n");
	refused(f, "sda", false, EBUSY, WORDS("/dev/sda1", "/dev/loop7", "losetup -d"));
	assert_int_equal(pb_interlock_check(&f->root, "sdb", false, NULL), 0);
}

static void read_only_disks_are_not_written(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "sys/devices/b/block/sdb/ro", "1\n");
	assert_int_equal(pb_interlock_check(&f->root, "sdb", false, NULL), 0);
	refused(f, "sdb", true, EROFS, WORDS("/dev/sdb", "read-only"));
}

/* NVMe multipath: the path is asked about, the disk in front of it is mounted. */
static void a_hidden_path_stands_for_its_disk(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "sys/class/block/nvme1c4n1/hidden", "1\n");
	fake_put(f, "sys/class/block/nvme1n1/dev", "259:3\n");
	assert_int_equal(pb_interlock_check(&f->root, "nvme1c4n1", false, NULL), 0);
	fake_put(f, "proc/self/mountinfo", "30 1 259:3 / /m rw - ext4 /dev/nvme1n1 rw\n");
	refused(f, "nvme1c4n1", false, EBUSY, WORDS("/dev/nvme1n1", "/m"));
}

static void hostile_proc_files_do_no_harm(void **state)
{
	struct faketree *f = *state;

	fake_put(f, "proc/self/mountinfo", " - \n - - - \n%s %n\n1 2 3\n1 1 8:16 / / rw -\n");
	fake_put(f, "proc/swaps", "\n\n");
	fake_put(f, "proc/cmdline", "root= root=/dev/ root=/dev/mapper/\n");
	assert_int_equal(pb_interlock_check(&f->root, "sdb", true, NULL), 0);
}

/* ---- real loop devices ---- */

struct live {
	struct pb_root root;
	struct loopdev loop;
	unsigned long long sum;
};

static bool live_make(struct live *l)
{
	if (!loopdev_make(&l->loop, 16 << 20))
		return false;
	assert_int_equal(pb_root_open(&l->root, NULL, NULL), 0);
	return true;
}

static void live_remove(struct live *l)
{
	pb_root_close(&l->root);
	loopdev_remove(&l->loop);
}

static int run(const char *cmd)
{
	int status = system(cmd);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int check(struct live *l, bool write, const char *word)
{
	struct pb_err err = PB_ERR_INIT;
	int rc;

	l->sum = loopdev_sum(&l->loop);
	rc = pb_interlock_check(&l->root, l->loop.name, write, &err);
	assert_int_equal(loopdev_sum(&l->loop), l->sum);
	if (rc && !strstr(err.msg, word))
		fail_msg("'%s' is not in: %s", word, err.msg);
	return rc;
}

static void live_empty_disk_passes(void **state)
{
	struct live l;

	(void)state;
	if (!live_make(&l))
		skip();
	assert_int_equal(check(&l, false, ""), 0);
	assert_int_equal(check(&l, true, ""), 0);
	live_remove(&l);
}

static void live_exclusive_opener(void **state)
{
	struct live l;
	int fd;

	(void)state;
	if (!live_make(&l))
		skip();
	fd = open(l.loop.path, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(check(&l, false, "exclusively"), -EBUSY);
	close(fd);
	assert_int_equal(check(&l, false, ""), 0);
	live_remove(&l);
}

static void live_mounted_file_system(void **state)
{
	char cmd[128], dir[] = "/tmp/passbench-mnt-XXXXXX";
	struct live l;

	(void)state;
	if (!live_make(&l))
		skip();
	snprintf(cmd, sizeof(cmd), "mkfs.ext4 -q %s 2>/dev/null", l.loop.path);
	if (run(cmd)) {
		live_remove(&l);
		skip();
	}
	assert_int_equal(check(&l, false, ""),
			 0); /* reading over a file system that nobody uses is harmless */
	assert_int_equal(check(&l, true, "ext4"), -EBUSY);
	assert_non_null(mkdtemp(dir));
	if (!mount(l.loop.path, dir, "ext4", MS_RDONLY, "noload")) {
		assert_int_equal(check(&l, false, dir), -EBUSY);
		umount(dir);
		assert_int_equal(check(&l, false, ""), 0);
	}
	rmdir(dir);
	live_remove(&l);
}

/* Things that nobody has assembled: only the bytes on the disk tell. Made by the tools themselves where they
 * exist. */
static void live_signatures_stop_writes(void **state)
{
	static const struct {
		const char *make, *word;
	} signs[] = {
		{"mkswap $DISK", "swap"},
		{"mkfs.xfs -q -f $DISK", "xfs"},
		{"mkfs.btrfs -q -f $DISK", "btrfs"},
		{"mkfs.vfat $DISK", "vfat"},
		{"pvcreate -q -y $DISK", "LVM2_member"},
		{"echo x | cryptsetup -q luksFormat --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $DISK",
		 "crypto_LUKS"},
		{"printf 'label: gpt\\n,,\\n' | sfdisk -q --no-reread $DISK", "gpt"},
	};
	unsigned done = 0;
	char cmd[300];
	struct live l;

	(void)state;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!live_make(&l))
			skip();
		setenv("DISK", l.loop.path, 1);
		snprintf(cmd, sizeof(cmd), "{ %s; } >/dev/null 2>&1", signs[i].make);
		if (!run(cmd)) {
			assert_int_equal(check(&l, true, signs[i].word), -EBUSY);
			done++;
		}
		live_remove(&l);
	}
	if (!done)
		skip();
}

/* Always possible, without any tool: a LUKS header's first bytes. */
static void live_luks_magic_stops_writes(void **state)
{
	static const char luks[] = "LUKS\xba\xbe\0\1aes";
	struct live l;

	(void)state;
	if (!live_make(&l))
		skip();
	assert_int_equal(pwrite(l.loop.file_fd, luks, sizeof(luks), 0), sizeof(luks));
	ioctl(l.loop.fd, BLKFLSBUF);
	assert_int_equal(check(&l, false, ""), 0);
	assert_int_equal(check(&l, true, "LUKS"), -EBUSY);
	live_remove(&l);
}

/* Named signatures do not stop writing; other names, and being in use, still do. */
static void live_named_signatures_may_be_overwritten(void **state)
{
	static const char luks[] = "LUKS\xba\xbe\0\1aes";
	static const char *const not_it[] = {"", "crypto", "crypto_LUKS2", "xcrypto_LUKS", "ext4,gpt", ","};
	struct pb_err err = PB_ERR_INIT;
	struct live l;
	int fd;

	(void)state;
	if (!live_make(&l))
		skip();
	assert_int_equal(pwrite(l.loop.file_fd, luks, sizeof(luks), 0), sizeof(luks));
	ioctl(l.loop.fd, BLKFLSBUF);
	for (size_t i = 0; i < sizeof(not_it) / sizeof(not_it[0]); i++)
		assert_int_equal(pb_interlock_check_over(&l.root, l.loop.name, true, not_it[i], NULL),
				 -EBUSY);
	assert_int_equal(pb_interlock_check_over(&l.root, l.loop.name, true, NULL, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "--overwrite-signature crypto_LUKS"));
	assert_int_equal(pb_interlock_check_over(&l.root, l.loop.name, true, "crypto_LUKS", NULL), 0);
	assert_int_equal(pb_interlock_check_over(&l.root, l.loop.name, true, "gpt,crypto_LUKS", NULL), 0);
	fd = open(l.loop.path, O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pb_interlock_check_over(&l.root, l.loop.name, true, "crypto_LUKS", NULL), -EBUSY);
	close(fd);
	live_remove(&l);
}

static void live_read_only_disk(void **state)
{
	int on = 1, off = 0;
	struct live l;

	(void)state;
	if (!live_make(&l))
		skip();
	assert_int_equal(ioctl(l.loop.fd, BLKROSET, &on), 0);
	assert_int_equal(check(&l, true, "read-only"), -EROFS);
	assert_int_equal(check(&l, false, ""), 0);
	ioctl(l.loop.fd, BLKROSET, &off);
	live_remove(&l);
}

/* A loop device over a loop device: the lower one is claimed by nobody, but in use. */
static void live_loop_over_loop(void **state)
{
	struct live l;

	(void)state;
	if (!live_make(&l))
		skip();
	setenv("DISK", l.loop.path, 1);
	if (run("losetup -f $DISK")) {
		live_remove(&l);
		skip();
	}
	assert_int_equal(check(&l, false, "losetup -d"), -EBUSY);
	run("losetup -j $DISK | cut -d: -f1 | xargs -r losetup -d");
	assert_int_equal(check(&l, false, ""), 0);
	live_remove(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_free_disk_passes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_disk_that_is_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(mounted_partition_and_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(mounted_in_the_first_process_only, setup, teardown),
		cmocka_unit_test_setup_teardown(root_and_boot_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(btrfs_is_found_by_its_source, setup, teardown),
		cmocka_unit_test_setup_teardown(swap_on_a_partition, setup, teardown),
		cmocka_unit_test_setup_teardown(held_by_device_mapper, setup, teardown),
		cmocka_unit_test_setup_teardown(mounted_three_levels_up, setup, teardown),
		cmocka_unit_test_setup_teardown(holders_that_go_in_circles_end, setup, teardown),
		cmocka_unit_test_setup_teardown(behind_a_loop_device, setup, teardown),
		cmocka_unit_test_setup_teardown(read_only_disks_are_not_written, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hidden_path_stands_for_its_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_proc_files_do_no_harm, setup, teardown),
		cmocka_unit_test(live_empty_disk_passes),
		cmocka_unit_test(live_exclusive_opener),
		cmocka_unit_test(live_mounted_file_system),
		cmocka_unit_test(live_signatures_stop_writes),
		cmocka_unit_test(live_luks_magic_stops_writes),
		cmocka_unit_test(live_named_signatures_may_be_overwritten),
		cmocka_unit_test(live_read_only_disk),
		cmocka_unit_test(live_loop_over_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
