/*
 * Picking the table's cells out of the finding: its two lists, merged by depth.
 */
#include "reports/predicted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"

static bool is_prediction(const json_t *params)
{
	return strncmp(pb_json_str(params, "kind", ""), "prediction", 10) == 0;
}

static bool is_vcpus(const json_t *params)
{
	return strcmp(pb_json_str(params, "axis", ""), "vcpus") == 0;
}

const json_t *pb_predicted_of(const struct pb_facts *f, size_t index)
{
	const struct pb_findings *fs = f->in->findings;

	for (size_t i = 0; i < fs->n; i++)
		if (is_prediction(fs->v[i]->params) && index-- == 0)
			return fs->v[i]->params;
	return NULL;
}

enum pb_message pb_predicted_caption(const json_t *params)
{
	if (strcmp(pb_json_str(params, "kind", ""), "prediction-later") == 0)
		return PB_MSG_CAP_PREDICT_LATER;
	return is_vcpus(params) ? PB_MSG_CAP_PREDICT_VCPUS : PB_MSG_CAP_PREDICT;
}

enum pb_message pb_predicted_columns(const json_t *params)
{
	return is_vcpus(params) ? PB_MSG_COLS_PREDICT_VCPUS : PB_MSG_COLS_PREDICT;
}

size_t pb_predicted_rows(const json_t *params)
{
	return json_array_size(json_object_get(params, "check")) +
	       json_array_size(json_object_get(params, "curve"));
}

/* The row-th object of both lists by their axis; a measured one has "measured". Each list is sorted. */
static const json_t *at(const json_t *params, size_t row)
{
	const json_t *check = json_object_get(params, "check"), *curve = json_object_get(params, "curve");
	const char *axis = pb_json_str(params, "axis", "depth");
	size_t i = 0, k = 0;

	for (;; row--) {
		const json_t *a = json_array_get(check, i), *b = json_array_get(curve, k);
		bool first = a && (!b || pb_json_num(a, axis, 0) <= pb_json_num(b, axis, 0));

		if (row == 0)
			return first ? a : b;
		i += first;
		k += !first;
	}
}

struct pb_text pb_predicted_cell(const json_t *params, size_t row, unsigned column)
{
	const json_t *j = at(params, row);
	const json_t *ci = json_object_get(j, json_object_get(j, "predicted") ? "predicted" : "iops");
	double est = pb_json_num(j, "measured", NAN), v[3];

	for (size_t i = 0; i < 3; i++) {
		const json_t *n = json_array_get(ci, i);

		v[i] = json_is_number(n) ? json_number_value(n) : NAN;
	}
	switch (column) {
	case 0:
		return pb_format_num(pb_json_num(j, pb_json_str(params, "axis", "depth"), NAN));
	case 1:
		return pb_format_count(v[0]);
	case 2:
		return pb_format_count_range((struct pb_ci){v[0], v[1], v[2]});
	case 3:
		return pb_format_count(est);
	default:
		return pb_format_pct(100 * (est / v[0] - 1));
	}
}

struct pb_text pb_predicted_error(const json_t *params)
{
	return pb_format_num(100 * pb_json_num(params, "error", NAN));
}
