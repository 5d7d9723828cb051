/*
 * Growing byte buffer and growing list of strings. Both are owned by the
 * caller; _fini frees what they hold. Out of memory is reported as -ENOMEM by
 * every call and latched in .failed, so a long chain of appends can be checked once.
 */
#ifndef PB_LIB_BUF_H
#define PB_LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct pb_buf {
	char *data; /* always NUL-terminated once anything was added; NULL before */
	size_t len, cap;
	bool failed;
};

void pb_buf_fini(struct pb_buf *b);
void pb_buf_clear(struct pb_buf *b); /* length 0, memory kept */
int pb_buf_add(struct pb_buf *b, const void *data, size_t len);
int pb_buf_str(struct pb_buf *b, const char *s);
int pb_buf_printf(struct pb_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct pb_strv {
	char **v; /* n strings, each owned */
	size_t n, cap;
};

void pb_strv_fini(struct pb_strv *s);
int pb_strv_add(struct pb_strv *s, const char *text); /* copies; 0 or -ENOMEM */
int pb_strv_addf(struct pb_strv *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pb_strv_sort(struct pb_strv *s); /* natural order: irq2 before irq10 (strverscmp) */

#endif
