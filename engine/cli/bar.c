/*
 * Progress as text. Column widths are those of wcwidth, which terminals follow.
 */
#include "engine/cli/bar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define BAR_WIDE 20 /* characters between the brackets */
#define BAR_NARROW 6
#define WIDE_FROM 100 /* columns from which the bar is that wide */
#define NARROW_FROM 56

void pb_bar_duration(char *buf, size_t size, double seconds)
{
	long long s = llround(fmin(fmax(seconds, 0), 1e9));

	if (s < 100)
		snprintf(buf, size, "%lld s", s);
	else if (s < 3600)
		snprintf(buf, size, "%lld min %02lld s", s / 60, s % 60);
	else
		snprintf(buf, size, "%lld h %02lld min", s / 3600, s % 3600 / 60);
}

static void clock_text(char *buf, size_t size, double spent_s)
{
	long long s = (long long)fmin(fmax(spent_s, 0), 1e9);

	if (s < 3600)
		snprintf(buf, size, "[%lld:%02lld] ", s / 60, s % 60);
	else
		snprintf(buf, size, "[%lld:%02lld:%02lld] ", s / 3600, s % 3600 / 60, s % 60);
}

/* Zero-width marks and those that turn the direction: they would change how the rest of the line looks. */
static bool is_mark(wchar_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff || c == 0x061c;
}

/* One character: its bytes, and in *width its columns; -1 when it is not shown as it is. */
static size_t next_character(const char *p, int *width, bool wide)
{
	mbstate_t state = {0};
	wchar_t c;
	size_t n;

	*width = (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7f ? 1 : -1;
	if ((unsigned char)*p < 0x80)
		return 1;
	n = wide ? mbrtowc(&c, p, strlen(p), &state) : (size_t)-1;
	if (n == (size_t)-1 || n == (size_t)-2) {
		/* the rest of a character that is not shown makes no '?' of its own */
		for (n = 1; ((unsigned char)p[n] & 0xc0) == 0x80; n++)
			;
		return n;
	}
	*width = is_mark(c) ? -1 : wcwidth(c);
	return n;
}

/* Appends what fits into `columns`. False when something is left over. */
static bool fill(struct pb_buf *out, const char *text, unsigned columns, bool wide, unsigned *taken)
{
	int width;

	*taken = 0;
	while (*text) {
		size_t n = next_character(text, &width, wide);
		unsigned takes = width < 0 ? 1 : (unsigned)width;

		if (*taken + takes > columns)
			return false;
		if (width < 0)
			pb_buf_str(out, "?");
		else
			pb_buf_add(out, text, n);
		*taken += takes;
		text += n;
	}
	return true;
}

unsigned pb_bar_fit(struct pb_buf *out, const char *text, unsigned columns, locale_t utf8)
{
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	unsigned dots = columns < 3 ? columns : 3, taken = 0;
	size_t start = out->len;

	if (!fill(out, text, columns, utf8 != (locale_t)0, &taken)) {
		out->len = start;
		fill(out, text, columns - dots, utf8 != (locale_t)0, &taken);
		pb_buf_add(out, "...", dots);
		taken += dots;
	}
	if (utf8)
		uselocale(before);
	return taken;
}

static void bar_text(char *buf, size_t size, double share, unsigned columns)
{
	unsigned wide = columns >= WIDE_FROM ? BAR_WIDE : columns >= NARROW_FROM ? BAR_NARROW : 0;
	unsigned full = (unsigned)lround(fmin(fmax(share, 0), 1) * wide);
	char marks[BAR_WIDE + 1] = "";

	for (unsigned i = 0; i < wide; i++)
		marks[i] = i < full ? '#' : '.';
	/* 100% is for what is done */
	snprintf(buf, size, "%s%s%s%2.0f%% ", wide ? "[" : "", marks, wide ? "] " : "",
		 fmin(floor(100 * fmax(share, 0)), 99));
}

static void left_text(char *buf, size_t size, double left_s)
{
	char text[48];

	buf[0] = '\0';
	if (!(left_s >= 0))
		return;
	pb_bar_duration(text, sizeof(text), left_s);
	snprintf(buf, size, ", %s left", text);
}

unsigned pb_bar_render(struct pb_buf *out, const struct pb_bar *b, unsigned columns, locale_t utf8)
{
	char clock[48], bar[64] = "", left[64];
	unsigned around, taken;

	clock_text(clock, sizeof(clock), b->spent_s);
	if (!isnan(b->share))
		bar_text(bar, sizeof(bar), b->share, columns);
	left_text(left, sizeof(left), b->left_s);
	around = (unsigned)(strlen(clock) + strlen(bar) + strlen(left));
	if (around >= columns) /* a terminal this narrow shows what fits of the shortest form */
		return pb_bar_fit(out, bar[0] ? bar : clock, columns, (locale_t)0);
	pb_buf_str(out, clock);
	pb_buf_str(out, bar);
	taken = pb_bar_fit(out, b->text, columns - around, utf8);
	pb_buf_str(out, left);
	return around + taken;
}

void pb_bar_plain(struct pb_buf *out, const struct pb_bar *b)
{
	char clock[48], bar[64] = "", left[64];

	clock_text(clock, sizeof(clock), b->spent_s);
	if (!isnan(b->share))
		bar_text(bar, sizeof(bar), b->share, 0);
	left_text(left, sizeof(left), b->left_s);
	pb_buf_printf(out, "%s%s%s%s", clock, bar, b->text, left);
}
