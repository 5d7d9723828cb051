/*
 * Small conveniences over jansson: strict, bounded reading and canonical
 * writing. jansson's own calls are used directly everywhere else.
 */
#ifndef PB_LIB_JSON_H
#define PB_LIB_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "engine/lib/err.h"

/* Reads a JSON object from a file below dirfd (64 MiB at most). *out is a new reference. */
int pb_json_read(json_t **out, int dirfd, const char *path, struct pb_err *err);
/* Parses one JSON object from text of len bytes; refuses duplicate keys, trailing bytes and depth > 64. */
int pb_json_parse(json_t **out, const char *text, size_t len, const char *what, struct pb_err *err);
/* Writes to a temporary name, fsyncs, renames: sorted keys, indent 2, newline at the end. */
int pb_json_write(const json_t *j, int dirfd, const char *path, struct pb_err *err);
/* Typed getters with a default: absent, null or of another type gives the default. */
const char *pb_json_str(const json_t *obj, const char *key, const char *dflt);
int64_t pb_json_i64(const json_t *obj, const char *key, int64_t dflt);
double pb_json_num(const json_t *obj, const char *key, double dflt);
/* Sets key to the string, or to null when text is NULL. */
int pb_json_set_str(json_t *obj, const char *key, const char *text);

#endif
