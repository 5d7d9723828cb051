/*
 * The disk's root bus against the kernel's map of I/O stacks
 * (Documentation/ABI/testing/sysfs-devices-mapping).
 */
#include "engine/collectors/iiostack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/uncore.h"
#include "engine/lib/csv.h" /* PB_NA */

#define PMUS "/sys/bus/event_source/devices"

/* The processor's own root bus: behind a VMD controller that is the controller's, the first of the path. */
static bool root_bus(const struct pb_root *root, const char *bdf, unsigned *segment, unsigned *bus)
{
	char path[1024];

	return pb_root_realpath(root, path, sizeof(path), "/sys/bus/pci/devices/%s", bdf) > 0 &&
	       sscanf(path, "/sys/devices/pci%8x:%2x/", segment, bus) == 2;
}

static bool matches(const struct pb_root *root, const char *pmu, const char *file, unsigned segment,
		    unsigned bus)
{
	char text[64];
	unsigned s, b;

	return pb_root_read(root, text, sizeof(text), PMUS "/%s/%s", pmu, file) > 0 &&
	       sscanf(text, "%8x:%2x", &s, &b) == 2 && s == segment && b == bus;
}

static unsigned trailing_number(const char *name)
{
	const char *p = name + strlen(name);

	while (p > name && p[-1] >= '0' && p[-1] <= '9')
		p--;
	return (unsigned)strtoul(p, NULL, 10);
}

static void search_pmu(const struct pb_root *root, const char *pmu, unsigned segment, unsigned bus,
		       struct pb_iio_place *p)
{
	struct pb_strv files = {0};

	pb_root_list(root, &files, PMUS "/%s", pmu);
	for (size_t i = 0; !p->known && i < files.n; i++)
		if (!strncmp(files.v[i], "die", 3) && matches(root, pmu, files.v[i], segment, bus))
			*p = (struct pb_iio_place){true, trailing_number(pmu), trailing_number(files.v[i])};
	pb_strv_fini(&files);
}

void pb_iio_place_find(const struct pb_root *root, const char *bdf, struct pb_iio_place *p)
{
	struct pb_strv pmus = {0};
	unsigned segment, bus;

	*p = (struct pb_iio_place){0};
	if (!bdf || !root_bus(root, bdf, &segment, &bus))
		return;
	pb_uncore_find(root, "uncore_iio", &pmus);
	for (size_t i = 0; !p->known && i < pmus.n; i++)
		search_pmu(root, pmus.v[i], segment, bus, p);
	pb_strv_fini(&pmus);
}

int64_t pb_iio_place_is(const struct pb_iio_place *p, const char *pmu, size_t position)
{
	if (!p->known || strncmp(pmu, "uncore_iio", strlen("uncore_iio")) != 0)
		return PB_NA;
	return trailing_number(pmu) == p->stack && position == p->die;
}
