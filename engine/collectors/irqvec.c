/*
 * Finds a disk's interrupt vectors by name and reads their affinity. Never writes: whether an
 * affinity may be set is told from the file's mode, which the kernel makes 0444 for managed interrupts.
 */
#include "engine/collectors/irqvec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* First name in a directory that starts with prefix and goes on with a digit. */
static bool child_named(const struct pb_root *root, const char *dir, const char *prefix, char *out,
			size_t size)
{
	struct pb_strv names = {0};
	size_t len = strlen(prefix);
	bool found = false;

	if (pb_root_list(root, &names, "%s", dir) == 0)
		for (size_t i = 0; i < names.n && !found; i++) {
			const char *s = names.v[i];

			if (strncmp(s, prefix, len) || s[len] < '0' || s[len] > '9' || strlen(s) + 2 > size)
				continue;
			snprintf(out, size, "%s", s);
			found = true;
		}
	pb_strv_fini(&names);
	return found;
}

void pb_irq_match_init(struct pb_irq_match *m, const struct pb_root *root, const char *bdf)
{
	char dir[128];

	memset(m, 0, sizeof(*m));
	if (!bdf || strlen(bdf) >= sizeof(m->bdf))
		return;
	snprintf(m->bdf, sizeof(m->bdf), "%s", bdf);
	snprintf(dir, sizeof(dir), "/sys/bus/pci/devices/%s/nvme", bdf);
	if (child_named(root, dir, "nvme", m->nvme, sizeof(m->nvme)))
		strcat(m->nvme, "q"); /* child_named leaves room for one more */
	snprintf(dir, sizeof(dir), "/sys/bus/pci/devices/%s", bdf);
	if (child_named(root, dir, "virtio", m->virtio, sizeof(m->virtio)))
		strcat(m->virtio, "-");
}

static int vector_number(const char *s)
{
	char *end;
	long v;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	v = strtol(s, &end, 10);
	return errno || v > 65535 ? -1 : (int)v;
}

/* vfio-msix[3](BDF), vfio-msi[0](BDF), vfio-intx(BDF) */
static int vfio_index(const char *vfio)
{
	const char *bracket = strchr(vfio, '[');
	const char *paren = strchr(vfio, '(');

	if (!strncmp(vfio, "vfio-intx", 9))
		return 0;
	return bracket && paren && bracket < paren ? vector_number(bracket + 1) : -1;
}

enum pb_irq_owner pb_irq_match_name(const struct pb_irq_match *m, const char *name, int *index)
{
	const char *vfio = strstr(name, "vfio-");
	char paren[40];

	*index = -1;
	if (!m->bdf[0] || !name[0])
		return PB_IRQ_OTHER;
	snprintf(paren, sizeof(paren), "(%s)", m->bdf);
	if (vfio && strstr(vfio, paren)) {
		*index = vfio_index(vfio);
		return PB_IRQ_VFIO;
	}
	if (m->nvme[0] && !strncmp(name, m->nvme, strlen(m->nvme))) {
		*index = vector_number(name + strlen(m->nvme));
		return PB_IRQ_DEVICE;
	}
	if (m->virtio[0] && !strncmp(name, m->virtio, strlen(m->virtio))) {
		const char *queue = name + strlen(m->virtio);

		*index = strncmp(queue, "req.", 4) ? -1 : vector_number(queue + 4);
		return PB_IRQ_DEVICE;
	}
	return strstr(name, m->bdf) ? PB_IRQ_DEVICE : PB_IRQ_OTHER;
}

static void read_affinity(const struct pb_root *root, struct pb_irq_vector *v)
{
	struct stat st;
	int fd = pb_root_openf(root, O_PATH, "/proc/irq/%u/smp_affinity_list", v->irq);

	v->managed = -1;
	if (fd >= 0) {
		if (!fstat(fd, &st))
			v->managed = !(st.st_mode & 0222);
		close(fd);
	}
	if (pb_root_read(root, v->smp_affinity_list, sizeof(v->smp_affinity_list),
			 "/proc/irq/%u/smp_affinity_list", v->irq) < 0)
		v->smp_affinity_list[0] = '\0';
	if (pb_root_read(root, v->effective_affinity_list, sizeof(v->effective_affinity_list),
			 "/proc/irq/%u/effective_affinity_list", v->irq) < 0)
		v->effective_affinity_list[0] = '\0';
}

static int add_vector(struct pb_irq_vector **v, size_t *n, const struct pb_irq_line *line,
		      enum pb_irq_owner owner, int index)
{
	struct pb_irq_vector *grown = realloc(*v, (*n + 1) * sizeof(**v)), *x;

	if (!grown)
		return -ENOMEM;
	*v = grown;
	x = &grown[(*n)++];
	memset(x, 0, sizeof(*x));
	x->irq = (unsigned)line->irq;
	x->owner = owner;
	x->index = index;
	memcpy(x->name, line->name, sizeof(x->name));
	return 0;
}

int pb_irq_vectors(const struct pb_root *root, const char *bdf, struct pb_irq_vector **v, size_t *n)
{
	struct pb_buf text = {0};
	struct pb_irqtext it;
	struct pb_irq_line line;
	struct pb_irq_match match;
	struct pb_irq_vector *found = NULL;
	size_t count = 0;
	int rc = pb_root_slurp(root, &text, "/proc/interrupts");

	if (!rc)
		rc = text.len ? pb_irqtext_begin(&it, text.data, text.len) : -EINVAL;
	if (rc) {
		pb_buf_fini(&text);
		return rc;
	}
	pb_irq_match_init(&match, root, bdf);
	while (!rc && pb_irqtext_next(&it, &line)) {
		int index;
		enum pb_irq_owner owner = pb_irq_match_name(&match, line.name, &index);

		if (line.irq >= 0 && owner != PB_IRQ_OTHER)
			rc = add_vector(&found, &count, &line, owner, index);
	}
	pb_irqtext_fini(&it);
	pb_buf_fini(&text);
	if (rc) {
		free(found);
		return rc;
	}
	for (size_t i = 0; i < count; i++)
		read_affinity(root, &found[i]);
	*v = found;
	*n = count;
	return 0;
}
