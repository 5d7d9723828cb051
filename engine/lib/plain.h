/*
 * Text from guests, disks and files of others on its way to a person: what is shown is what is
 * there. Neither escapes for a format (reports/escape.h does) nor repairs.
 */
#ifndef PB_LIB_PLAIN_H
#define PB_LIB_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lib/buf.h"

#define PB_PLAIN_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/*
 * Decodes one code point of text that is not at its end. Returns its length; 0 when the bytes are not
 * UTF-8 as RFC 3629 has it (overlong forms, surrogates and values above U+10FFFF are refused).
 */
size_t pb_plain_decode(const char *s, uint32_t *cp);
/* Controls and characters that change how their neighbours are shown without being seen (Unicode Cc, Cf and
 * separators, bidirectional controls among them). */
bool pb_plain_hides(uint32_t cp);

/* Appends text as one line: newlines and tabs become spaces, what hides or is broken becomes U+FFFD. */
int pb_plain_add(struct pb_buf *b, const char *text);
/* The same as a string of its own (free), cut at max bytes without breaking a character. NULL on no memory.
 */
char *pb_plain_copy(const char *text, size_t max);

#endif
