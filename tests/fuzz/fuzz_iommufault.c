/*
 * Fuzz target for records of the kernel's log and the text of /proc/interrupts, as far as the IOMMU is looked
 * for in them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/iommufault.h"
#include "engine/collectors/iommuinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	bool disk;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!pb_iommufault_parse(text, "0000:41:00.0", &disk) && disk)
		abort();
	pb_iommufault_parse(text, "10000:41:00.0", &disk);
	pb_iommuinfo_remapped(text);
	free(text);
	return 0;
}
