/*
 * A comparison as JUnit XML: a metric that got worse is a failed case, one that could not be compared a
 * skipped one.
 */
#include <errno.h>
#include <stdio.h>

#include "engine/cli/compare_forms.h"
#include "engine/lib/junit.h"

static void add_properties(struct pb_junit *j, const struct pb_comparison *c)
{
	struct pb_strv text = {0};

	pb_strv_addf(&text, "%g", c->alpha);
	pb_strv_addf(&text, "%g%%", 100 * c->min_effect);
	pb_strv_addf(&text, "%zu and %zu", c->n_base, c->n_new);
	if (text.n == 3) {
		pb_junit_property(j, "alpha", text.v[0]);
		pb_junit_property(j, "min-effect", text.v[1]);
		pb_junit_property(j, "runs", text.v[2]);
	}
	for (size_t i = 0; i < c->differences.n; i++) {
		const struct pb_difference *d = &c->differences.v[i];

		if (pb_strv_addf(&text, "environment: %s", d->name) == 0 &&
		    pb_strv_addf(&text, "%s -> %s", d->base, d->new_value) == 0)
			pb_junit_property(j, text.v[text.n - 2], text.v[text.n - 1]);
	}
	pb_strv_fini(&text);
}

static void add_metric(struct pb_junit *j, const struct pb_comparison *c, const struct pb_compared *m)
{
	struct pb_compare_cells t;
	struct pb_buf line = {0}, text = {0};
	enum pb_junit_result result = m->change == PB_CHANGE_UNKNOWN && m->lost ? PB_JUNIT_ERROR
				      : m->change == PB_CHANGE_UNKNOWN          ? PB_JUNIT_SKIPPED
				      : m->change == PB_CHANGE_WORSE            ? PB_JUNIT_FAILED
										: PB_JUNIT_PASSED;

	pb_compare_cells(&t, m);
	pb_buf_printf(&line, "%s: %s", pb_compared_word(c, m),
		      m->change == PB_CHANGE_UNKNOWN ? m->why : t.change);
	pb_buf_printf(&text,
		      "%s\nbase %s (%u runs), new %s (%u runs)\nchange %s, q %s\nsmallest change it could "
		      "have seen: %s\n",
		      c->sentence.data ? c->sentence.data : "", t.base, m->n_base, t.new_value, m->n_new,
		      t.change, t.q, t.seen);
	j->cases.failed = j->cases.failed || line.failed || text.failed;
	if (line.data && text.data)
		pb_junit_case(j, m->name, result, line.data, text.data);
	pb_buf_fini(&line);
	pb_buf_fini(&text);
}

/* The comparison itself: CI systems that count cases must see a gate that could not be judged. */
static void add_whole(struct pb_junit *j, const struct pb_comparison *c)
{
	struct pb_buf text = {0};

	pb_buf_printf(&text, "%s\n", c->sentence.data ? c->sentence.data : "");
	for (size_t i = 0; i < c->notes.n; i++)
		pb_buf_printf(&text, "%s\n", c->notes.v[i]);
	j->cases.failed = j->cases.failed || text.failed;
	if (text.data)
		pb_junit_case(j, "comparison",
			      pb_comparison_status(c) == PB_INVALID ? PB_JUNIT_ERROR : PB_JUNIT_PASSED,
			      c->sentence.data ? c->sentence.data : "", text.data);
	pb_buf_fini(&text);
}

int pb_compare_junit(struct pb_buf *b, const struct pb_comparison *c, const char *timestamp)
{
	struct pb_junit j = {
		.name = "passbench compare", .class_name = "passbench.compare", .timestamp = timestamp};

	add_properties(&j, c);
	add_whole(&j, c);
	for (size_t i = 0; i < c->n; i++)
		add_metric(&j, c, &c->v[i]);
	return pb_junit_end(&j, b);
}
