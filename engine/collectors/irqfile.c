/*
 * Reads per_cpu_count files. The kernel cuts them at a page, some 370 to 2,000 CPUs: such a file is refused,
 * not taken for a machine with fewer CPUs.
 */
#include "engine/collectors/irqfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096

size_t pb_irqfile_parse(const char *text, uint32_t *count, size_t max)
{
	size_t n = 0;

	for (const char *p = text; n < max; p++) {
		uint64_t v = 0;
		const char *q = p;

		for (; *p >= '0' && *p <= '9' && p - q < 11; p++)
			v = 10 * v + (uint64_t)(*p - '0');
		if (p == q || v > UINT32_MAX)
			return 0;
		count[n++] = (uint32_t)v;
		if (*p == ',')
			continue;
		return *p == '\n' && !p[1] ? n : 0; /* without its end it was cut */
	}
	return 0;
}

int pb_irqfiles_init(struct pb_irqfiles *f, size_t cpus)
{
	memset(f, 0, sizeof(*f));
	f->cap = cpus + 1;
	f->count = calloc(f->cap, sizeof(*f->count));
	return f->count ? 0 : -ENOMEM;
}

void pb_irqfiles_fini(struct pb_irqfiles *f)
{
	pb_irqfiles_clear(f);
	free(f->count);
	f->count = NULL;
}

void pb_irqfiles_clear(struct pb_irqfiles *f)
{
	for (size_t i = 0; i < f->n; i++)
		close(f->v[i].fd);
	f->n = 0;
}

int pb_irqfiles_add(struct pb_irqfiles *f, const struct pb_root *root, unsigned irq)
{
	int fd;

	if (f->n == PB_IRQFILES_MAX)
		return -ENOSPC;
	fd = pb_root_openf(root, O_RDONLY, "/sys/kernel/irq/%u/per_cpu_count", irq);
	if (fd < 0)
		return fd;
	f->v[f->n++] = (struct pb_irqfile){.irq = irq, .fd = fd};
	return 0;
}

ssize_t pb_irqfiles_read(struct pb_irqfiles *f, size_t i)
{
	char text[PAGE + 1];
	ssize_t n = pread(f->v[i].fd, text, PAGE, 0);
	size_t cpus;

	if (n < 0)
		return -errno;
	text[n] = '\0';
	cpus = pb_irqfile_parse(text, f->count, f->cap);
	return cpus ? (ssize_t)cpus : -EINVAL;
}
