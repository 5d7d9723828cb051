/*
 * Turns "user_ns" of collector "cpu" into passbench_cpu_user_seconds. Values are scaled to base units because
 * Prometheus' conventions know seconds, bytes, hertz, celsius, joules and watts only.
 */
#include "engine/collectors/metricname.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *suffix, *name; /* name: what the suffix becomes */
	const char *unit;
	double mul, div;
} units[] = {
	{"_ns", "_seconds", "seconds", 1, 1e9},
	{"_us", "_seconds", "seconds", 1, 1e6},
	{"_ms", "_seconds", "seconds", 1, 1e3},
	{"_s", "_seconds", "seconds", 1, 1},
	{"_bytes", "_bytes", "bytes", 1, 1},
	{"_kib", "_bytes", "bytes", 1024, 1},
	{"_kb", "_bytes", "bytes", 1024, 1},
	{"_mib", "_bytes", "bytes", 1048576, 1},
	{"_khz", "_hertz", "hertz", 1e3, 1},
	{"_mhz", "_hertz", "hertz", 1e6, 1},
	{"_celsius", "_celsius", "celsius", 1, 1},
	{"_c", "_celsius", "celsius", 1, 1},
	{"_millicelsius", "_celsius", "celsius", 1, 1e3},
	{"_uj", "_joules", "joules", 1, 1e6},
	{"_uw", "_watts", "watts", 1, 1e6},
	{"_mw", "_watts", "watts", 1, 1e3},
	{"_gts", "_transfers_per_second", "", 1e9, 1},
};

/* Endings that mean a kind of metric there, and would be taken for it. */
static const char *const reserved[] = {"_total", "_count", "_sum", "_bucket", "_info", "_created"};

static bool ends_with(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a > b && !strcmp(s + a - b, end);
}

void pb_metric_name(const char *collector, const char *column, struct pb_metric_name *m)
{
	char base[128];
	const char *ending = "";

	*m = (struct pb_metric_name){.unit = "", .mul = 1, .div = 1};
	snprintf(base, sizeof(base), "%.48s%s%.64s", collector, column ? "_" : "", column ? column : "");
	for (char *p = base; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '_';
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ends_with(base, units[i].suffix)) {
			base[strlen(base) - strlen(units[i].suffix)] = '\0';
			ending = units[i].name;
			m->unit = units[i].unit;
			m->mul = units[i].mul;
			m->div = units[i].div;
			break;
		}
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (ends_with(base, reserved[i]))
			base[strlen(base) - strlen(reserved[i])] = '\0';
	snprintf(m->family, sizeof(m->family), "passbench_%s%s", base, ending);
}
