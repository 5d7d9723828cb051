/*
 * Fuzz target for the history's database: any bytes are refused with one sentence and stay as they are, or
 * are read whole, searched for changes and exported. The bytes are the file; an input may also be the
 * database of the corpus with a few bytes changed: "=" and then offset (3 bytes) and value of each.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/history/shifts.h"
#include "engine/history/export.h"
#include "engine/lib/remove_tree.h"
#include "tests/unit/mkhistory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE_MAX (1 << 20)

static struct {
	char dir[64], db[96];
	uint8_t *base; /* a good history */
	size_t len;
} place;

static void leave(void)
{
	pb_remove_tree(place.dir);
	free(place.base);
}

static void setup(void)
{
	int fd;
	ssize_t n;

	strcpy(place.dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/pb-fuzz-XXXXXX" : "/tmp/pb-fuzz-XXXXXX");
	if (!mkdtemp(place.dir))
		abort();
	snprintf(place.db, sizeof(place.db), "%s/history.db", place.dir);
	if (mk_history(place.db, 1, 24, 13))
		abort();
	fd = open(place.db, O_RDONLY | O_CLOEXEC);
	place.base = malloc(BASE_MAX);
	n = place.base ? read(fd, place.base, BASE_MAX) : -1;
	if (n <= 0)
		abort();
	place.len = (size_t)n;
	close(fd);
	atexit(leave);
}

static void put(const void *data, size_t size)
{
	int fd = open(place.db, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* The file as it is now, or NULL when it is not `size` bytes long. */
static uint8_t *get(size_t size)
{
	int fd = open(place.db, O_RDONLY | O_CLOEXEC);
	uint8_t *data = malloc(size + 1);

	if (fd < 0 || !data)
		abort();
	if (read(fd, data, size + 1) != (ssize_t)size) {
		free(data);
		data = NULL;
	}
	close(fd);
	return data;
}

static void use(const struct pb_past *p)
{
	static const struct pb_edivisive_options o = {
		.alpha = 0.1, .permutations = 19, .min_segment = 2, .seed = 1};
	struct pb_edivisive *e = pb_edivisive_new(&o);
	json_t *j = pb_export_json(p, PB_EXPORT_ALL);
	char *text = json_dumps(j, 0), *csv = NULL;
	size_t len;
	FILE *f = open_memstream(&csv, &len);

	if (!e || !j || !text || !f || pb_export_csv(p, PB_EXPORT_ALL, f) < 0)
		abort();
	fclose(f);
	for (size_t s = 0; s < p->n_series; s++) {
		for (size_t m = 0; m < p->n_metric; m++) {
			struct pb_past_points pts;
			struct pb_shifts c;

			if (pb_past_points(p, s, m, &pts) < 0 ||
			    pb_shifts_find(&c, e, p, &pts, p->metric[m].higher_is_better, NULL) < 0)
				abort();
			pb_past_points_fini(&pts);
			pb_shifts_fini(&c);
		}
	}
	pb_edivisive_free(e);
	json_decref(j);
	free(text);
	free(csv);
}

static void read_and_add(const uint8_t *data, size_t size)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_past p;
	uint8_t *after;
	int rc;

	put(data, size);
	rc = pb_past_load(&p, place.db, &err);
	if (rc < 0 && (!err.msg[0] || strchr(err.msg, '\n')))
		abort();
	if (rc == 0) {
		use(&p);
		pb_past_fini(&p);
	}
	/* Reading changes nothing, and what cannot be read cannot be added to. */
	after = get(size);
	if (!after || (size && memcmp(after, data, size) != 0))
		abort();
	free(after);
	if (mk_add(place.db, 77, 1, NULL) == 0 && rc < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *changed;

	if (!place.base)
		setup();
	if (size == 0 || data[0] != '=') {
		read_and_add(data, size);
		return 0;
	}
	changed = malloc(place.len);
	if (!changed)
		abort();
	memcpy(changed, place.base, place.len);
	for (size_t i = 1; i + 4 <= size; i += 4)
		changed[((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % place.len] =
			data[i + 3];
	read_and_add(changed, place.len);
	free(changed);
	return 0;
}
