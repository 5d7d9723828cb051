/*
 * Messages of drivers/iommu/intel/dmar.c and drivers/iommu/amd/iommu.c, Linux 4.19 to 6.18. Older ones lack
 * the colon after DMAR.
 */
#include "engine/collectors/iommufault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_MAX 8192u
#define POLL_MAX 512u

/* Is there, anywhere in the text, this device as "0000:41:00.0" or, in segment 0, as "41:00.0"? */
static bool names_disk(const char *text, const char *bdf)
{
	const char *at = strstr(text, bdf);

	if (!at && !strncmp(bdf, "0000:", 5)) {
		bdf += 5;
		at = strstr(text, bdf);
	}
	for (size_t len = strlen(bdf); at; at = strstr(at + 1, bdf)) {
		char before = at > text ? at[-1] : ' ', after = at[len];

		if (!strchr("0123456789abcdefABCDEF:.", before) && (after < '0' || after > '9'))
			return true;
	}
	return false;
}

static bool is_fault(const char *text)
{
	static const char *const intel[] = {"[DMA Read", "[DMA Write", "[INTR-REMAP]"};
	static const char *const amd[] = {"IO_PAGE_FAULT",          "ILLEGAL_DEV_TABLE_ENTRY",
					  "DEV_TAB_HARDWARE_ERROR", "PAGE_TAB_HARDWARE_ERROR",
					  "RMP_PAGE_FAULT",         "INVALID_DEVICE_REQUEST"};
	const char *p = strstr(text, "DMAR:");

	for (size_t i = 0; p && i < sizeof(intel) / sizeof(intel[0]); i++)
		if (strstr(p, intel[i]) && strstr(p, "Request device"))
			return true;
	p = strstr(text, "Event logged [");
	for (size_t i = 0; p && i < sizeof(amd) / sizeof(amd[0]); i++)
		if (strstr(p, amd[i]))
			return true;
	return false;
}

bool pb_iommufault_parse(const char *record, const char *bdf, bool *disk)
{
	const char *text = strchr(record, ';');
	char *end;
	unsigned long prio = strtoul(record, &end, 10);

	*disk = false;
	if (!text || end == record || *end != ',' || prio >> 3 != 0 || !is_fault(text + 1))
		return false;
	*disk = bdf && names_disk(text + 1, bdf);
	return true;
}

int pb_iommufault_open(struct pb_iommufault *f, const struct pb_root *root, const char *bdf)
{
	*f = (struct pb_iommufault){.fd = -1, .bdf = bdf};
	if (!root->live)
		return -ENODEV;
	f->fd = pb_root_openf(root, O_RDONLY | O_NONBLOCK, "/dev/kmsg");
	if (f->fd < 0) {
		int rc = f->fd;

		f->fd = -1;
		return rc;
	}
	lseek(f->fd, 0, SEEK_END);
	return 0;
}

void pb_iommufault_poll(struct pb_iommufault *f)
{
	char record[RECORD_MAX];

	for (unsigned i = 0; f->fd >= 0 && i < POLL_MAX; i++) {
		ssize_t n = read(f->fd, record, sizeof(record) - 1);
		bool disk;

		if (n < 0 && errno == EPIPE)
			continue; /* records were overwritten before we came: the count stays "at least" */
		if (n <= 0)
			return;
		record[n] = '\0';
		if (!pb_iommufault_parse(record, f->bdf, &disk))
			continue;
		f->all++;
		f->disk += disk;
	}
}

void pb_iommufault_close(struct pb_iommufault *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
