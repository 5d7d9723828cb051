/*
 * Fuzz target for the CSV reader: any bytes are refused with a message, or give a
 * table that, written again from its texts, reads back to the same texts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/lib/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads a table from bytes, by way of a file in memory. NULL when refused. */
static struct pb_table *read_bytes(const void *data, size_t size)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *t = NULL;
	char path[64];
	int rc, fd = memfd_create("fuzz", 0);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = pb_table_read(&t, -1, path, &err);
	close(fd);
	if (rc && (t || !err.msg[0]))
		abort();
	return t;
}

static void write_table(const struct pb_table *t, FILE *f)
{
	struct pb_csv c = {.f = f};
	size_t rows = pb_table_rows(t), cols = pb_table_cols(t);

	for (size_t i = 0; i < cols; i++)
		pb_csv_str(&c, pb_table_name(t, i));
	pb_csv_end(&c);
	for (size_t row = 0; row < rows; row++) {
		for (size_t i = 0; i < cols; i++)
			pb_csv_str(&c, pb_table_str(t, row, (int)i));
		pb_csv_end(&c);
	}
}

/* An integer cell is also that number; texts are the same in both. */
static void compare(const struct pb_table *a, const struct pb_table *b)
{
	if (pb_table_rows(a) != pb_table_rows(b) || pb_table_cols(a) != pb_table_cols(b))
		abort();
	for (size_t row = 0; row < pb_table_rows(a); row++) {
		for (int i = 0; i < (int)pb_table_cols(a); i++) {
			int64_t v = pb_table_i64(a, row, i);

			if (strcmp(pb_table_str(a, row, i), pb_table_str(b, row, i)) != 0)
				abort();
			if (v != PB_NA && pb_table_num(a, row, i) != (double)v)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pb_table *t = read_bytes(data, size), *again;
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	/* A row of one empty cell is an empty line when written, which is no row: only t_ns-less files have
	 * it. */
	if (!t || pb_table_cols(t) < 2) {
		pb_table_free(t);
		return 0;
	}
	f = open_memstream(&text, &len);
	if (!f)
		abort();
	write_table(t, f);
	fclose(f);
	again = read_bytes(text, len);
	if (!again)
		abort();
	compare(t, again);
	pb_table_free(t);
	pb_table_free(again);
	free(text);
	return 0;
}
