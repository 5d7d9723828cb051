/*
 * From /dev/nvmeXnY to /dev/ngXnY. The exclusive claim stays on the block
 * device (claim.c); this only opens a second way to the same namespace, for
 * writing only when the job writes.
 */
#include "engine/ioengine/nvme_ns.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NVME_ADMIN_IDENTIFY 0x06
#define IDENTIFY_BYTES 4096
/* Identify Namespace data, NVM command set specification, figure 97 */
#define NS_FLBAS 26
#define NS_LBAF 128

static int refuse(const struct fio_file *f, int err, const char *why)
{
	log_err("passthru: backend uring_cmd cannot drive %s: %s\n", f->file_name, why);
	return -err;
}

/* The kernel's name of the disk: "nvme0n1". */
static bool kernel_name(dev_t dev, char *name, size_t size)
{
	char path[64], link[PATH_MAX];
	const char *base;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(dev), minor(dev));
	n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	base = strrchr(link, '/');
	base = base ? base + 1 : link;
	return (size_t)snprintf(name, size, "%s", base) < size;
}

/* Both devices hang below the same controller or subsystem. */
static bool same_parent(dev_t block, dev_t chr)
{
	char path[64], a[PATH_MAX], b[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/device", major(block), minor(block));
	if (!realpath(path, a))
		return false;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/device", major(chr), minor(chr));
	return realpath(path, b) && !strcmp(a, b);
}

static int identify(const struct fio_file *f, struct pb_nvme_ns *ns)
{
	unsigned char data[IDENTIFY_BYTES] __attribute__((aligned(4096)));
	struct nvme_passthru_cmd cmd = {.opcode = NVME_ADMIN_IDENTIFY,
					.nsid = ns->nsid,
					.addr = (uintptr_t)data,
					.data_len = sizeof(data)};
	const unsigned char *format;
	unsigned nr;

	memset(data, 0, sizeof(data));
	if (ioctl(f->fd, NVME_IOCTL_ADMIN_CMD, &cmd))
		return refuse(f, EIO, "it does not identify its namespace (root is needed)");
	nr = (data[NS_FLBAS] & 0xfu) | ((data[NS_FLBAS] >> 5 & 3u) << 4);
	format = data + NS_LBAF + 4 * nr;
	if (format[0] || format[1])
		return refuse(f, EOPNOTSUPP, "its blocks carry metadata");
	ns->lba_shift = format[2];
	return ns->lba_shift >= 9 && ns->lba_shift <= 16 ? 0
							 : refuse(f, EINVAL, "its block size makes no sense");
}

/* The block layer would split a larger I/O; past it nobody does. */
static int check_size(struct thread_data *td, const struct fio_file *f, dev_t dev)
{
	unsigned long long kib = 0;
	char path[80];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/max_hw_sectors_kb", major(dev), minor(dev));
	file = fopen(path, "r");
	if (file && fscanf(file, "%llu", &kib) != 1)
		kib = 0;
	if (file)
		fclose(file);
	if (kib && td_max_bs(td) > kib << 10)
		return refuse(f, EINVAL, "the job's blocks are larger than one command of this disk");
	return 0;
}

static int open_char(struct thread_data *td, const struct fio_file *f, dev_t dev, struct pb_nvme_ns *ns)
{
	unsigned ctrl, nr;
	char name[64], path[64];
	struct stat st;
	int end = 0, id;

	if (!kernel_name(dev, name, sizeof(name)) || sscanf(name, "nvme%un%u%n", &ctrl, &nr, &end) != 2 ||
	    name[end])
		return refuse(f, ENODEV, "it is not a whole NVMe namespace");
	snprintf(path, sizeof(path), "/dev/ng%un%u", ctrl, nr);
	ns->fd = open(path, (td_write(td) ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (ns->fd < 0)
		return refuse(f, errno, "its character device /dev/ngXnY cannot be opened");
	if (fstat(ns->fd, &st) || !S_ISCHR(st.st_mode) || !same_parent(dev, st.st_rdev))
		return refuse(f, ESTALE, "its character device belongs to another disk");
	id = ioctl(f->fd, NVME_IOCTL_ID);
	if (id <= 0 || ioctl(ns->fd, NVME_IOCTL_ID) != id)
		return refuse(f, ESTALE, "its character device is another namespace");
	ns->nsid = (uint32_t)id;
	return 0;
}

int pb_nvme_ns_open(struct thread_data *td, const struct fio_file *f, struct pb_nvme_ns *ns)
{
	struct stat st;
	int rc;

	ns->fd = -1;
	if (fstat(f->fd, &st) || !S_ISBLK(st.st_mode))
		return refuse(f, ENOTBLK, "it is not a block device");
	rc = open_char(td, f, st.st_rdev, ns);
	rc = rc ? rc : check_size(td, f, st.st_rdev);
	rc = rc ? rc : identify(f, ns);
	if (rc)
		pb_nvme_ns_close(ns);
	return rc;
}

void pb_nvme_ns_close(struct pb_nvme_ns *ns)
{
	if (ns->fd >= 0)
		close(ns->fd);
	ns->fd = -1;
}
