/*
 * Picking the table's cells out of the finding.
 */
#include "reports/iocost.h"

#include <math.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/escape.h"

#define RULE "attribution"
#define COUNTED "link_counted"
#define ESTIMATE "link_estimate"

static const char *const keys[PB_IOCOST_COLUMNS] = {
	"depth",   "ios_s",       "guest_irqs", "host_irqs", "exits",    "injections",
	"vcpu_us", "iothread_us", "qemu_us",    "irq_us",    "switches", ESTIMATE,
};

const json_t *pb_iocost_of(const struct pb_facts *f)
{
	const struct pb_findings *fs = f->in->findings;
	size_t i;

	for (i = 0; i < fs->n; i++)
		if (!strcmp(fs->v[i]->rule, RULE) &&
		    !strcmp(pb_json_str(fs->v[i]->params, "kind", ""), "io-cost"))
			return fs->v[i]->params;
	return NULL;
}

size_t pb_iocost_rows(const json_t *params)
{
	return json_array_size(json_object_get(params, "steps"));
}

static double number(const json_t *params, size_t row, const char *key)
{
	return pb_json_num(json_array_get(json_object_get(params, "steps"), row), key, NAN);
}

static struct pb_text estimated(struct pb_text number_text)
{
	struct pb_buf b = {0};

	pb_escape_fmt(&b, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_ESTIMATED), number_text.s);
	snprintf(number_text.s, sizeof(number_text.s), "%s", b.data ? b.data : "");
	pb_buf_fini(&b);
	return number_text;
}

struct pb_text pb_iocost_cell(const json_t *params, size_t row, unsigned column)
{
	double v = number(params, row, keys[column]), counted = number(params, row, COUNTED);
	struct pb_text t = column == 1 ? pb_format_count(v) : pb_format_num(v);

	if (strcmp(keys[column], ESTIMATE) != 0)
		return t;
	if (isfinite(counted))
		return pb_format_num(counted);
	return isfinite(v) ? estimated(t) : t;
}

void pb_iocost_missing(const json_t *params, struct pb_strv *out)
{
	const json_t *missing = json_object_get(params, "missing");
	const char *why;
	unsigned i;

	for (i = 0; i < PB_IOCOST_COLUMNS; i++) {
		why = pb_json_str(missing, keys[i], NULL);
		if (why)
			pb_strv_addf(out, "%s: %s", keys[i], why);
	}
}
