/* The heat map's cells: rates by CPU, a storm of one sample, where samples end, and tables that lack. */
#include "reports/heat.h"
#include "tests/unit/charttest.h"

/* One row of heat.csv. */
struct cell {
	double t0, t1, rate, peak;
	int row;
};

static size_t read_cells(const struct charttest *c, struct cell *cell, size_t max)
{
	struct pb_table *t = NULL;
	size_t n;

	assert_int_equal(pb_table_read(&t, c->rep.dir.fd, "heat.csv", NULL), 0);
	n = pb_table_rows(t);
	assert_true(n <= max);
	for (size_t i = 0; i < n; i++)
		cell[i] = (struct cell){pb_table_num(t, i, 0), pb_table_num(t, i, 1), pb_table_num(t, i, 3),
					pb_table_num(t, i, 4), (int)pb_table_i64(t, i, 2)};
	pb_table_free(t);
	return n;
}

/* Interrupts of a made-up disk, one vector, two CPUs, a sample each 100 ms from the first window on. */
static char *interrupts(int samples, int storm, int gap)
{
	char *text = calloc(1, 64 + (size_t)samples * 128), *at = text;
	long long t = MK_T0 + MK_LEAD + MK_SETTLE, n = 0;

	assert_non_null(text);
	at += sprintf(at, "t_ns,irq,name,kind,cpu0,cpu1\n");
	for (int i = 0; i < samples; i++) {
		n += i == storm ? 5000 : 100;
		if (i < gap || i >= gap + 20)
			at += sprintf(at, "%lld,40,vfio-msix[0](x),vfio,%lld,7\n%lld,,LOC,arch,9%lld,1\n",
				      t + i * 100000000LL, n, t + i * 100000000LL, n);
	}
	return text;
}

static void open_with(struct charttest *c, char *text)
{
	struct mk_run m;

	mk_default(&m);
	m.put[0].file = "host/interrupts.csv";
	m.put[0].text = text;
	chart_open(c, &m);
	free(text);
}

static void a_storm_of_one_sample_stays_visible(void **state)
{
	static struct cell cell[10000];
	struct charttest c;
	double peak[2] = {0}, share = 0, seconds = 0;

	(void)state;
	open_with(&c, interrupts(140, 70, 1000));
	assert_true(chart_write(&c, pb_heat_write));
	for (size_t i = 0, n = read_cells(&c, cell, 10000); i < n; i++) {
		assert_in_range(cell[i].row, 0, 1);
		assert_true(cell[i].peak >= cell[i].rate - 1);
		peak[cell[i].row] = fmax(peak[cell[i].row], cell[i].peak);
		if (cell[i].row == 0) {
			share += cell[i].rate * (cell[i].t1 - cell[i].t0);
			seconds += cell[i].t1 - cell[i].t0;
		}
	}
	assert_true(fabs(peak[0] - 50000) < 1); /* 5000 in 100 ms */
	assert_true(peak[1] == 0);
	/* nothing is lost in the means: 138 samples of 100 and the storm */
	assert_true(fabs(share - (138 * 100 + 5000)) < .02 * share);
	assert_true(seconds > 13.8 && seconds < 14.2);
	chart_close(&c);
}

static void cells_begin_and_end_with_the_samples(void **state)
{
	static struct cell cell[10000];
	struct charttest c;
	size_t n, inside = 0;

	(void)state;
	/* samples 50 to 69 are missing: the counter's next reading covers them, as one long interval */
	open_with(&c, interrupts(140, 1000, 50));
	assert_true(chart_write(&c, pb_heat_write));
	n = read_cells(&c, cell, 10000);
	for (size_t i = 0; i < n; i++) {
		assert_true(cell[i].t0 > -.2 &&
			    cell[i].t1 < 14.2); /* nothing before the first or after the last */
		inside += cell[i].row == 0;
	}
	assert_true(inside > 60);
	chart_close(&c);
}

static void a_cpu_without_interrupts_is_one_cell(void **state)
{
	static struct cell cell[10000];
	struct charttest c;
	size_t n, idle = 0;

	(void)state;
	open_with(&c, interrupts(140, 1000, 1000));
	assert_true(chart_write(&c, pb_heat_write));
	n = read_cells(&c, cell, 10000);
	for (size_t i = 0; i < n; i++)
		idle += cell[i].row == 1;
	assert_int_equal(idle, 1);
	chart_close(&c);
}

static void no_table_or_no_interrupts_is_no_chart(void **state)
{
	struct charttest c;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.drop_file = "host/interrupts.csv";
	chart_open(&c, &m);
	assert_false(chart_write(&c, pb_heat_write));
	chart_close(&c);
	open_with(&c, strdup("t_ns,irq,name,kind,cpu0\n1,,LOC,arch,5\n2,,LOC,arch,9\n"));
	assert_false(chart_write(&c, pb_heat_write));
	chart_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_storm_of_one_sample_stays_visible),
		cmocka_unit_test(cells_begin_and_end_with_the_samples),
		cmocka_unit_test(a_cpu_without_interrupts_is_one_cell),
		cmocka_unit_test(no_table_or_no_interrupts_is_no_chart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
