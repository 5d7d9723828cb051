/*
 * The interrupt vectors that belong to one PCI disk, on this host, now. IRQ
 * numbers change whenever a guest re-arms MSI-X: find vectors again by BDF and name each time.
 */
#ifndef PB_COLLECTORS_IRQVEC_H
#define PB_COLLECTORS_IRQVEC_H

#include <stddef.h>

#include "engine/collectors/irqtext.h"
#include "engine/lib/sysfs.h"

enum pb_irq_owner {
	PB_IRQ_OTHER, /* not the disk's */
	PB_IRQ_VFIO,  /* passed through: vfio-msix[n](BDF) */
	PB_IRQ_DEVICE /* driven by the host: nvmeXqN, virtioN-req.M, any name with the BDF in it */
};

/* How the disk's vectors are called; valid until its driver is changed. */
struct pb_irq_match {
	char bdf[32];    /* "" matches nothing */
	char nvme[32];   /* "nvme0q", "" = none */
	char virtio[32]; /* "virtio1-", "" = none */
};

void pb_irq_match_init(struct pb_irq_match *m, const struct pb_root *root, const char *bdf);
/* Whose vector is this action name? *index is its number within the device, -1 when it has none. */
enum pb_irq_owner pb_irq_match_name(const struct pb_irq_match *m, const char *name, int *index);

struct pb_irq_vector {
	unsigned irq;
	char name[PB_IRQ_NAME_MAX];
	enum pb_irq_owner owner;
	int index;   /* vector (vfio), queue (nvme: 0 = admin) or request queue (virtio); -1 = none */
	int managed; /* 1: the kernel fixed its affinity (file mode 0444), 0: settable, -1: unknown */
	char smp_affinity_list[256];       /* asked for; "" = not readable */
	char effective_affinity_list[256]; /* where it really is; "" = not readable */
};

/*
 * All vectors of the disk, sorted as /proc/interrupts has them. *v is freed with
 * free(). None is not an error (*n = 0). -ENOENT/-EACCES when /proc/interrupts cannot be read, -EINVAL when
 * it is no such text, -ENOMEM.
 */
int pb_irq_vectors(const struct pb_root *root, const char *bdf, struct pb_irq_vector **v, size_t *n);

#endif
