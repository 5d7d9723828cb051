/*
 * One verdict and its words, from what compare.c decided about each metric. Names come from the runs and are
 * not escaped here.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine/compare/compare.h"
#include "engine/compare/power.h"

#define NAMED 3 /* differences named in the sentence itself */

static bool any_difference(const struct pb_comparison *c, bool subject)
{
	for (size_t i = 0; i < c->differences.n; i++)
		if (c->differences.v[i].subject == subject)
			return true;
	return false;
}

static enum pb_verdict verdict_of(const struct pb_comparison *c)
{
	if (c->worse && any_difference(c, true))
		return PB_VERDICT_WORSE;
	if (c->worse)
		return any_difference(c, false) ? PB_VERDICT_ENVIRONMENT : PB_VERDICT_REGRESSION;
	if (c->tested == 0 && c->n && pb_power_least_p((unsigned)c->n_base, (unsigned)c->n_new) > c->alpha)
		return PB_VERDICT_TOO_FEW;
	return c->tested == 0 || c->lost ? PB_VERDICT_INVALID : PB_VERDICT_NO_REGRESSION;
}

enum pb_status pb_comparison_status(const struct pb_comparison *c)
{
	switch (c->verdict) {
	case PB_VERDICT_NO_REGRESSION:
		return PB_OK;
	case PB_VERDICT_TOO_FEW:
	case PB_VERDICT_INVALID:
		return PB_INVALID;
	default:
		return PB_REGRESSION;
	}
}

const char *pb_verdict_name(enum pb_verdict v)
{
	static const char *const names[] = {"no-regression", "regression", "environment-changed",
					    "worse",         "too-few",    "not-valid"};

	return names[v];
}

const char *pb_compared_word(const struct pb_comparison *c, const struct pb_compared *m)
{
	switch (m->change) {
	case PB_CHANGE_NONE:
		return "no change";
	case PB_CHANGE_SMALL:
		return "small change";
	case PB_CHANGE_BETTER:
		return "better";
	case PB_CHANGE_WORSE:
		return c->verdict == PB_VERDICT_ENVIRONMENT ? "environment changed"
		       : c->verdict == PB_VERDICT_WORSE     ? "worse"
							    : "regression";
	default:
		return "not compared";
	}
}

/* The worst of those that got worse, by estimate. */
static const struct pb_compared *worst(const struct pb_comparison *c)
{
	const struct pb_compared *w = NULL;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].change == PB_CHANGE_WORSE &&
		    (!w || fabs(log(c->v[i].ratio.est)) > fabs(log(w->ratio.est))))
			w = &c->v[i];
	return w;
}

static void say_worse(struct pb_comparison *c)
{
	const struct pb_compared *w = worst(c);

	if (!w)
		return;
	pb_buf_printf(&c->sentence, "%zu of %zu metrics got worse, most of all %s: %+.1f%% (%+.1f to %+.1f)",
		      c->worse, c->tested, w->name, 100 * (w->ratio.est - 1), 100 * (w->ratio.lo - 1),
		      100 * (w->ratio.hi - 1));
}

static void say_differences(struct pb_comparison *c, bool subject)
{
	size_t said = 0, all = 0;

	for (size_t i = 0; i < c->differences.n; i++) {
		const struct pb_difference *d = &c->differences.v[i];

		if (d->subject != subject || all++ >= NAMED)
			continue;
		pb_buf_printf(&c->sentence, "%s%s: %s -> %s", said++ ? ", " : "", d->name, d->base,
			      d->new_value);
	}
	if (all > NAMED)
		pb_buf_printf(&c->sentence, " and %zu more", all - NAMED);
}

static void say_none(struct pb_comparison *c)
{
	pb_buf_printf(&c->sentence,
		      "No regression: none of %zu metrics is known to be worse by as much as %g%% may be "
		      "(%zu and %zu runs)",
		      c->tested, 100 * c->min_effect, c->n_base, c->n_new);
	if (c->better)
		pb_buf_printf(&c->sentence, "; %zu got better", c->better);
	if (c->small)
		pb_buf_printf(&c->sentence, "; %zu changed by less than that", c->small);
	if (c->blind)
		pb_buf_printf(&c->sentence, "; in %zu of them a change of %g%% could have stayed unseen",
			      c->blind, 100 * c->min_effect);
	pb_buf_str(&c->sentence, ".");
}

