/*
 * Decoding and cleaning of UTF-8. What cannot be shown safely becomes U+FFFD.
 */
#include "engine/lib/plain.h"

#include <string.h>

size_t pb_plain_decode(const char *text, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)text;
	size_t len, i;

	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	*cp = s[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3fu);
	}
	if (*cp < least[len] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return len;
}

bool pb_plain_hides(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} range[] = {
		{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x061c, 0x061c}, {0x115f, 0x1160},
		{0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
		{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
	};
	size_t i;

	for (i = 0; i < sizeof(range) / sizeof(range[0]); i++)
		if (cp >= range[i].first && cp <= range[i].last)
			return true;
	return false;
}

int pb_plain_add(struct pb_buf *b, const char *text)
{
	uint32_t cp;
	size_t len;

	for (const char *s = text; *s; s += len) {
		len = pb_plain_decode(s, &cp);
		if (len && (cp == '\n' || cp == '\t'))
			pb_buf_str(b, " ");
		else if (!len || pb_plain_hides(cp))
			pb_buf_str(b, PB_PLAIN_REPLACEMENT);
		else
			pb_buf_add(b, s, len);
		len = len ? len : 1;
	}
	return pb_buf_add(b, "", 0);
}

char *pb_plain_copy(const char *text, size_t max)
{
	struct pb_buf b = {0};

	if (pb_plain_add(&b, text) < 0) {
		pb_buf_fini(&b);
		return NULL;
	}
	if (b.len > max) {
		while (max && (b.data[max] & 0xc0) == 0x80)
			max--;
		b.data[max] = '\0';
	}
	return b.data;
}
