/*
 * Reader of KVM binary statistics. It takes any file descriptor, so that recorded
 * files serve as tests; where the descriptor comes from is the kvm collector's business.
 */
#include "engine/collectors/kvmstats.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/csv.h"

#define NAME_MAX_BYTES 256u   /* 48 in today's kernels */
#define DESC_MAX 1024u        /* 47 in Linux 6.1 */
#define OFFSET_MAX (1u << 20) /* of any block in the file */
#define DATA_MAX (64u << 10)  /* 1120 bytes in Linux 6.1 */

/* Reads exactly size bytes at offset. 0 or -errno (-EPROTO when the file is too short). */
static int read_at(int fd, void *buf, size_t size, int64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)buf + done, size - done, (off_t)(offset + (int64_t)done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPROTO;
		done += (size_t)n;
	}
	return 0;
}

static int check_header(const struct kvm_stats_header *h)
{
	if (!h->name_size || h->name_size > NAME_MAX_BYTES || !h->num_desc || h->num_desc > DESC_MAX)
		return -EPROTO;
	if (h->id_offset > OFFSET_MAX || h->desc_offset > OFFSET_MAX || h->data_offset > OFFSET_MAX)
		return -EPROTO;
	return 0;
}

static void note(struct pb_kvmstats *s, const struct kvm_stats_desc *d, const char *name,
		 const char *const *names)
{
	if (d->size != 1 || d->offset > DATA_MAX - sizeof(uint64_t))
		return; /* histograms are not asked for */
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(names[i], name))
			continue;
		s->at[i] = d->offset;
		if (d->offset + sizeof(uint64_t) > s->size)
			s->size = d->offset + sizeof(uint64_t);
	}
}

static int read_descs(struct pb_kvmstats *s, const struct kvm_stats_header *h, const char *const *names)
{
	size_t stride = sizeof(struct kvm_stats_desc) + h->name_size;
	char *all = malloc(stride * h->num_desc);
	int rc = all ? read_at(s->fd, all, stride * h->num_desc, h->desc_offset) : -ENOMEM;

	for (size_t i = 0; !rc && i < h->num_desc; i++) {
		char name[NAME_MAX_BYTES + 1] = "";
		struct kvm_stats_desc d;

		memcpy(&d, all + i * stride, sizeof(d));
		memcpy(name, all + i * stride + sizeof(d), h->name_size);
		note(s, &d, name, names);
	}
	free(all);
	return rc;
}

static int read_id(struct pb_kvmstats *s, const struct kvm_stats_header *h)
{
	size_t size = h->name_size < sizeof(s->id) ? h->name_size : sizeof(s->id) - 1;
	int rc = read_at(s->fd, s->id, size, h->id_offset);

	s->id[size] = '\0';
	return rc;
}

int pb_kvmstats_open(struct pb_kvmstats *s, int fd, const char *const *names, size_t n)
{
	struct kvm_stats_header h;
	int rc;

	*s = (struct pb_kvmstats){.fd = fd, .n = n};
	s->at = calloc(n + 1, sizeof(*s->at));
	rc = s->at ? read_at(fd, &h, sizeof(h), 0) : -ENOMEM;
	for (size_t i = 0; s->at && i < n; i++)
		s->at[i] = -1;
	if (!rc)
		rc = check_header(&h);
	if (!rc)
		rc = read_id(s, &h);
	if (!rc)
		rc = read_descs(s, &h, names);
	if (!rc && !s->size)
		rc = -EPROTO; /* none of the counters is there */
	if (!rc) {
		s->base = h.data_offset;
		s->data = malloc(s->size);
		rc = s->data ? 0 : -ENOMEM;
	}
	if (rc)
		pb_kvmstats_close(s);
	return rc;
}

int pb_kvmstats_read(struct pb_kvmstats *s, int64_t *v)
{
	int rc = read_at(s->fd, s->data, s->size, s->base);

	if (rc)
		return rc;
	for (size_t i = 0; i < s->n; i++) {
		uint64_t x;

		v[i] = PB_NA;
		if (s->at[i] < 0)
			continue;
		memcpy(&x, s->data + s->at[i], sizeof(x));
		v[i] = x <= INT64_MAX ? (int64_t)x : PB_NA;
	}
	return 0;
}

void pb_kvmstats_close(struct pb_kvmstats *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->at);
	free(s->data);
	*s = (struct pb_kvmstats){.fd = -1};
}

int pb_kvmstats_vcpu(const struct pb_kvmstats *s)
{
	const char *p = strstr(s->id, "/vcpu-");
	unsigned v;

	return p && sscanf(p, "/vcpu-%5u", &v) == 1 ? (int)v : -1;
}
