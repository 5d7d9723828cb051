/*
 * Cleaning and escaping of text for pages. It does not try to repair
 * anything: what cannot be shown safely becomes U+FFFD.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reports/escape.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define EN_DASH "\xe2\x80\x93"

/*
 * Decodes one code point. Returns its length; 0 when the bytes are not UTF-8 as
 * RFC 3629 has it (overlong forms, surrogates and values above U+10FFFF are refused).
 */
static size_t decode(const unsigned char *s, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
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

/* Controls and characters that change how their neighbours are shown without being seen (Unicode Cc, Cf and
 * separators). */
static bool is_hidden(uint32_t cp)
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

static void add_char(struct pb_buf *b, enum pb_escape how, const char *s, size_t len)
{
	static const char md_special[] = "\\`*_{}[]()#+!|~$";

	if (len > 1 || how == PB_ESCAPE_NONE) {
		pb_buf_add(b, s, len);
		return;
	}
	/* The three entities mean the same in both formats; markdown passes raw tags through, so they are
	 * needed there too. */
	if (*s == '<')
		pb_buf_str(b, "&lt;");
	else if (*s == '>')
		pb_buf_str(b, "&gt;");
	else if (*s == '&')
		pb_buf_str(b, "&amp;");
	else if (*s == '"')
		pb_buf_str(b, "&quot;");
	else if (*s == '\'')
		pb_buf_str(b, "&#39;");
	else {
		if (how == PB_ESCAPE_MD && strchr(md_special, *s))
			pb_buf_str(b, "\\");
		pb_buf_add(b, s, 1);
	}
}

static int add_text(struct pb_buf *b, enum pb_escape how, const char *text, bool keep_lines)
{
	const char *s = text;
	uint32_t cp;
	size_t len;

	while (*s) {
		len = decode((const unsigned char *)s, &cp);
		if (!len) {
			pb_buf_str(b, REPLACEMENT);
			s++;
			continue;
		}
		if (cp == '\n' || cp == '\t')
			pb_buf_add(b, keep_lines ? s : " ", 1);
		else if (is_hidden(cp))
			pb_buf_str(b, REPLACEMENT);
		else
			add_char(b, how, s, len);
		s += len;
	}
	return pb_buf_add(b, "", 0);
}

int pb_escape_add(struct pb_buf *b, enum pb_escape how, const char *text)
{
	return add_text(b, how, text ? text : EN_DASH, false);
}

int pb_escape_code(struct pb_buf *b, enum pb_escape how, const char *text)
{
	return add_text(b, how, text ? text : "", true);
}

static bool is_slot(const char *s)
{
	return s[0] == '%' && s[1] >= '1' && s[1] <= '9';
}

int pb_escape_vfmt(struct pb_buf *b, enum pb_escape how, const char *fmt, va_list ap)
{
	const char *arg[9] = {NULL}, *s, *plain;
	int n = 0, i;

	for (s = fmt; *s; s++)
		if (is_slot(s) && s[1] - '0' > n)
			n = s[1] - '0';
	for (i = 0; i < n; i++)
		arg[i] = va_arg(ap, const char *); /* NOLINT(clang-analyzer-valist.Uninitialized): every
						      caller started it */
	for (plain = s = fmt; *s; s++) {
		if (!is_slot(s))
			continue;
		pb_buf_add(b, plain, (size_t)(s - plain));
		pb_escape_add(b, how, arg[s[1] - '1']);
		plain = s + 2;
		s++;
	}
	return pb_buf_add(b, plain, strlen(plain));
}

int pb_escape_fmt(struct pb_buf *b, enum pb_escape how, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = pb_escape_vfmt(b, how, fmt, ap);
	va_end(ap);
	return ret;
}

int pb_escape_url(struct pb_buf *b, const char *path)
{
	const unsigned char *s = (const unsigned char *)path;

	for (; *s; s++) {
		if (isalnum(*s) || strchr("/-._~", *s))
			pb_buf_add(b, s, 1);
		else
			pb_buf_printf(b, "%%%02X", *s);
	}
	return pb_buf_add(b, "", 0);
}
