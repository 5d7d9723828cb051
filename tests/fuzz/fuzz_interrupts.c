/*
 * Fuzz target for the /proc/interrupts parser and the counters built on it. The text of a guest's kernel
 * passes through the same parser, so it must stand any bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/irqcount.h"
#include "engine/collectors/irqfile.h"
#include "engine/collectors/irqvec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const char *text, size_t len)
{
	static const struct pb_irq_match match = {
		.bdf = "0000:41:00.0", .nvme = "nvme0q", .virtio = "virtio1-"};
	struct pb_irqtext it;
	struct pb_irq_line line;
	int index;

	if (pb_irqtext_begin(&it, text, len))
		return;
	while (pb_irqtext_next(&it, &line)) {
		if (line.n > it.ncpu || strlen(line.name) >= sizeof(line.name))
			abort();
		if (pb_irq_match_name(&match, line.name, &index) == PB_IRQ_OTHER && index != -1)
			abort();
	}
	pb_irqtext_fini(&it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned cpus[] = {0, 1, 2, 3};
	char *text = malloc(size ? size : 1); /* an exact copy, so that reading past the end is seen */
	struct pb_irqcount c;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	parse(text, size);
	if (!pb_irqcount_init(&c, cpus, 4)) {
		pb_irqcount_add(&c, text, size);
		pb_irqcount_add(&c, text, size / 2);
		pb_irqcount_add(&c, text, size);
		pb_irqcount_fini(&c);
	}
	free(text);
	text = calloc(1, size + 1);
	if (text) {
		uint32_t count[4];

		if (size)
			memcpy(text, data, size);
		if (pb_irqfile_parse(text, count, 4) > 4)
			abort();
		free(text);
	}
	return 0;
}
