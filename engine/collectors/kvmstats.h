/*
 * KVM's binary statistics (KVM_GET_STATS_FD, kernel Documentation/virt/kvm/api.rst 4.133): finds chosen
 * counters in the descriptors once, then reads them all with one pread.
 */
#ifndef PB_COLLECTORS_KVMSTATS_H
#define PB_COLLECTORS_KVMSTATS_H

#include <stddef.h>
#include <stdint.h>

struct pb_kvmstats {
	int fd;       /* -1 = closed; owned */
	char id[64];  /* "kvm-9661/vcpu-0": thread id and number of the vCPU */
	size_t n;     /* counters asked for */
	int64_t *at;  /* offset of each in the data block, -1 = this kernel does not have it */
	int64_t base; /* of the data block in the file */
	size_t size;  /* bytes of it that are needed */
	char *data;
};

/*
 * Reads header and descriptors from fd, which is owned from here on (closed on failure too). Everything the
 * file says is checked against bounds. 0, -EPROTO when it is no such file, -errno.
 */
int pb_kvmstats_open(struct pb_kvmstats *s, int fd, const char *const *names, size_t n);
/* v[i] of each counter, PB_NA where the kernel has none. 0 or -errno. */
int pb_kvmstats_read(struct pb_kvmstats *s, int64_t *v);
void pb_kvmstats_close(struct pb_kvmstats *s);
/* vCPU number from the id, -1 when it says none. */
int pb_kvmstats_vcpu(const struct pb_kvmstats *s);

#endif
