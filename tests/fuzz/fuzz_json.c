/*
 * Fuzz target for the strict JSON parser that reads what guests send: any bytes are refused
 * with a message or give an object that can be written and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pb_err err = PB_ERR_INIT;
	json_t *j = NULL, *again = NULL;
	char *text;

	if (pb_json_parse(&j, (const char *)data, size, "input", &err)) {
		if (j || !err.msg[0])
			abort();
		return 0;
	}
	pb_json_str(j, "id", "");
	pb_json_i64(j, "id", 0);
	pb_json_num(j, "id", 0);
	text = json_dumps(j, JSON_SORT_KEYS);
	if (!text || pb_json_parse(&again, text, strlen(text), "output", NULL))
		abort();
	free(text);
	json_decref(j);
	json_decref(again);
	return 0;
}
