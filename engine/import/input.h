/*
 * One file to import, as a stream of UTF-8: what other systems write in UTF-16 with a byte order mark or in
 * Windows' Latin alphabet is converted on the way. Memory does not depend on the file's size.
 */
#ifndef PB_IMPORT_INPUT_H
#define PB_IMPORT_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

/* Who watches while a file is read; every function may be NULL. */
struct pb_input_watch {
	void *arg;
	/* Asked before each read: -errno with err filled ends the import. */
	int (*check)(void *arg, struct pb_err *err);
	/* Bytes read of the file's size; 0 = the size is not known (a pipe). */
	void (*progress)(void *arg, uint64_t bytes, uint64_t size);
};

struct pb_input;

/* Opens a file or a pipe. PB_USAGE for a directory, a file that is missing, or one that is empty. */
int pb_input_open(struct pb_input **in, const char *path, const struct pb_input_watch *watch,
		  struct pb_err *err);
void pb_input_close(struct pb_input *in);
const char *pb_input_path(const struct pb_input *in); /* as given; borrowed */
/* Name of the encoding that the file turned out to have. Borrowed. */
const char *pb_input_encoding(const struct pb_input *in);
uint64_t pb_input_bytes(const struct pb_input *in); /* read so far, before conversion */
/* The text's beginning, up to 64 KiB, NUL-terminated; does not consume it. */
const char *pb_input_head(const struct pb_input *in);
/* Up to size bytes of UTF-8: their number, 0 at the end, or -errno with a message. */
ssize_t pb_input_read(struct pb_input *in, char *buf, size_t size, struct pb_err *err);
/* All that is left, appended; PB_USAGE when it is more than max bytes. */
int pb_input_slurp(struct pb_input *in, struct pb_buf *all, size_t max, struct pb_err *err);

#endif
