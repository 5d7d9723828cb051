/*
 * Fuzz target for PCI configuration space. Devices, and what hypervisors show as devices, fill it with what
 * they like.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/pcicfg.h"
#include "engine/lib/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct space {
	const uint8_t *data;
	size_t size;
	unsigned reads;
};

static int read_word(void *arg, unsigned offset, uint32_t *word)
{
	struct space *s = arg;

	if (++s->reads > 400 || offset % 4)
		abort(); /* the lists must end */
	if (s->size < 4 || offset > s->size - 4)
		return -ENODATA;
	memcpy(word, s->data + offset, sizeof(*word));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct space s = {.data = data, .size = size};
	struct pb_pcicfg_io io = {.read = read_word, .arg = &s};
	struct pb_pcicfg_errors e;
	struct pb_pcicfg c;
	char text[32];

	pb_pcicfg_parse(&io, &c);
	if (c.mps_bytes != PB_NA && (c.mps_bytes < 128 || c.mps_bytes > 4096))
		abort();
	if (c.max_width != PB_NA && (c.max_width < 1 || c.max_width > 32))
		abort();
	pb_pcicfg_errors(&io, &c, &e);
	pb_pcicfg_acs_text(c.acs, text, sizeof(text));
	return 0;
}
