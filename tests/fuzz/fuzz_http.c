/*
 * Fuzz target for the request parser of the metrics port: any local process may send it anything, in any
 * pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/httpreq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pb_httpreq whole, part;
	int rc = pb_httpreq_parse((const char *)data, size, &whole);

	if (rc > 1 || (rc < 0 && rc > -400) || rc < -505 || (!rc && size >= PB_HTTPREQ_MAX))
		abort();
	if (rc == 1 && (whole.path[0] != '/' || strlen(whole.path) >= sizeof(whole.path) ||
			strlen(whole.host) >= sizeof(whole.host)))
		abort();
	if (rc == 1)
		pb_httpreq_host_is_local(&whole);
	/* What a beginning was refused for, the whole is refused for; what completes a request early, too. */
	for (size_t n = 0; n < size && n < 512; n++) {
		int early = pb_httpreq_parse((const char *)data, n, &part);

		if (early && early != rc)
			abort();
	}
	return 0;
}
