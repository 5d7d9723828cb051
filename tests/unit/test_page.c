/* The shared page's layout: its form, its stability, and how a target is shared out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "engine/lib/page.h"

/* Another layout needs another PB_PAGE_VERSION: agent and engine may come from different builds. */
static void layout_of_version_3(void **state)
{
	(void)state;
	assert_int_equal(PB_PAGE_VERSION, 3);
	assert_int_equal(offsetof(struct pb_page, target), 24);
	assert_int_equal(offsetof(struct pb_page, generation), 32);
	assert_int_equal(offsetof(struct pb_page, claimed), 64);
	assert_int_equal(offsetof(struct pb_page, job), 128);
	assert_int_equal(offsetof(struct pb_page_job, bytes), 48);
	assert_int_equal(offsetof(struct pb_page_job, depth_ns), 72);
	assert_int_equal(offsetof(struct pb_page_job, changed_ns), 80);
	assert_int_equal(offsetof(struct pb_page_job, seq), 88);
	assert_int_equal(offsetof(struct pb_page_job, backend), 96);
	assert_int_equal(offsetof(struct pb_page_job, backend_why), 128);
	assert_int_equal(offsetof(struct pb_page_job, lat), 256);
	assert_int_equal(offsetof(struct pb_page_job, fault), 256 + 3 * 1856 * 8);
	assert_int_equal(sizeof(struct pb_page_job), 256 + 3 * 1856 * 8 + 16 * 40);
}

static void a_formatted_page_is_accepted_others_are_not(void **state)
{
	struct pb_page *p = calloc(1, sizeof(*p));

	(void)state;
	assert_non_null(pb_page_reject(p, sizeof(*p)));
	pb_page_format(p, 16);
	assert_null(pb_page_reject(p, sizeof(*p)));
	assert_int_equal(p->target, 16);
	assert_memory_equal(p, "PBPAGE1", 8);
	assert_non_null(pb_page_reject(p, sizeof(*p) - 1));
	assert_non_null(pb_page_reject(p, sizeof(*p) + 4096));
	assert_non_null(pb_page_reject(p, 0));
	p->version++;
	assert_non_null(pb_page_reject(p, sizeof(*p)));
	p->version--;
	p->size--;
	assert_non_null(pb_page_reject(p, sizeof(*p)));
	p->size++;
	p->magic ^= 1;
	assert_non_null(pb_page_reject(p, sizeof(*p)));
	free(p);
}

static void shares_add_up_to_the_target(void **state)
{
	(void)state;
	for (uint64_t jobs = 1; jobs <= 9; jobs++) {
		for (uint64_t target = jobs; target <= 70; target++) {
			uint64_t sum = 0, first = pb_page_share(target, jobs, 0, 128);

			for (uint64_t i = 0; i < jobs; i++) {
				uint64_t share = pb_page_share(target, jobs, i, 128);

				assert_true(share == first || share + 1 == first);
				sum += share;
			}
			assert_int_equal(sum, target);
		}
	}
}

static void a_share_is_clamped_whatever_the_words_say(void **state)
{
	static const uint64_t words[] = {0, 1, 2, 63, 64, 65, UINT32_MAX, UINT64_MAX};

	(void)state;
	for (unsigned t = 0; t < 8; t++) {
		for (unsigned j = 0; j < 8; j++) {
			for (unsigned n = 0; n < 8; n++) {
				uint64_t share = pb_page_share(words[t], words[j], words[n], 32);

				assert_in_range(share, 1, 32);
			}
		}
	}
	assert_int_equal(pb_page_share(0, 1, 0, 32), 32); /* no target: as fio alone would */
	assert_int_equal(pb_page_share(2, 4, 3, 32), 1);  /* more jobs than target: one each */
}

static void words_count(void **state)
{
	uint64_t word = UINT64_MAX;

	(void)state;
	pb_page_add(&word, 3);
	assert_int_equal(pb_page_get(&word), 2);
	pb_page_set(&word, 9);
	assert_int_equal(pb_page_get(&word), 9);
}

static void depth_goes_on_while_nothing_changes(void **state)
{
	struct pb_page_job *j = calloc(1, sizeof(*j));

	(void)state;
	assert_int_equal(pb_page_get_depth(j, 1000), 0);
	pb_page_put_depth(j, 8, 500, 2000);
	assert_int_equal(pb_page_get_depth(j, 2000), 500);
	assert_int_equal(pb_page_get_depth(j, 2010), 580);
	assert_int_equal(pb_page_get_depth(j, 1990), 500); /* read just before, written just after */
	pb_page_put_depth(j, 0, 580, 2010);
	assert_int_equal(pb_page_get_depth(j, 9999), 580);
	assert_int_equal(j->seq, 4);
	/* whoever died in the middle of writing does not hold the reader for good */
	j->seq++;
	assert_int_equal(pb_page_get_depth(j, 9999), 580);
	free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_of_version_3),
		cmocka_unit_test(a_formatted_page_is_accepted_others_are_not),
		cmocka_unit_test(shares_add_up_to_the_target),
		cmocka_unit_test(a_share_is_clamped_whatever_the_words_say),
		cmocka_unit_test(words_count),
		cmocka_unit_test(depth_goes_on_while_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
