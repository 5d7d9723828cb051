/*
 * Fuzz target for the host's reading of an agent: the bytes are everything that an agent ever says, and each
 * request takes its answer from them. Whatever comes, counters are never negative and texts end in their
 * bounds.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/run/guest/disk_remote.h"
#include "engine/run/guest/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_rows(struct pb_conn *c)
{
	struct pb_row *rows = NULL;
	int64_t next = 0;
	bool running = false;
	size_t n = 0;

	if (pb_agent_rows(c, &next, &rows, &n, &running, NULL) == 0 && (next < 0 || n > PB_PROTO_ROWS_MAX))
		abort();
	for (size_t i = 0; i < n; i++)
		if (rows[i].completed < 0 || rows[i].depth_ns < 0)
			abort();
	free(rows);
}

static void ask_hist(struct pb_conn *c)
{
	struct pb_hist_snap *s = malloc(sizeof(*s));

	if (s && pb_agent_hist(c, s, NULL) == 0 && s->row.completed < 0)
		abort();
	free(s);
}

static void ask_disk(struct pb_conn *c)
{
	struct pb_disk d;
	char path[16];

	if (pb_disk_remote(c, "S1", &d, path, sizeof(path), NULL) == 0 &&
	    (strstr(d.block, "..") || d.bdf[0] || d.size_bytes <= 0))
		abort();
}

static void converse(int in, int out)
{
	struct pb_conn c = {.log = -1};
	struct pb_buf file = {0};
	int64_t t;

	if (pb_conn_streams(&c, in, out, NULL))
		return;
	pb_conn_hello(&c, 0, NULL);
	pb_agent_ping(&c, &t, NULL);
	ask_rows(&c);
	ask_hist(&c);
	pb_agent_fetch(&c, "engine.csv", &file, NULL);
	ask_disk(&c);
	pb_buf_fini(&file);
	pb_conn_close(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int in = memfd_create("fuzz", MFD_CLOEXEC), out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (in >= 0 && out >= 0 && (size == 0 || write(in, data, size) == (ssize_t)size) &&
	    lseek(in, 0, SEEK_SET) == 0)
		converse(in, out);
	close(in);
	close(out);
	return 0;
}
