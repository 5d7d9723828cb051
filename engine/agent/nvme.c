/*
 * NVMe admin commands: Get Log Page, Get Features and Set Features (08h only), and the layout of the
 * SMART log (NVM Express Base Specification 2.0, figures 207 and 317 to 328).
 */
#include "engine/agent/nvme.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/agent/clock.h"
#include "engine/lib/nvme_paths.h"

#define GET_LOG_PAGE 0x02
#define SET_FEATURES 0x09
#define GET_FEATURES 0x0a
#define LOG_SMART 0x02
#define FEATURE_WRITE_CACHE 0x06
#define FEATURE_QUEUES 0x07
#define FEATURE_COALESCING 0x08
#define ALL_NAMESPACES 0xffffffffu

/* The controller's fd, or -errno with a phrase in why. */
static int open_controller(const struct pb_root *root, const char *disk, char *why, size_t size)
{
	char ctrl[64];
	int fd;

	if (!pb_nvme_controller(root, disk, ctrl, sizeof(ctrl))) {
		snprintf(why, size, "not an NVMe disk");
		return -ENODEV;
	}
	fd = pb_root_openf(root, O_RDONLY, "/dev/%s", ctrl);
	if (fd < 0)
		snprintf(why, size, "cannot open /dev/%.32s: %s", ctrl, strerror(-fd));
	return fd;
}

/* 0 and the command's result, or -errno with a phrase in why. */
static int admin(int fd, struct nvme_admin_cmd *cmd, char *why, size_t size)
{
	int rc = ioctl(fd, NVME_IOCTL_ADMIN_CMD, cmd);

	if (rc == 0)
		return 0;
	if (rc < 0) {
		rc = -errno;
		snprintf(why, size, "admin command refused: %s", strerror(-rc));
		return rc;
	}
	snprintf(why, size, "the disk answered NVMe status 0x%x", (unsigned)rc & 0x7ff);
	return -EIO;
}

void pb_nvme_smart(const struct pb_root *root, const char *disk, struct pb_smart *s)
{
	struct nvme_admin_cmd cmd = {.opcode = GET_LOG_PAGE,
				     .nsid = ALL_NAMESPACES,
				     .data_len = PB_SMART_BYTES,
				     .cdw10 = (PB_SMART_BYTES / 4 - 1) << 16 | LOG_SMART};
	int fd;

	memset(s, 0, sizeof(*s));
	cmd.addr = (uint64_t)(uintptr_t)s->log;
	fd = open_controller(root, disk, s->why, sizeof(s->why));
	s->t_ns = pb_clock_raw_ns();
	if (fd < 0)
		return;
	s->ok = admin(fd, &cmd, s->why, sizeof(s->why)) == 0;
	close(fd);
}

/* Little-endian number of n bytes; what does not fit into 63 bits is not available. */
static int64_t number(const uint8_t *at, unsigned n)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (i >= 8 && at[i])
			return -1;
		if (i < 8)
			v |= (uint64_t)at[i] << (8 * i);
	}
	return v > INT64_MAX ? -1 : (int64_t)v;
}

/* A field of the log, in the order of the columns. A temperature of 0 K means: not reported. */
static const struct {
	uint16_t at;
	uint8_t bytes;
	bool kelvin;
} fields[] = {
	{0, 1, false},   {1, 2, true},    {3, 1, false},   {5, 1, false},    {32, 16, false}, {48, 16, false},
	{64, 16, false}, {80, 16, false}, {96, 16, false}, {160, 16, false}, {192, 4, false}, {196, 4, false},
	{200, 2, true},  {202, 2, true},  {216, 4, false}, {220, 4, false},  {224, 4, false}, {228, 4, false},
};

const char pb_smart_header[] =
	"t_ns,critical_warning,temperature_c,spare_pct,used_pct,data_units_read,data_units_written,host_"
	"reads,"
	"host_writes,busy_min,media_errors,warning_temp_min,critical_temp_min,sensor1_c,sensor2_c,"
	"throttle1_transitions,throttle2_transitions,throttle1_s,throttle2_s\n";

void pb_smart_row(const struct pb_smart *s, struct pb_buf *out)
{
	size_t i;

	pb_buf_printf(out, "%lld", (long long)s->t_ns);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		int64_t v = number(s->log + fields[i].at, fields[i].bytes);

		if (v < 0 || (fields[i].kelvin && !v))
			pb_buf_str(out, ",");
		else
			pb_buf_printf(out, ",%lld", (long long)v - (fields[i].kelvin ? 273 : 0));
	}
	pb_buf_str(out, "\n");
}

/* The feature's current value; false when the disk does not have it. */
static bool feature(int fd, uint32_t id, uint32_t *value, char *why, size_t size)
{
	struct nvme_admin_cmd cmd = {.opcode = GET_FEATURES, .cdw10 = id};

	if (admin(fd, &cmd, why, size))
		return false;
	*value = cmd.result;
	return true;
}

static void put(json_t *j, const char *key, bool known, json_int_t v)
{
	json_object_set_new(j, key, known ? json_integer(v) : json_null());
}

json_t *pb_nvme_features(const struct pb_root *root, const char *disk)
{
	char why[128] = "";
	json_t *j = NULL;
	uint32_t v = 0;
	bool known;
	int fd = open_controller(root, disk, why, sizeof(why));

	if (fd == -ENODEV)
		return NULL;
	j = json_object();
	known = fd >= 0 && feature(fd, FEATURE_WRITE_CACHE, &v, why, sizeof(why));
	json_object_set_new(j, "volatile_write_cache", known ? json_boolean(v & 1) : json_null());
	known = fd >= 0 && feature(fd, FEATURE_QUEUES, &v, why, sizeof(why));
	put(j, "submission_queues", known, (json_int_t)(v & 0xffff) + 1); /* both are 0-based */
	put(j, "completion_queues", known, (json_int_t)(v >> 16) + 1);
	known = fd >= 0 && feature(fd, FEATURE_COALESCING, &v, why, sizeof(why));
	put(j, "coalescing_threshold", known, (json_int_t)(v & 0xff) + 1);
	put(j, "coalescing_us", known, (json_int_t)(v >> 8 & 0xff) * 100);
	if (*why)
		json_object_set_new(j, "why", json_string(why));
	if (fd >= 0)
		close(fd);
	return j;
}

int pb_nvme_coalescing(const struct pb_root *root, const char *disk, uint32_t *value, struct pb_err *err)
{
	char why[128] = "";
	int fd = open_controller(root, disk, why, sizeof(why));
	bool known = fd >= 0 && feature(fd, FEATURE_COALESCING, value, why, sizeof(why));

	if (fd >= 0)
		close(fd);
	return known ? 0
		     : pb_fail(err, PB_MISSING, EIO, "interrupt coalescing of %s cannot be read: %s", disk,
			       why);
}

int pb_nvme_coalescing_set(const struct pb_root *root, const char *disk, uint32_t value, struct pb_err *err)
{
	/* bit 31 of cdw10, "save", stays clear: a reset brings the disk's own value back */
	struct nvme_admin_cmd cmd = {
		.opcode = SET_FEATURES, .cdw10 = FEATURE_COALESCING, .cdw11 = value & 0xffff};
	char why[128] = "";
	int fd = open_controller(root, disk, why, sizeof(why));
	int rc = fd < 0 ? fd : admin(fd, &cmd, why, sizeof(why));

	if (fd >= 0)
		close(fd);
	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "interrupt coalescing of %s cannot be set: %s", disk,
				why)
		      : 0;
}
