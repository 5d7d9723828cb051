/*
 * Cleaning and escaping of text for pages. It does not try to repair
 * anything: what cannot be shown safely becomes U+FFFD.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/plain.h"
#include "reports/escape.h"

#define EN_DASH "\xe2\x80\x93"

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
		len = pb_plain_decode(s, &cp);
		if (!len) {
			pb_buf_str(b, PB_PLAIN_REPLACEMENT);
			s++;
			continue;
		}
		if (cp == '\n' || cp == '\t')
			pb_buf_add(b, keep_lines ? s : " ", 1);
		else if (pb_plain_hides(cp))
			pb_buf_str(b, PB_PLAIN_REPLACEMENT);
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
