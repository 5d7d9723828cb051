/*
 * Base64 (RFC 4648 section 4) for file contents inside JSON lines.
 */
#ifndef PB_LIB_BASE64_H
#define PB_LIB_BASE64_H

#include "engine/lib/buf.h"

/* Appends the encoding of data. 0 or -ENOMEM. */
int pb_base64_encode(struct pb_buf *out, const void *data, size_t len);
/* Appends the decoded bytes of text. 0, -EBADMSG when text is not padded base64, or -ENOMEM. */
int pb_base64_decode(struct pb_buf *out, const char *text);

#endif
