/*
 * Reads a file in chunks and hands them out as UTF-8. iconv converts; which encoding it is follows from the
 * byte order mark, from zero bytes (UTF-16 without one), or from the first bytes that are not UTF-8, which
 * are then taken for Windows-1252. A file that mixes both is refused: half of its names would be wrong.
 */
#include "engine/import/input.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)
/* One byte of Windows-1252 becomes at most three of UTF-8, two of UTF-16 likewise. */
#define TEXT_CHUNK (3 * CHUNK + 16)

struct pb_input {
	char *path;
	struct pb_input_watch watch;
	int fd;
	iconv_t convert;
	bool converting; /* else the bytes are UTF-8 as they are */
	const char *encoding;
	bool foreign; /* UTF-8 beyond ASCII was seen */
	bool ended;
	uint64_t bytes, size, converted;
	size_t n_raw, at, n_text;
	char raw[CHUNK]; /* bytes that are not converted yet: a character may be cut by a chunk's end */
	char text[TEXT_CHUNK + 1]; /* converted and not handed out: [at, n_text) */
};

static int refuse_encoding(const struct pb_input *in, struct pb_err *err)
{
	return pb_fail(err, PB_USAGE, EILSEQ,
		       "%s: byte %llu and what follows is not %s; save the file as UTF-8 and import it again",
		       in->path, (unsigned long long)in->converted + 1, in->encoding);
}

/* Bytes of the UTF-8 character at s: 0 when it is cut by the end, -1 when it is not one. */
static int utf8_length(const unsigned char *s, size_t n)
{
	int len = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] < 0xe0 ? -1 : s[0] < 0xf0 ? 3 : 4;

	if (len < 0 || s[0] > 0xf4)
		return -1;
	for (int i = 1; i < len; i++) {
		if ((size_t)i >= n)
			return 0;
		if ((s[i] & 0xc0) != 0x80)
			return -1;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return -1;
	return len;
}

/* How much of the raw bytes is whole UTF-8 characters; *bad: what follows is none. */
static size_t utf8_span(struct pb_input *in, bool *bad)
{
	const unsigned char *s = (const unsigned char *)in->raw;
	size_t i = 0;
	uint64_t word;
	int len;

	*bad = false;
	while (i < in->n_raw) {
		/* Nearly all of it is ASCII: eight bytes at a time. */
		while (i + sizeof(word) <= in->n_raw) {
			memcpy(&word, s + i, sizeof(word));
			if (word & UINT64_C(0x8080808080808080))
				break;
			i += sizeof(word);
		}
		if (i == in->n_raw)
			break;
		len = utf8_length(s + i, in->n_raw - i);
		*bad = len < 0 || (len == 0 && in->ended);
		if (len <= 0)
			break;
		in->foreign |= len > 1;
		i += (size_t)len;
	}
	return i;
}

static int start_converting(struct pb_input *in, const char *encoding, struct pb_err *err)
{
	in->convert = iconv_open("UTF-8", encoding);
	in->encoding = encoding;
	in->converting = (intptr_t)in->convert != -1;
	if (!in->converting)
		return pb_fail(err, PB_MISSING, errno, "%s: this machine cannot convert %s: %m", in->path,
			       encoding);
	return 0;
}

static void drop_raw(struct pb_input *in, size_t n)
{
	memmove(in->raw, in->raw + n, in->n_raw - n);
	in->n_raw -= n;
	in->converted += n;
}

static int convert_raw(struct pb_input *in, struct pb_err *err)
{
	char *from = in->raw, *to = in->text + in->n_text;
	size_t left = in->n_raw, room = TEXT_CHUNK - in->n_text;
	size_t rc = iconv(in->convert, &from, &left, &to, &room);
	int why = rc == (size_t)-1 ? errno : 0;

	in->n_text = (size_t)(to - in->text);
	drop_raw(in, in->n_raw - left);
	/* EINVAL is a character cut by the chunk's end, which may not happen at the file's end. */
	return why == EILSEQ || (why == EINVAL && in->ended) ? refuse_encoding(in, err) : 0;
}

/* Moves what is whole in the raw bytes to the text. */
static int make_text(struct pb_input *in, struct pb_err *err)
{
	size_t n;
	bool bad;
	int rc;

	if (in->converting)
		return convert_raw(in, err);
	n = utf8_span(in, &bad);
	memcpy(in->text + in->n_text, in->raw, n);
	in->n_text += n;
	drop_raw(in, n);
	if (!bad)
		return 0;
	if (in->foreign)
		return refuse_encoding(in, err);
	rc = start_converting(in, "WINDOWS-1252", err);
	return rc ? rc : convert_raw(in, err);
}

