/* Unit tests of engine/collectors/openmetrics.c and metricname.c: a strict reader of both formats, and what
 * they must say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/metricname.h"
#include "engine/collectors/openmetrics.h"
#include "tests/unit/mkpage.h"

static size_t name_length(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || p[n] == '_' || p[n] == ':')
		n++;
	return isdigit((unsigned char)*p) ? 0 : n;
}

/* {name="value",...}: the first byte behind it, NULL when it is wrong. */
static const char *labels(const char *p)
{
	if (*p != '{')
		return p;
	do {
		size_t n = name_length(++p);

		if (!n || p[n] != '=' || p[n + 1] != '"')
			return NULL;
		for (p += n + 2; *p != '"'; p++) {
			if (*p == '\\' && p[1] != '\\' && p[1] != '"' && p[1] != 'n')
				return NULL;
			p += *p == '\\';
			if ((unsigned char)*p < ' ')
				return NULL;
		}
		p++;
	} while (*p == ',');
	return *p == '}' ? p + 1 : NULL;
}

/*
 * Every line of a page: comments in the right order, samples that belong to the family introduced last,
 * counters with _total, names once, one value, no series twice.
 */
static void read_strictly(const char *text, bool openmetrics)
{
	struct pb_strv families = {0}, series = {0};
	char family[200] = "", *copy = strdup(text), *save = NULL;
	bool counter = false, ended = false;

	assert_non_null(copy);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char name[200], kind[20], *value;
		const char *after;
		size_t n;

		assert_false(ended);
		if (!strcmp(line, "# EOF")) {
			ended = true;
		} else if (sscanf(line, "# HELP %199s", name) == 1) {
			for (size_t i = 0; i < families.n; i++)
				assert_string_not_equal(families.v[i], name);
			pb_strv_add(&families, name);
			strcpy(family, name);
			assert_null(strpbrk(line, "\"\\"));
		} else if (sscanf(line, "# TYPE %199s %19s", name, kind) == 2) {
			assert_string_equal(name, family);
			counter = !strcmp(kind, "counter");
			assert_true(counter || !strcmp(kind, "gauge"));
			n = strlen(name);
			if (counter && !openmetrics)
				assert_string_equal(name + n - 6, "_total");
			else
				assert_true(n < 6 || strcmp(name + n - 6, "_total"));
		} else if (sscanf(line, "# UNIT %199s %19s", name, kind) == 2) {
			assert_true(openmetrics);
			assert_string_equal(name, family);
			assert_string_equal(name + strlen(name) - strlen(kind), kind);
		} else {
			n = name_length(line);
			assert_true(n && !strncmp(line, family, strlen(family)));
			assert_int_equal(n, strlen(family) + (counter && openmetrics ? 6 : 0));
			after = labels(line + n);
			if (!after || *after != ' ')
				fail_msg("labels of '%s'", line);
			for (size_t i = 0; i < series.n; i++)
				assert_true(strncmp(series.v[i], line, (size_t)(after - line) + 1));
			pb_strv_add(&series, line);
			strtod(after + 1, &value);
			if (*value || value == after + 1)
				fail_msg("value of '%s'", line);
		}
	}
	assert_int_equal(ended, openmetrics);
	free(copy);
	pb_strv_fini(&families);
	pb_strv_fini(&series);
}

static void expect(const struct pb_buf *b, const char *text)
{
	if (!strstr(b->data, text))
		fail_msg("no '%s' in\n%s", text, b->data);
}

static void test_openmetrics(void **state)
{
	struct pb_latest l;
	struct pb_buf b = {0};

	(void)state;
	page_make(&l);
	assert_int_equal(pb_openmetrics_render(&l, true, &b), 0);
	read_strictly(b.data, true);
	expect(&b,
	       "# TYPE passbench_threads_run_seconds counter\n# UNIT passbench_threads_run_seconds seconds\n"
	       "passbench_threads_run_seconds_total{tid=\"901\",role=\"vcpu0\",name=\"CPU 0/KVM\"} 1.5\n");
	expect(&b, "# TYPE passbench_threads_last_cpu gauge\n"
		   "passbench_threads_last_cpu{tid=\"901\",role=\"vcpu0\",name=\"CPU 0/KVM\"} 3\n");
	expect(&b, "name=\"evil\\\"} 1?\\\\?[2J?\xc3\xa9\"} 7e-09\n");
	expect(&b,
	       "passbench_interrupts_total{irq=\"40\",name=\"vfio-msix[1](0000:41:00.0)\",cpu=\"0\"} 100\n");
	expect(&b, "passbench_interrupts_total{name=\"LOC\",cpu=\"1\"} 6\n");
	assert_null(strstr(b.data, "tid=\"903\"")); /* nothing is known of it: no sample, never 0 */
	expect(&b, "passbench_collector_available{collector=\"pmu\",why=\"no \\\"PMU\\\": ENOENT\"} 0\n");
	expect(&b, "passbench_collector_rows_total{collector=\"threads\"} 3\n");
	pb_buf_fini(&b);
	pb_latest_fini(&l);
}

static void test_prometheus_text(void **state)
{
	struct pb_latest l;
	struct pb_buf b = {0};

	(void)state;
	page_make(&l);
	assert_int_equal(pb_openmetrics_render(&l, false, &b), 0);
	read_strictly(b.data, false);
	expect(&b, "# TYPE passbench_threads_run_seconds_total counter\n");
	pb_buf_fini(&b);
	pb_latest_fini(&l);
}

static void named(const char *collector, const char *column, const char *family, const char *unit,
		  double factor)
{
	struct pb_metric_name m;

	pb_metric_name(collector, column, &m);
	assert_string_equal(m.family, family);
	assert_string_equal(m.unit, unit);
	assert_true(m.mul / m.div == factor);
}

static void test_names(void **state)
{
	(void)state;
	named("cpu", "user_ns", "passbench_cpu_user_seconds", "seconds", 1e-9);
	named("memory", "mem_free_kib", "passbench_memory_mem_free_bytes", "bytes", 1024);
	named("power", "core_mhz", "passbench_power_core_hertz", "hertz", 1e6);
	named("pcie", "link_speed_gts", "passbench_pcie_link_speed_transfers_per_second", "", 1e9);
	named("memory", "pages_total", "passbench_memory_pages", "", 1); /* _total means a counter there */
	named("block", "io_total_us", "passbench_block_io_seconds", "seconds", 1e-6);
	named("thermal", "temp_c", "passbench_thermal_temp_celsius", "celsius", 1);
	named("kvm", "exits", "passbench_kvm_exits", "", 1);
	named("interrupts", NULL, "passbench_interrupts", "", 1);
	named("x", "Odd-Name %", "passbench_x_odd_name__", "", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_prometheus_text),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
