/*
 * What a terminal shows after some bytes: rows of characters, carriage return, newline, wrapping at the right
 * edge. Fails on every other control character, escape sequences among them.
 */
#ifndef PB_TESTS_SCREEN_H
#define PB_TESTS_SCREEN_H

#include <stdio.h>
#include <string.h>

#define SCREEN_ROWS 40
#define SCREEN_COLUMNS 200

struct screen {
	unsigned columns, row, column;
	unsigned frames; /* carriage returns followed by text */
	char cell[SCREEN_ROWS][SCREEN_COLUMNS + 1];
};

static inline void screen_newline(struct screen *s)
{
	if (++s->row < SCREEN_ROWS)
		return;
	memmove(s->cell[0], s->cell[1], sizeof(s->cell) - sizeof(s->cell[0]));
	memset(s->cell[SCREEN_ROWS - 1], 0, sizeof(s->cell[0]));
	s->row = SCREEN_ROWS - 1;
}

static inline void screen_put(struct screen *s, char c)
{
	if (s->column == s->columns) {
		s->column = 0;
		screen_newline(s);
	}
	for (unsigned i = 0; i < s->column; i++)
		if (!s->cell[s->row][i])
			s->cell[s->row][i] = ' ';
	s->cell[s->row][s->column++] = c;
}

static inline void screen_write(struct screen *s, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\r') {
			s->frames += i + 1 < len && data[i + 1] == '[';
			s->column = 0;
		} else if (c == '\n') {
			screen_newline(s); /* the pty's line discipline sends the carriage return */
		} else if (c < 0x20 || c == 0x7f) {
			fail_msg("control character %#x on the terminal", c);
		} else {
			screen_put(s, (char)c);
		}
	}
}

/* A row without the spaces at its end. */
static inline const char *screen_row(struct screen *s, unsigned row)
{
	size_t len = strlen(s->cell[row]);

	while (len && s->cell[row][len - 1] == ' ')
		s->cell[row][--len] = '\0';
	return s->cell[row];
}

#endif