/* Fills the raw bytes: their number, 0 at the end, or -errno. */
static ssize_t read_raw(struct pb_input *in, struct pb_err *err)
{
	ssize_t n;
	int rc;

	do {
		rc = in->watch.check ? in->watch.check(in->watch.arg, err) : 0;
		if (rc < 0)
			return rc;
		n = read(in->fd, in->raw + in->n_raw, CHUNK - in->n_raw);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return pb_fail(err, PB_USAGE, errno, "cannot read %s: %m", in->path);
	in->ended = n == 0;
	in->n_raw += (size_t)n;
	in->bytes += (uint64_t)n;
	if (n && in->watch.progress)
		in->watch.progress(in->watch.arg, in->bytes, in->size);
	return n;
}

/* The next text, when all of the last one was handed out. 0 or -errno. */
static int refill(struct pb_input *in, struct pb_err *err)
{
	int rc = 0;

	in->at = in->n_text = 0;
	while (rc == 0 && in->n_text == 0 && !in->ended) {
		ssize_t n = read_raw(in, err);

		rc = n < 0 ? (int)n : make_text(in, err);
	}
	return rc;
}

/* The encoding by the first bytes; a byte order mark is left out. */
static int begin(struct pb_input *in, struct pb_err *err)
{
	const unsigned char *s = (const unsigned char *)in->raw;
	size_t mark = 0;
	int rc = 0;

	if (in->n_raw >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
		mark = 3;
	} else if (in->n_raw >= 2 && s[0] == 0xff && s[1] == 0xfe) {
		mark = 2;
		rc = start_converting(in, "UTF-16LE", err);
	} else if (in->n_raw >= 2 && s[0] == 0xfe && s[1] == 0xff) {
		mark = 2;
		rc = start_converting(in, "UTF-16BE", err);
	} else if (in->n_raw >= 2 && s[0] && !s[1]) {
		rc = start_converting(in, "UTF-16LE", err);
	} else if (in->n_raw >= 2 && !s[0] && s[1]) {
		rc = start_converting(in, "UTF-16BE", err);
	}
	drop_raw(in, mark);
	return rc;
}

/* Reads the head: as much as one chunk takes, from a pipe too. */
static int read_head(struct pb_input *in, struct pb_err *err)
{
	ssize_t n = 1;
	int rc;

	while (n > 0 && in->n_raw < CHUNK)
		n = read_raw(in, err);
	if (n < 0)
		return (int)n;
	if (in->n_raw == 0)
		return pb_fail(err, PB_USAGE, ENODATA, "%s is empty: there is nothing to import", in->path);
	rc = begin(in, err);
	return rc ? rc : make_text(in, err);
}

static int open_file(struct pb_input *in, struct pb_err *err)
{
	struct stat st;

	in->fd = open(in->path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0 || fstat(in->fd, &st) != 0)
		return pb_fail(err, PB_USAGE, errno, "cannot read %s: %m", in->path);
	if (S_ISDIR(st.st_mode))
		return pb_fail(err, PB_USAGE, EISDIR,
			       "%s is a directory: name the files in it that are to be imported", in->path);
	in->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	return read_head(in, err);
}

int pb_input_open(struct pb_input **in, const char *path, const struct pb_input_watch *watch,
		  struct pb_err *err)
{
	struct pb_input *new = calloc(1, sizeof(*new));
	int rc;

	if (!new || !(new->path = strdup(path))) {
		free(new);
		return pb_fail(err, PB_MISSING, ENOMEM, "cannot read %s: out of memory", path);
	}
	new->fd = -1;
	new->encoding = "UTF-8";
	if (watch)
		new->watch = *watch;
	rc = open_file(new, err);
	if (rc)
		pb_input_close(new);
	else
		*in = new;
	return rc;
}

void pb_input_close(struct pb_input *in)
{
	if (!in)
		return;
	if (in->converting)
		iconv_close(in->convert);
	if (in->fd >= 0)
		close(in->fd);
	free(in->path);
	free(in);
}

const char *pb_input_path(const struct pb_input *in)
{
	return in->path;
}

const char *pb_input_encoding(const struct pb_input *in)
{
	return in->encoding;
}

uint64_t pb_input_bytes(const struct pb_input *in)
{
	return in->bytes;
}

const char *pb_input_head(const struct pb_input *in)
{
	return in->text + in->at;
}

ssize_t pb_input_read(struct pb_input *in, char *buf, size_t size, struct pb_err *err)
{
	size_t n = in->n_text - in->at;
	int rc;

	if (n == 0) {
		rc = refill(in, err);
		if (rc < 0)
			return rc;
		n = in->n_text;
	}
	n = n < size ? n : size;
	memcpy(buf, in->text + in->at, n);
	in->at += n;
	return (ssize_t)n;
}

int pb_input_slurp(struct pb_input *in, struct pb_buf *all, size_t max, struct pb_err *err)
{
	char chunk[16384];
	ssize_t n;

	while ((n = pb_input_read(in, chunk, sizeof(chunk), err)) > 0) {
		if ((size_t)n > max - all->len)
			return pb_fail(err, PB_USAGE, EFBIG, "%s: larger than %zu MiB", in->path, max >> 20);
		if (pb_buf_add(all, chunk, (size_t)n))
			return pb_fail(err, PB_MISSING, ENOMEM, "cannot read %s: out of memory", in->path);
	}
	return (int)n;
}
