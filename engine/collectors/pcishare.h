/*
 * Who shares the links of a PCI path: the functions below each of its bridges, and the other functions of the
 * disk's own slot. Names them; says nothing about how busy they are.
 */
#ifndef PB_COLLECTORS_PCISHARE_H
#define PB_COLLECTORS_PCISHARE_H

#include "engine/collectors/pcidev.h"

struct pb_pcishare {
	size_t devices; /* functions that are no bridges, the disk not counted */
	size_t disks;   /* of these, those of a storage class */
	char text[512]; /* their addresses, a blank between; ends with "..." when there are more */
};

/* Fills share[0..chain->n-1], one for the link above each hop. 0 or -errno. */
int pb_pcishare_find(const struct pb_root *root, const struct pb_pcichain *chain, struct pb_pcishare *share);

#endif
