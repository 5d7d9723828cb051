/*
 * JSON as tools leave it in a file: lines of text before and after it, several documents one after the other.
 */
#ifndef PB_IMPORT_JSONTEXT_H
#define PB_IMPORT_JSONTEXT_H

#include <jansson.h>

#include "engine/import/input.h"

/* Begins a line of the text like a JSON object? Where, or NULL. */
const char *pb_jsontext_find(const char *text);
/*
 * The last JSON object of the file (64 MiB at most), a new reference; *n: how many there were. PB_USAGE
 * naming line and column when one is damaged or cut off.
 */
int pb_jsontext_read(json_t **doc, unsigned *n, struct pb_input *in, struct pb_err *err);

#endif
