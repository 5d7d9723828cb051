/*
 * Writing the verdict down. Nothing is decided here.
 */
#include "engine/run/tune/tune_verdict.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *real_or_null(double v)
{
	return isnan(v) ? json_null() : json_real(v);
}

static json_t *arm(const char *label, double median)
{
	return json_pack("{s:s,s:o}", "label", label, "median", real_or_null(median));
}

int pb_tune_write(struct pb_rundir *d, const struct pb_tune_tried *t, struct pb_err *err)
{
	const struct pb_verdict *v = t->verdict;
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:f}", "rule", t->f->rule, "title", t->f->title,
			      "verdict", v->keep ? "kept" : "undone", "reason", v->reason, "goal", "iops",
			      "pairs", (int)t->pairs, "depth", (int)t->depth, "min_effect_pct",
			      100 * PB_TUNE_MIN_EFFECT);
	char *text;
	int rc;

	json_object_set_new(j, "a", arm(t->label[0], v->median_a));
	json_object_set_new(j, "b", arm(t->label[1], v->median_b));
	json_object_set_new(j, "ratio", real_or_null(v->ratio.est));
	json_object_set_new(j, "ratio_lo", real_or_null(v->ratio.lo));
	json_object_set_new(j, "ratio_hi", real_or_null(v->ratio.hi));
	json_object_set_new(j, "p", real_or_null(v->p));
	json_object_set_new(j, "p99_ratio", real_or_null(v->p99_ratio.est));
	json_object_set_new(j, "changes", t->changes);
	json_object_set_new(j, "effect", t->effect);
	json_object_set_new(j, "undo_log", json_string("undo.log"));
	text = json_dumps(j, JSON_INDENT(2) | JSON_SORT_KEYS);
	rc = text ? pb_rundir_put(d, "tune.json", text, strlen(text), err)
		  : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	free(text);
	json_decref(j);
	return rc;
}

void pb_tune_verdict_text(char *buf, size_t size, const char *rule, const struct pb_verdict *v)
{
	const char *word = v->keep ? "kept" : "undone";

	if (isnan(v->ratio.est))
		snprintf(buf, size, "%s: %s: %s", rule, word, v->reason);
	else
		snprintf(buf, size, "%s: B/A %.3f [%.3f..%.3f], p = %.4f: %s: %s", rule, v->ratio.est,
			 v->ratio.lo, v->ratio.hi, v->p, word, v->reason);
}

void pb_tune_add_change(json_t *changes, const char *key, const char *path, const char *old, const char *new,
			const char *read_back)
{
	json_array_append_new(changes, json_pack("{s:s,s:s,s:s,s:s,s:s}", "key", key, "path", path, "old",
						 old, "new", new, "read_back", read_back));
}

void pb_tune_add_effect(json_t *effect, const char *name, const char *what, const char *before,
			const char *after)
{
	json_array_append_new(effect, json_pack("{s:s,s:s,s:s,s:s}", "name", name, "what", what, "before",
						before, "after", after));
}
