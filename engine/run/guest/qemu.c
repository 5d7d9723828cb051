/*
 * QEMU option text and log tails. Starting QEMU is launch.c's and the lab's.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/run/guest/qemu.h"

int pb_qemu_escape(char *out, size_t size, const char *text, struct pb_err *err)
{
	size_t n = 0;

	for (const char *s = text; *s; s++) {
		if (n + 3 > size)
			return pb_fail(err, PB_USAGE, ENAMETOOLONG, "%.80s... is too long for a QEMU option",
				       text);
		if (*s == ',')
			out[n++] = ',';
		out[n++] = *s;
	}
	out[n] = '\0';
	return 0;
}

/* The last bytes of a file, NUL-terminated. */
static size_t read_end(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	off_t end;

	if (fd >= 0) {
		end = lseek(fd, 0, SEEK_END);
		n = pread(fd, buf, size - 1, end > (off_t)size - 1 ? end - (off_t)size + 1 : 0);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

void pb_qemu_log_tail(char *out, size_t size, const char *path, unsigned lines)
{
	char text[16384], *start; /* a panic's trace has some kilobytes */
	size_t len = read_end(path, text, sizeof(text)), n = 0;
	char *panic = strstr(text, "Kernel panic");

	if (panic) {
		len = strcspn(panic, "\r\n");
		memmove(text, panic, len);
		text[len] = '\0';
	}
	while (len > 0 && strchr("\r\n \t", text[len - 1]))
		text[--len] = '\0';
	for (start = text + len; start > text; start--)
		if (start[-1] == '\n' && --lines == 0)
			break;
	for (const char *s = start; *s && n + 4 < size; s++) {
		if (*s == '\n') {
			memcpy(out + n, " | ", 3);
			n += 3;
		} else if ((unsigned char)*s >= 0x20 && *s != 0x7f) {
			out[n++] = *s;
		}
	}
	out[n] = '\0';
}
