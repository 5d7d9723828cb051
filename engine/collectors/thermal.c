/*
 * Temperature of the processors from hwmon. Only sensors that are cheap and disturb nobody: package sensors
 * of coretemp (a core's own sensor interrupts that core), k10temp and cpu_thermal; never a disk's or ACPI's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/snapfile.h"
#include "engine/lib/csv.h"

#define HWMON "/sys/class/hwmon"
#define SENSORS_MAX 64u

struct sensor {
	char chip[24], label[40];
	struct pb_snapfile input;
};

struct thermal_state {
	struct sensor *v;
	size_t n;
};

/* chip is hwmon's name, label tempN_label or "". */
static bool is_wanted(const char *chip, const char *label)
{
	if (!strcmp(chip, "coretemp"))
		return !strncmp(label, "Package", 7);
	return !strcmp(chip, "k10temp") || !strcmp(chip, "cpu_thermal");
}

static void add_sensor(struct thermal_state *s, const struct pb_root *root, const char *dir, const char *chip,
		       const char *file)
{
	struct sensor *x = &s->v[s->n];
	char label[40], path[128];
	unsigned n;
	int end = 0;

	if (s->n == SENSORS_MAX || sscanf(file, "temp%4u_input%n", &n, &end) != 1 || !end || file[end])
		return;
	if (pb_root_read(root, label, sizeof(label), HWMON "/%s/temp%u_label", dir, n) <= 0)
		label[0] = '\0';
	if (!is_wanted(chip, label))
		return;
	snprintf(path, sizeof(path), HWMON "/%.40s/temp%u_input", dir, n);
	if (pb_snapfile_open(&x->input, root, path))
		return;
	snprintf(x->chip, sizeof(x->chip), "%s", chip);
	if (label[0])
		snprintf(x->label, sizeof(x->label), "%s", label);
	else
		snprintf(x->label, sizeof(x->label), "temp%u", n);
	s->n++;
}

static void thermal_stop(void *state)
{
	struct thermal_state *s = state;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		pb_snapfile_close(&s->v[i].input);
	free(s->v);
	free(s);
}

static int thermal_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct thermal_state *s = calloc(1, sizeof(*s));
	struct pb_strv dirs = {0};

	if (s)
		s->v = calloc(SENSORS_MAX + 1, sizeof(*s->v));
	if (!s || !s->v) {
		free(s);
		return -ENOMEM;
	}
	pb_root_list(t->root, &dirs, HWMON);
	for (size_t i = 0; i < dirs.n; i++) {
		struct pb_strv files = {0};
		char chip[24];

		if (pb_root_read(t->root, chip, sizeof(chip), HWMON "/%s/name", dirs.v[i]) > 0)
			pb_root_list(t->root, &files, HWMON "/%s", dirs.v[i]);
		for (size_t k = 0; k < files.n; k++)
			add_sensor(s, t->root, dirs.v[i], chip, files.v[k]);
		pb_strv_fini(&files);
	}
	pb_strv_fini(&dirs);
	if (!s->n) {
		snprintf(why, size, "no processor sensor in " HWMON " (coretemp, k10temp, cpu_thermal)");
		thermal_stop(s);
		return -ENOENT;
	}
	*state = s;
	return 0;
}

static int thermal_probe(const struct pb_target *t, char *why, size_t size)
{
	void *state = NULL;
	int rc = thermal_start(t, &state, why, size);

	thermal_stop(state);
	return rc;
}

static int thermal_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"chip", "label", "temp_c"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static int64_t millidegrees(struct pb_snapfile *f)
{
	char *end;
	long long v;

	if (pb_snapfile_read_attr(f))
		return PB_NA;
	errno = 0;
	v = strtoll(f->data, &end, 10);
	return end == f->data || errno ? PB_NA : v;
}

static int thermal_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct thermal_state *s = state;

	for (size_t i = 0; i < s->n; i++) {
		pb_rows_begin(rows, t_ns);
		pb_rows_str(rows, s->v[i].chip);
		pb_rows_str(rows, s->v[i].label);
		pb_rows_milli(rows, millidegrees(&s->v[i].input));
		pb_rows_end(rows);
	}
	return 0;
}

const struct pb_collector pb_coll_thermal = {
	.name = "thermal",
	.help = "temperature of the processors",
	.source = HWMON "/hwmon*/temp*_input of coretemp, k10temp, cpu_thermal",
	.period = PB_PERIOD_SLOW,
	.gauges = "temp_c",
	.probe = thermal_probe,
	.start = thermal_start,
	.columns = thermal_columns,
	.sample = thermal_sample,
	.stop = thermal_stop,
};
