/*
 * Matching of printed text against printf formats: literals must be equal, a conversion stands for what
 * printf can have made of it. Knows the conversions that the analyzers use, and widths and precisions only to
 * skip them.
 */
#include "reports/sentence.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Tries in one match. Real sentences take less than one for each byte; a guest's name made to be slow stops
 * here. */
#define TRIES_MAX 20000

struct conversion {
	const char *end;   /* behind it */
	unsigned position; /* from "%2$s", 0 = the next one */
	unsigned stars;    /* '*' in width or precision: arguments that leave no text of their own */
	char kind;         /* 's', 'c', 'd', 'x', 'g', '%'; 0 = not a conversion */
};

static struct conversion parse(const char *s)
{
	struct conversion c = {.end = s};
	const char *p = s + 1;
	char *end;
	unsigned long n = strtoul(p, &end, 10);

	if (end != p && *end == '$') {
		c.position = (unsigned)n;
		p = end + 1;
	}
	for (; *p && strchr("-+ #0123456789.*$", *p); p++)
		c.stars += *p == '*';
	while (*p && strchr("hlzjtL", *p))
		p++;
	if (!*p || !strchr("scdiuxXfFgGeE%", *p))
		return c;
	c.kind = strchr("iu", *p) ? 'd' : *p == 'X' ? 'x' : strchr("fFGeE", *p) ? 'g' : *p;
	c.end = p + 1;
	return c;
}

/* How many bytes at s, at most, a conversion of this kind can have printed. */
static size_t reach(char kind, const char *s)
{
	switch (kind) {
	case 'd':
		return strspn(s, "+-0123456789");
	case 'x':
		return strspn(s, "0123456789abcdefABCDEFx");
	case 'g':
		return strspn(s, "+-0123456789.einfa");
	case 'c':
		return *s ? 1 : 0;
	default:
		return strlen(s);
	}
}

/* Whether a piece of that many bytes is a whole number, not a part of a word such as the n of "no". */
static bool is_whole(char kind, const char *s, size_t len)
{
	if (kind != 'd' && kind != 'g')
		return true;
	if (len && isdigit((unsigned char)s[len - 1]))
		return true;
	s += len > 3 && (*s == '-' || *s == '+');
	return kind == 'g' && (len == 3 || len == 4) && (!strncmp(s, "inf", 3) || !strncmp(s, "nan", 3));
}

static bool match_from(struct pb_sentence *s, const char *fmt, const char *text, unsigned *tries);

/* A conversion, the shortest piece first; an empty one only where printf can print nothing. */
static bool match_conversion(struct pb_sentence *s, const struct conversion *c, const char *text,
			     unsigned *tries)
{
	size_t max = reach(c->kind, text), at = s->n + c->stars;
	unsigned i;

	if (at >= PB_SENTENCE_ARGS)
		return false;
	for (i = 0; i < c->stars; i++)
		s->arg[s->n + i].len = 0, s->arg[s->n + i].text = text;
	s->arg[at].text = text;
	s->arg[at].is_phrase = c->kind == 's';
	for (size_t len = c->kind == 's' ? 0 : 1; len <= max && ++*tries < TRIES_MAX; len++) {
		s->arg[at].len = len;
		s->n = at + 1;
		if (is_whole(c->kind, text, len) && match_from(s, c->end, text + len, tries))
			return true;
	}
	s->n = at - c->stars;
	return false;
}

static bool match_from(struct pb_sentence *s, const char *fmt, const char *text, unsigned *tries)
{
	struct conversion c;

	while (*fmt) {
		c = *fmt == '%' ? parse(fmt) : (struct conversion){0};
		if (c.kind && c.kind != '%')
			return match_conversion(s, &c, text, tries);
		if (*text != *fmt)
			return false;
		fmt = c.kind ? c.end : fmt + 1;
		text++;
	}
	return !*text;
}

bool pb_sentence_match(struct pb_sentence *s, const char *fmt, const char *text)
{
	unsigned tries = 0;

	*s = (struct pb_sentence){0};
	return match_from(s, fmt, text, &tries);
}

static size_t count_own(const char *fmt, bool letters)
{
	struct conversion c;
	size_t n = 0;

	while (*fmt) {
		c = *fmt == '%' ? parse(fmt) : (struct conversion){0};
		n += (!c.kind || c.kind == '%') && (!letters || isalpha((unsigned char)*fmt));
		fmt = c.kind ? c.end : fmt + 1;
	}
	return n;
}

size_t pb_sentence_own(const char *fmt)
{
	return count_own(fmt, false);
}

size_t pb_sentence_letters(const char *fmt)
{
	return count_own(fmt, true);
}

static bool put_known(struct pb_buf *out, const char *text, size_t len, const char *(*phrase)(const char *))
{
	char *word = strndup(text, len);
	const char *said = word ? phrase(word) : NULL;
	bool known = said != word;

	if (known)
		pb_buf_str(out, said);
	free(word);
	return known;
}

/* As it is, or without the spaces around it, which then belong to the sentence: "%s%s" of " " and "here". */
static void put_phrase(struct pb_buf *out, const char *text, size_t len, const char *(*phrase)(const char *))
{
	size_t before = strspn(text, " "), after = len;

	if (put_known(out, text, len, phrase))
		return;
	before = before < len ? before : len;
	while (after > before && text[after - 1] == ' ')
		after--;
	pb_buf_add(out, text, before);
	if (!put_known(out, text + before, after - before, phrase))
		pb_buf_add(out, text + before, after - before);
	pb_buf_add(out, text + after, len - after);
}

static void put(struct pb_buf *out, const struct pb_sentence *s, size_t at,
		const char *(*phrase)(const char *))
{
	if (at >= s->n)
		return;
	if (phrase && s->arg[at].is_phrase && s->arg[at].len)
		put_phrase(out, s->arg[at].text, s->arg[at].len, phrase);
	else
		pb_buf_add(out, s->arg[at].text, s->arg[at].len);
}

void pb_sentence_fill(struct pb_buf *out, const char *fmt, const struct pb_sentence *s,
		      const char *(*phrase)(const char *text))
{
	struct conversion c;
	size_t next = 0, at;

	for (; *fmt; fmt = c.kind ? c.end : fmt + 1) {
		c = *fmt == '%' ? parse(fmt) : (struct conversion){0};
		if (!c.kind || c.kind == '%') {
			pb_buf_add(out, fmt, 1);
			continue;
		}
		at = c.position ? c.position - 1 : next + c.stars;
		next = at + 1;
		put(out, s, at, phrase);
	}
}
