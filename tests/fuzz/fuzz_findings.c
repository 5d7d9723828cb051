/*
 * Fuzz target for reading findings.json: any JSON object is refused with a message, or
 * gives findings that can be sorted and written, and read back to the same text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/findings.h"
#include "engine/lib/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Canonical text of the findings in j. NULL when they are refused. */
static char *canonical(const json_t *j)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs = {0};
	json_t *out;
	char *text;

	if (pb_findings_from_json(&fs, j, &err)) {
		if (fs.n || !err.msg[0])
			abort();
		return NULL;
	}
	pb_findings_sort(&fs);
	out = pb_findings_to_json(&fs);
	if (!out)
		abort();
	text = json_dumps(out, JSON_SORT_KEYS);
	if (!text)
		abort();
	json_decref(out);
	pb_findings_fini(&fs);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *j = NULL;
	char *once, *twice;

	if (pb_json_parse(&j, (const char *)data, size, "input", NULL))
		return 0;
	once = canonical(j);
	json_decref(j);
	if (!once)
		return 0;
	j = json_loads(once, 0, NULL);
	if (!j)
		abort();
	twice = canonical(j);
	json_decref(j);
	if (!twice || strcmp(once, twice) != 0)
		abort();
	free(once);
	free(twice);
	return 0;
}
