/*
 * Fuzz target for descriptions of PMUs: a format and the terms of an event, the first line and the rest.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/uncore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pb_uncore_pmu pmu = {.field[0].name = "event", .nfield = 1};
	struct perf_event_attr attr;
	char *text = malloc(size + 1), *rest;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	rest = strchr(text, '\n');
	if (rest)
		*rest++ = '\0';
	if (pb_uncore_format(text, &pmu.field[0]) == 0) {
		if (!pmu.field[0].nbits || pmu.field[0].nbits > 64 || pmu.field[0].word > 2)
			abort();
		if (rest)
			pb_uncore_encode(&pmu, rest, &attr);
	}
	free(text);
	return 0;
}
