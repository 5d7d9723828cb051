/*
 * Rewrites an SVG as text. Not an XML parser: gnuplot and lstopo made the input on this machine,
 * and whatever looks active is refused whole.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "reports/svg.h"

/* The colours of style.gp as gnuplot prints them (strokes padded, fills not), and what they are on a page. */
static const struct {
	const char *from, *to;
} rewrites[] = {
	/* gnuplot has no micro sign */
	{"us</text>", "\xc2\xb5s</text>"},      {"color='white'", "color='var(--bg)'"},
	{"rgb( 87,  96, 106)", "var(--ink-2)"}, {"rgb(87,96,106)", "var(--ink-2)"},
	{"rgb(208, 215, 222)", "var(--line)"},  {"rgb(208,215,222)", "var(--line)"},
	{"rgb(238, 241, 244)", "var(--band)"},  {"rgb(238,241,244)", "var(--band)"},
	{"rgb(  0, 114, 178)", "var(--c1)"},    {"rgb(0,114,178)", "var(--c1)"},
	{"rgb(213,  94,   0)", "var(--c2)"},    {"rgb(213,94,0)", "var(--c2)"},
	{"rgb(  0, 158, 115)", "var(--c3)"},    {"rgb(0,158,115)", "var(--c3)"},
	{"rgb(176,  96, 154)", "var(--c4)"},    {"rgb(176,96,154)", "var(--c4)"},
	{"rgb(184, 135,   0)", "var(--c5)"},    {"rgb(184,135,0)", "var(--c5)"},
	{"rgb( 58, 151, 207)", "var(--c6)"},    {"rgb(58,151,207)", "var(--c6)"},
	{"rgb(122, 127, 135)", "var(--c7)"},    {"rgb(122,127,135)", "var(--c7)"},
	{"rgb(106,  90, 205)", "var(--c8)"},    {"rgb(106,90,205)", "var(--c8)"},
	{"rgb(198, 219, 239)", "var(--h1)"},    {"rgb(198,219,239)", "var(--h1)"},
	{"rgb(143, 193, 227)", "var(--h2)"},    {"rgb(143,193,227)", "var(--h2)"},
	{"rgb( 74, 152, 201)", "var(--h3)"},    {"rgb(74,152,201)", "var(--h3)"},
	{"rgb( 23, 100, 171)", "var(--h4)"},    {"rgb(23,100,171)", "var(--h4)"},
	{"rgb(  8,  48, 107)", "var(--h5)"},    {"rgb(8,48,107)", "var(--h5)"},
};

/* After one of these stands a name of this document. */
static const char *const references[] = {" id='", " id=\"", "href='#", "href=\"#", "url(#"};

/* A name, perhaps space, and an equals sign. */
static bool is_attribute(const char *s)
{
	while (isalnum((unsigned char)*s))
		s++;
	while (isspace((unsigned char)*s))
		s++;
	return *s == '=';
}

static bool is_active(const char *s)
{
	static const char *const refused[] = {
		"<script",  "<foreignobject", "javascript:", "<iframe",  "<image", "<a ",
		"<animate", "<set",           "@import",     "<!entity", "<style"};
	const char *p;
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcasestr(s, refused[i]))
			return true;
	for (p = s; (p = strcasestr(p, "href=")); p += 5)
		if (p[5] && p[6] != '#')
			return true;
	for (p = s; (p = strcasestr(p, "url(")); p += 4)
		if (p[4] != '#')
			return true;
	for (p = s; (p = strcasestr(p, "on")); p += 2)
		if (p > s && isspace((unsigned char)p[-1]) && is_attribute(p))
			return true;
	return false;
}

/* lstopo writes its viewBox with "px", which no browser accepts. */
static size_t copy_viewbox(struct pb_buf *out, const char *s)
{
	size_t i, len = 9 + strcspn(s + 9, "'\"<>");

	for (i = 0; i < len; i++)
		if (i < 8 || (s[i] != 'p' && s[i] != 'x'))
			pb_buf_add(out, s + i, 1);
	return len;
}

/* Handles what starts at s; returns how much of the input was used, 0 for nothing special. */
static size_t rewrite(struct pb_buf *out, const char *s, const char *prefix)
{
	size_t i, len;

	for (i = 0; i < sizeof(rewrites) / sizeof(rewrites[0]); i++) {
		len = strlen(rewrites[i].from);
		if (strncmp(s, rewrites[i].from, len) != 0)
			continue;
		pb_buf_str(out, rewrites[i].to);
		return len;
	}
	if (!strncmp(s, "viewBox=", 8))
		return copy_viewbox(out, s);
	for (i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		len = strlen(references[i]);
		if (strncmp(s, references[i], len) != 0)
			continue;
		pb_buf_add(out, s, len);
		pb_buf_str(out, prefix);
		return len;
	}
	return 0;
}

int pb_svg_embed(struct pb_buf *out, const char *text, const char *prefix)
{
	const char *s = strstr(text, "<svg"), *end = s ? strstr(s, "</svg>") : NULL;
	struct pb_buf body = {0};
	size_t used;

	if (!end || is_active(s))
		return -EINVAL;
	end += strlen("</svg>");
	while (s < end) {
		used = strchr(" churv", *s) ? rewrite(&body, s, prefix) : 0;
		if (!used) {
			pb_buf_add(&body, s, 1);
			s++;
			continue;
		}
		s += used;
	}
	used = body.failed ? 0 : body.len;
	if (used)
		pb_buf_add(out, body.data, body.len);
	pb_buf_fini(&body);
	return used ? 0 : -ENOMEM;
}
