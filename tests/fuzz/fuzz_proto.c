/*
 * Fuzz target for the framing of the protocol: whatever bytes come, lines are
 * objects or the conversation ends, and it ends for good.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/lib/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void converse(int fd)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_lines l;
	json_t *j = NULL;
	int rc;

	if (pb_lines_init(&l, fd, fd))
		return;
	while (!(rc = pb_lines_read(&l, 0, &j, &err))) {
		if (!json_is_object(j))
			abort();
		json_decref(j);
		j = NULL;
	}
	if (rc != -EPIPE && rc != -EMSGSIZE && rc != -EBADMSG)
		abort();
	if (rc != -EPIPE && (!err.msg[0] || pb_lines_read(&l, 0, &j, NULL) != -EBADMSG))
		abort();
	pb_lines_fini(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	if ((size == 0 || write(fd, data, size) == (ssize_t)size) && lseek(fd, 0, SEEK_SET) == 0)
		converse(fd);
	close(fd);
	return 0;
}
