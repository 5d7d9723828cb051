/*
 * Fuzz target for what cleans saved files: text, mount tables, config space.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/host/saveclean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy_of(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* exact, so that reading past the end is seen */

	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_of(data, size), *mounts = copy_of(data, size), *config = copy_of(data, size);
	struct pb_strv known = {0};

	if (text && mounts && config && pb_saveclean_learn(&known, "S64ANS0R12") == 0) {
		pb_saveclean_text(&known, text, size);
		if (memmem(text, size, "S64ANS0R12", 10))
			abort();
		if (pb_saveclean_mounts(mounts, size) > size)
			abort();
		pb_saveclean_config((unsigned char *)config, size);
	}
	pb_strv_fini(&known);
	free(text);
	free(mounts);
	free(config);
	return 0;
}
