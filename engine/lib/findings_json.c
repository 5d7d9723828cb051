/*
 * Findings to JSON and back, as findings.json has them. A number that is
 * unknown is null, never left out: readers see every field in every finding.
 */
#include "engine/lib/findings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "engine/lib/rundir.h"

/* The reader makes one allocation for each; a file that lists more was not written by an analyzer. */
#define FINDINGS_MAX 10000

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *instant(int64_t t_ns)
{
	return t_ns == PB_NA ? json_null() : json_integer(t_ns);
}

/*
 * Text as a JSON string. Names in findings come from guests and firmware and need not be UTF-8: what is
 * not becomes question marks, so that one odd byte does not cost the user all findings.
 */
static json_t *text(const char *s)
{
	json_t *j = json_string(s);
	char *ascii;

	if (j)
		return j;
	ascii = strdup(s);
	if (!ascii)
		return NULL;
	for (char *c = ascii; *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	j = json_string(ascii);
	free(ascii);
	return j;
}

static json_t *strings(const struct pb_strv *s)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < s->n; i++) {
		if (json_array_append_new(array, text(s->v[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *evidence_to_json(const struct pb_finding *f)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < f->n_evidence; i++) {
		const struct pb_evidence *e = &f->evidence[i];
		json_t *j = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "file", text(e->file),
				      "column", text(e->column), "t0_ns", instant(e->t0_ns), "t1_ns",
				      instant(e->t1_ns), "value", number(e->value), "threshold",
				      number(e->threshold), "unit", text(e->unit), "text", text(e->text),
				      "source", text(e->source));

		if (json_array_append_new(array, j) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *finding_to_json(const struct pb_finding *f)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:O?}",
			 "rule", text(f->rule), "family", text(f->family), "severity",
			 pb_severity_name(f->severity), "title", text(f->title), "what", text(f->what),
			 "evidence", evidence_to_json(f), "gain", "pct", number(f->gain_pct), "lo_pct",
			 number(f->gain_lo_pct), "hi_pct", number(f->gain_hi_pct), "of", text(f->gain_of),
			 "confidence", text(f->confidence), "risk", text(f->risk), "change_class",
			 text(f->change_class), "apply", strings(&f->apply), "undo", strings(&f->undo),
			 "verify", strings(&f->verify), "missing", strings(&f->missing), "params", f->params);
}

json_t *pb_findings_to_json(const struct pb_findings *fs)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < fs->n; i++) {
		if (json_array_append_new(array, finding_to_json(fs->v[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return json_pack("{s:i, s:o}", "schema", PB_SCHEMA, "findings", array);
}

/* Where a reader is: errors name the finding and the field. */
struct reader {
	size_t finding;
	struct pb_err *err;
};

static int bad_field(const struct reader *rd, const char *key, const char *wanted)
{
	return pb_fail(rd->err, PB_USAGE, EINVAL, "findings: finding %zu: %s must be %s", rd->finding, key,
		       wanted);
}

static int no_memory(const struct reader *rd)
{
	return pb_fail(rd->err, PB_MISSING, ENOMEM, "findings: out of memory");
}

static int get_text(const struct reader *rd, const json_t *j, const char *key, char **field)
{
	const json_t *v = json_object_get(j, key);
	char *copy;

	if (!json_is_string(v))
		return bad_field(rd, key, "text");
	copy = strdup(json_string_value(v));
	if (!copy)
		return no_memory(rd);
	pb_finding_plain(copy);
	free(*field);
	*field = copy;
	return 0;
}

static int get_number(const struct reader *rd, const json_t *j, const char *key, double *field)
{
	const json_t *v = json_object_get(j, key);

	if (!json_is_number(v) && !json_is_null(v))
		return bad_field(rd, key, "a number or null");
	*field = json_is_number(v) ? json_number_value(v) : NAN;
	return 0;
}

static int get_instant(const struct reader *rd, const json_t *j, const char *key, int64_t *field)
{
	const json_t *v = json_object_get(j, key);

	if (!json_is_integer(v) && !json_is_null(v))
		return bad_field(rd, key, "an integer or null");
	*field = json_is_integer(v) ? json_integer_value(v) : PB_NA;
	return 0;
}

static int get_strings(const struct reader *rd, const json_t *j, const char *key, struct pb_strv *field)
{
	const json_t *array = json_object_get(j, key), *v;
	size_t i;

	if (!json_is_array(array))
		return bad_field(rd, key, "an array of text");
	json_array_foreach(array, i, v)
	{
		if (!json_is_string(v))
			return bad_field(rd, key, "an array of text");
		if (pb_strv_add(field, json_string_value(v)))
			return no_memory(rd);
		pb_finding_plain(field->v[field->n - 1]);
	}
	return 0;
}

static int get_severity(const struct reader *rd, const json_t *j, enum pb_severity *field)
{
	const char *name = pb_json_str(j, "severity", "");

	for (int s = PB_SEV_INFO; s <= PB_SEV_CRITICAL; s++) {
		if (strcmp(name, pb_severity_name((enum pb_severity)s)) == 0) {
			*field = (enum pb_severity)s;
			return 0;
		}
	}
	return bad_field(rd, "severity", "info, advice, warning or critical");
}

static int get_params(const struct reader *rd, const json_t *j, struct pb_finding *f)
{
	json_t *v = json_object_get(j, "params");

	if (json_is_null(v))
		return 0;
	if (!json_is_object(v))
		return bad_field(rd, "params", "an object or null");
	f->params = json_incref(v);
	return 0;
}

static int get_evidence(const struct reader *rd, const json_t *j, struct pb_finding *f)
{
	const json_t *array = json_object_get(j, "evidence"), *v;
	struct pb_evidence *e;
	size_t i;
	int rc = 0;

	if (!json_is_array(array))
		return bad_field(rd, "evidence", "an array");
	json_array_foreach(array, i, v)
	{
		e = pb_finding_evidence(f, "", "");
		if (!e)
			return no_memory(rd);
		if ((rc = get_text(rd, v, "file", &e->file)) ||
		    (rc = get_text(rd, v, "column", &e->column)) ||
		    (rc = get_text(rd, v, "unit", &e->unit)) || (rc = get_text(rd, v, "text", &e->text)) ||
		    (rc = get_text(rd, v, "source", &e->source)) ||
		    (rc = get_instant(rd, v, "t0_ns", &e->t0_ns)) ||
		    (rc = get_instant(rd, v, "t1_ns", &e->t1_ns)) ||
		    (rc = get_number(rd, v, "value", &e->value)) ||
		    (rc = get_number(rd, v, "threshold", &e->threshold)))
			return rc;
	}
	return 0;
}

static int get_gain(const struct reader *rd, const json_t *j, struct pb_finding *f)
{
	const json_t *gain = json_object_get(j, "gain");
	int rc;

	if (!json_is_object(gain))
		return bad_field(rd, "gain", "an object");
	if ((rc = get_number(rd, gain, "pct", &f->gain_pct)) ||
	    (rc = get_number(rd, gain, "lo_pct", &f->gain_lo_pct)) ||
	    (rc = get_number(rd, gain, "hi_pct", &f->gain_hi_pct)))
		return rc;
	return get_text(rd, gain, "of", &f->gain_of);
}

static int get_finding(const struct reader *rd, const json_t *j, struct pb_findings *fs)
{
	struct pb_finding *f = pb_finding_new(fs, "", "");
	int rc;

	if (!f)
		return no_memory(rd);
	if ((rc = get_text(rd, j, "rule", &f->rule)) || (rc = get_text(rd, j, "family", &f->family)) ||
	    (rc = get_severity(rd, j, &f->severity)) || (rc = get_text(rd, j, "title", &f->title)) ||
	    (rc = get_text(rd, j, "what", &f->what)) || (rc = get_evidence(rd, j, f)) ||
	    (rc = get_gain(rd, j, f)) || (rc = get_text(rd, j, "confidence", &f->confidence)) ||
	    (rc = get_text(rd, j, "risk", &f->risk)) ||
	    (rc = get_text(rd, j, "change_class", &f->change_class)) ||
	    (rc = get_strings(rd, j, "apply", &f->apply)) || (rc = get_strings(rd, j, "undo", &f->undo)) ||
	    (rc = get_strings(rd, j, "verify", &f->verify)) ||
	    (rc = get_strings(rd, j, "missing", &f->missing)))
		return rc;
	return get_params(rd, j, f);
}

int pb_findings_from_json(struct pb_findings *fs, const json_t *j, struct pb_err *err)
{
	const json_t *array = json_object_get(j, "findings"), *v;
	struct reader rd = {.err = err};
	struct pb_findings new = {0};
	size_t i;
	int rc = 0;

	if (pb_json_i64(j, "schema", 0) != PB_SCHEMA)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "findings: schema must be %d; run `passbench analyze` again", PB_SCHEMA);
	if (!json_is_array(array) || json_array_size(array) > FINDINGS_MAX)
		return pb_fail(err, PB_USAGE, EINVAL, "findings: findings must be an array of at most %d",
			       FINDINGS_MAX);
	json_array_foreach(array, i, v)
	{
		rd.finding = i + 1;
		rc = get_finding(&rd, v, &new);
		if (rc)
			break;
	}
	if (rc)
		pb_findings_fini(&new);
	else
		*fs = new;
	return rc;
}
