/*
 * A comparison as GitHub-flavoured markdown for a pull request: the verdict first, then what changed, the
 * rest folded.
 */
#include <errno.h>

#include "engine/cli/compare_forms.h"
#include "reports/escape.h"

#define md(b, ...) pb_escape_fmt(b, PB_ESCAPE_MD, __VA_ARGS__)

static void table(struct pb_buf *b, const struct pb_comparison *c, bool of_changed)
{
	struct pb_compare_cells t;

	pb_buf_str(
		b,
		"| metric | base | new | change (95%) | q | could see | |\n|---|--:|--:|---|--:|--:|---|\n");
	for (size_t i = 0; i < c->n; i++) {
		const struct pb_compared *m = &c->v[i];

		if (pb_compared_changed(m) != of_changed)
			continue;
		pb_compare_cells(&t, m);
		md(b, "| %1 | %2 | %3 | %4 | %5 | %6 | %7 |\n", m->name, t.base, t.new_value, t.change, t.q,
		   t.seen, m->change == PB_CHANGE_UNKNOWN ? m->why : pb_compared_word(c, m));
	}
}

static void environment(struct pb_buf *b, const struct pb_comparison *c)
{
	if (!c->differences.n) {
		pb_buf_str(b, "\nThe environment is the same on both sides, as far as it is known.\n");
		return;
	}
	pb_buf_str(b, "\n| environment | base | new |\n|---|---|---|\n");
	for (size_t i = 0; i < c->differences.n; i++)
		md(b, "| %1 | %2 | %3 |\n", c->differences.v[i].name, c->differences.v[i].base,
		   c->differences.v[i].new_value);
}

int pb_compare_markdown(struct pb_buf *b, const struct pb_comparison *c)
{
	size_t n_changed = c->worse + c->better, others = c->n - n_changed;

	md(b, "**%1**\n", c->sentence.data);
	if (n_changed) {
		pb_buf_str(b, "\n");
		table(b, c, true);
	}
	if (c->notes.n)
		pb_buf_str(b, "\n");
	for (size_t i = 0; i < c->notes.n; i++)
		md(b, "- %1\n", c->notes.v[i]);
	environment(b, c);
	if (others) {
		pb_buf_printf(b, "\n<details><summary>%zu other metrics</summary>\n\n", others);
		table(b, c, false);
		pb_buf_str(b, "\n</details>\n");
	}
	pb_buf_printf(b,
		      "\n%zu and %zu runs; Mann-Whitney tests, Benjamini-Hochberg over %zu metrics, q at "
		      "most %g; changes "
		      "below %g%% do not count. \"could see\": the smallest change that 80 of 100 such "
		      "comparisons find%s.\n",
		      c->n_base, c->n_new, c->tested, c->alpha, 100 * c->min_effect,
		      c->tested ? "; with *, only together with other metrics" : "");
	return b->failed ? -ENOMEM : 0;
}
