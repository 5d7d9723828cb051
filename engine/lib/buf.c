/*
 * Growing byte buffer and growing list of strings. Knows nothing of files or formats.
 */
#include "engine/lib/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pb_buf_fini(struct pb_buf *b)
{
	free(b->data);
	*b = (struct pb_buf){0};
}

void pb_buf_clear(struct pb_buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

/* Makes room for len more bytes and the final NUL. */
static int buf_reserve(struct pb_buf *b, size_t len)
{
	size_t need, cap = b->cap ? b->cap : 64;
	char *data;

	if (b->failed)
		return -ENOMEM;
	if (__builtin_add_overflow(b->len, len, &need) || need > SIZE_MAX / 4) {
		b->failed = true;
		return -ENOMEM;
	}
	need++;
	if (need <= b->cap)
		return 0;
	while (cap < need)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return -ENOMEM;
	}
	b->data = data;
	b->cap = cap;
	return 0;
}

int pb_buf_add(struct pb_buf *b, const void *data, size_t len)
{
	int rc = buf_reserve(b, len);

	if (rc)
		return rc;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int pb_buf_str(struct pb_buf *b, const char *s)
{
	return pb_buf_add(b, s, strlen(s));
}

int pb_buf_printf(struct pb_buf *b, const char *fmt, ...)
{
	va_list ap;
	int len, rc;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->failed = true;
		return -ENOMEM;
	}
	rc = buf_reserve(b, (size_t)len);
	if (rc)
		return rc;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
	return 0;
}

void pb_strv_fini(struct pb_strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct pb_strv){0};
}

/* The free slot behind the last string, or NULL on no memory. */
static char **strv_slot(struct pb_strv *s)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 8;
		char **v = reallocarray(s->v, cap, sizeof(*v));

		if (!v)
			return NULL;
		s->v = v;
		s->cap = cap;
	}
	return &s->v[s->n];
}

int pb_strv_add(struct pb_strv *s, const char *text)
{
	char **slot = strv_slot(s);

	if (!slot)
		return -ENOMEM;
	*slot = strdup(text);
	if (!*slot)
		return -ENOMEM;
	s->n++;
	return 0;
}

int pb_strv_addf(struct pb_strv *s, const char *fmt, ...)
{
	char **slot = strv_slot(s);
	va_list ap;
	int len;

	if (!slot)
		return -ENOMEM;
	va_start(ap, fmt);
	len = vasprintf(slot, fmt, ap);
	va_end(ap);
	if (len < 0)
		return -ENOMEM;
	s->n++;
	return 0;
}

static int by_version(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strverscmp(*x, *y);
}

void pb_strv_sort(struct pb_strv *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), by_version);
}