static void say_invalid(struct pb_comparison *c)
{
	if (c->lost)
		pb_buf_printf(&c->sentence,
			      "Not valid: %zu metrics of one side have no valid measurement on the other, "
			      "whose windows "
			      "were rejected; passbench analyze says why.",
			      c->lost);
	else if (c->n == 0)
		pb_buf_str(&c->sentence, "Not valid: no run has a valid measured window to compare.");
	else
		pb_buf_str(&c->sentence, "Not valid: no metric has enough values on both sides; compare runs "
					 "of the same depths.");
}

static void say(struct pb_comparison *c)
{
	unsigned a = (unsigned)c->n_base, b = (unsigned)c->n_new;

	switch (c->verdict) {
	case PB_VERDICT_NO_REGRESSION:
		say_none(c);
		break;
	case PB_VERDICT_REGRESSION:
		pb_buf_str(&c->sentence, "Regression: ");
		say_worse(c);
		pb_buf_str(&c->sentence, ".");
		break;
	case PB_VERDICT_ENVIRONMENT:
		pb_buf_str(&c->sentence, "Environment changed: ");
		say_worse(c);
		pb_buf_str(&c->sentence, "; but so did ");
		say_differences(c, false);
		pb_buf_str(&c->sentence,
			   ". Measure both sides in the same environment before blaming the code.");
		break;
	case PB_VERDICT_WORSE:
		pb_buf_str(&c->sentence, "Worse: ");
		say_worse(c);
		pb_buf_str(&c->sentence, ". The two sides are different setups (");
		say_differences(c, true);
		pb_buf_str(&c->sentence, "): this compares them, it is no regression of one.");
		break;
	case PB_VERDICT_TOO_FEW:
		pb_buf_printf(&c->sentence,
			      "Too few runs: %u and %u cannot give a p below %.2g (alpha %g), so no verdict; "
			      "at least %u "
			      "of each are needed.",
			      a, b, pb_power_least_p(a, b), c->alpha, pb_power_runs(c->alpha));
		break;
	default:
		say_invalid(c);
	}
}

static int note_turns(struct pb_comparison *c)
{
	if (!c->turns.known)
		return pb_strv_add(&c->notes, "Not every run says when it began: whether they were measured "
					      "in turns is not known.");
	if (!c->turns.separated || c->n_base + c->n_new < 3)
		return 0;
	return pb_strv_addf(
		&c->notes,
		"Not in turns: all %s runs were measured before the first %s run, so a drift of the machine "
		"and a change cannot be told apart; measure them alternately.",
		c->turns.base_first ? "BASE" : "NEW", c->turns.base_first ? "NEW" : "BASE");
}

static int note_company(struct pb_comparison *c)
{
	unsigned most = 1;

	for (size_t i = 0; i < c->n; i++)
		most = c->v[i].company > most ? c->v[i].company : most;
	if (most == 1)
		return 0;
	return pb_strv_addf(&c->notes,
			    "With so few runs a change shows only when at least %u of %zu metrics change "
			    "together; %u runs "
			    "of each side show one alone.",
			    most, c->tested, pb_power_runs(c->alpha / (double)c->tested));
}

static int note_setups(struct pb_comparison *c)
{
	if (c->verdict == PB_VERDICT_WORSE || !any_difference(c, true))
		return 0;
	return pb_strv_add(&c->notes, "The two sides are different setups (see the environment): this "
				      "compares them, it says nothing "
				      "about a change of either.");
}

int pb_compare_conclude(struct pb_comparison *c)
{
	int rc;

	c->verdict = verdict_of(c);
	pb_buf_clear(&c->sentence);
	pb_strv_fini(&c->notes);
	say(c);
	rc = c->sentence.failed ? -ENOMEM : note_turns(c);
	if (rc == 0)
		rc = note_company(c);
	if (rc == 0)
		rc = note_setups(c);
	for (size_t i = 0; i < c->differences.mixed.n && rc == 0; i++)
		rc = pb_strv_addf(&c->notes, "Runs of one side differ among themselves in %s.",
				  c->differences.mixed.v[i]);
	for (size_t i = 0; i < c->differences.during.n && rc == 0; i++)
		rc = pb_strv_addf(&c->notes, "Changed while it was measured, in %s.",
				  c->differences.during.v[i]);
	return rc;
}
