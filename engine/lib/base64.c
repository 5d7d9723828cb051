/*
 * Base64, strict: no white space, padding required, no stray bits checked beyond the alphabet.
 */
#include "engine/lib/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int pb_base64_encode(struct pb_buf *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	int rc = 0;

	for (size_t i = 0; i < len && rc == 0; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)p[i] << 16;
		char quad[4];

		v |= n > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		v |= n > 2 ? p[i + 2] : 0;
		for (unsigned k = 0; k < 4; k++)
			quad[k] = k <= n ? alphabet[v >> (18 - 6 * k) & 63] : '=';
		rc = pb_buf_add(out, quad, sizeof(quad));
	}
	return rc;
}

static int value_of(char ch)
{
	const char *at = ch ? strchr(alphabet, ch) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

int pb_base64_decode(struct pb_buf *out, const char *text)
{
	size_t len = strlen(text);
	int rc = 0;

	if (len % 4)
		return -EBADMSG;
	for (size_t i = 0; i < len && rc == 0; i += 4) {
		unsigned pad = 0, k;
		uint32_t v = 0;
		unsigned char bytes[3];

		if (i + 4 == len)
			pad = text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
		for (k = 0; k < 4 - pad; k++) {
			int d = value_of(text[i + k]);

			if (d < 0)
				return -EBADMSG;
			v |= (uint32_t)d << (18 - 6 * k);
		}
		bytes[0] = (unsigned char)(v >> 16);
		bytes[1] = (unsigned char)(v >> 8);
		bytes[2] = (unsigned char)v;
		rc = pb_buf_add(out, bytes, 3 - pad);
	}
	return rc;
}
