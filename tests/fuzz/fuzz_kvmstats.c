/*
 * Fuzz target for the reader of KVM's binary statistics: the file comes through a descriptor of another
 * process, which could be any file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/collectors/kvmstats.h"
#include "engine/lib/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"exits", "halt_wait_ns", "no_such_counter", "halt_wait_hist"};
	int64_t v[4];
	struct pb_kvmstats s;
	int fd = memfd_create("kvmstats", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	if (size && pwrite(fd, data, size, 0) != (ssize_t)size) {
		close(fd);
		return 0;
	}
	if (pb_kvmstats_open(&s, fd, names, 4)) {
		if (s.fd != -1 || s.at || s.data)
			abort(); /* something was left behind */
		return 0;
	}
	pb_kvmstats_vcpu(&s);
	if (!pb_kvmstats_read(&s, v) && v[2] != PB_NA)
		abort(); /* nothing has that name */
	pb_kvmstats_close(&s);
	return 0;
}
