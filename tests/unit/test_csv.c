/* Unit tests of engine/lib/csv.c: what the writer writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "engine/lib/csv.h"

/* A writer onto memory. */
struct sheet {
	struct pb_csv csv;
	char *text;
	size_t len;
};

static int setup(void **state)
{
	struct sheet *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->csv.f = open_memstream(&s->text, &s->len);
	assert_non_null(s->csv.f);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct sheet *s = *state;

	fclose(s->csv.f);
	free(s->text);
	free(s);
	return 0;
}

static const char *written(struct sheet *s)
{
	fflush(s->csv.f);
	return s->text;
}

static void integers_and_empty_cells(void **state)
{
	struct sheet *s = *state;

	pb_csv_i64(&s->csv, 1);
	pb_csv_i64(&s->csv, PB_NA);
	pb_csv_i64(&s->csv, -INT64_MAX);
	pb_csv_str(&s->csv, NULL);
	pb_csv_end(&s->csv);
	pb_csv_i64(&s->csv, 0);
	pb_csv_end(&s->csv);
	assert_string_equal(written(s), "1,,-9223372036854775807,\n0\n");
}

static void numbers_have_nine_digits(void **state)
{
	struct sheet *s = *state;
	const double values[] = {0.1, 1.0 / 3, 12345678, 1e20, NAN, INFINITY, -0.0};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		pb_csv_num(&s->csv, values[i]);
	pb_csv_end(&s->csv);
	assert_string_equal(written(s), "0.1,0.333333333,12345678,1e+20,,,0\n");
}

static void quotes_only_where_needed(void **state)
{
	struct sheet *s = *state;

	pb_csv_str(&s->csv, "plain");
	pb_csv_str(&s->csv, "a,b");
	pb_csv_str(&s->csv, "say \"x\"");
	pb_csv_str(&s->csv, "two\nlines");
	pb_csv_str(&s->csv, " blank");
	pb_csv_str(&s->csv, "");
	pb_csv_end(&s->csv);
	assert_string_equal(written(s), "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\" blank\",\n");
}

/* What a spreadsheet would run is text there. */
static void no_formulas_from_elsewhere(void **state)
{
	struct sheet *s = *state;

	pb_csv_foreign(&s->csv, "=1+1");
	pb_csv_foreign(&s->csv, "+x");
	pb_csv_foreign(&s->csv, "-x,y");
	pb_csv_foreign(&s->csv, "@x");
	pb_csv_foreign(&s->csv, "\tx");
	pb_csv_foreign(&s->csv, "a=b");
	pb_csv_foreign(&s->csv, "");
	pb_csv_foreign(&s->csv, NULL);
	pb_csv_end(&s->csv);
	assert_string_equal(written(s), "'=1+1,'+x,\"'-x,y\",'@x,\"'\tx\",a=b,,\n");
}

int main(void)
{
#define WITH_SHEET(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SHEET(integers_and_empty_cells),
		WITH_SHEET(numbers_have_nine_digits),
		WITH_SHEET(quotes_only_where_needed),
		WITH_SHEET(no_formulas_from_elsewhere),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
