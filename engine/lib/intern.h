/*
 * Interned strings: equal texts are kept once and numbered from 1 in the
 * order of their first appearance; 0 is the empty text. Texts never move, so pointers to them stay
 * good until _free. Not for use by two threads at once.
 */
#ifndef PB_LIB_INTERN_H
#define PB_LIB_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct pb_intern;

struct pb_intern *pb_intern_new(void); /* NULL on no memory */
void pb_intern_free(struct pb_intern *in);
/* Number of a text of len bytes (without zero bytes), or -ENOMEM. */
int64_t pb_intern_add(struct pb_intern *in, const char *text, size_t len);
/* The same without adding: 0 when the text is empty or not there. */
int64_t pb_intern_find(const struct pb_intern *in, const char *text, size_t len);
/* Text of a number that pb_intern_add gave. */
const char *pb_intern_text(const struct pb_intern *in, uint32_t id);

#endif
