/*
 * The processor package that the disk hangs on, from the run's topology.xml.
 */
#ifndef PB_REPORTS_SOCKET_H
#define PB_REPORTS_SOCKET_H

#include <stdint.h>

struct pb_socket {
	int64_t package, node; /* as the system numbers them; PB_NA = not known, or it is not one alone */
	int packages, nodes;   /* of the host; 0 = not known */
};

/* Looks for the PCI device bdf ("0000:03:00.0") in topology.xml below dirfd. What cannot be read is not
 * known. */
void pb_socket_read(struct pb_socket *s, int dirfd, const char *bdf);

#endif
