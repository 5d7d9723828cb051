/*
 * sysstat (Linux): CPUs and disks from sadf -d, sadf -j or what sar prints. The lines' notations are
 * sartext.c's; JSON is read here.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine/import/jsontext.h"
#include "engine/import/sarfields.h"
#include "engine/import/sartext.h"
#include "engine/import/wallclock.h"
#include "engine/lib/json.h"

#define PERCENT_MAX 1e4
#define LARGEST 1e15

static bool is_json(const char *head)
{
	const char *json = pb_jsontext_find(head);

	return json && strstr(json, "\"sysstat\"");
}

static bool detect(const char *head)
{
	return pb_sartext_is_sadf(head) || pb_sartext_is_sar(head) || is_json(head);
}

/* The numbers of an object. 1: the sample was counted as bad. */
static int read_numbers(struct pb_importing *im, struct pb_input *in, size_t sample, const json_t *o,
			enum pb_timeline_kind kind, double *v, bool *has, struct pb_err *err)
{
	for (size_t i = 0; pb_sar_fields[i].text; i++) {
		const char *key = pb_sar_fields[i].json;
		const json_t *cell = json_object_get(o, key);

		has[i] = pb_sar_fields[i].kind == kind && cell;
		v[i] = has[i] && json_is_number(cell) ? json_number_value(cell) : NAN;
		if (v[i] < 0 || v[i] > (pb_sar_fields[i].text[0] == '%' ? PERCENT_MAX : LARGEST))
			return pb_importing_bad(im, in, 0, err, "sample %zu: \"%s\" is %g, which cannot be",
						sample, key, v[i])
				       ?: 1;
	}
	return 0;
}

/* All CPUs or all disks of a sample. */
static int put_list(struct pb_importing *im, struct pb_input *in, size_t sample, const json_t *list,
		    enum pb_timeline_kind kind, int64_t t_ns, struct pb_err *err)
{
	double v[PB_SAR_FIELDS];
	bool has[PB_SAR_FIELDS];
	const json_t *o;
	size_t i;
	int rc = 0;

	json_array_foreach(list, i, o)
	{
		const char *name = pb_json_str(o, kind == PB_TL_CPU ? "cpu" : "disk-device", "");

		if (rc || !pb_sar_wanted(kind, name))
			continue;
		rc = read_numbers(im, in, sample, o, kind, v, has, err);
		if (rc == 0)
			rc = pb_sar_put(im, kind, name, t_ns, v, has, err);
		if (rc == -ETIME)
			rc = pb_importing_bad(im, in, 0, err,
					      "sample %zu: the clock stands still or goes back", sample);
		rc = rc == 1 ? 0 : rc;
	}
	return rc;
}

static int put_sample(struct pb_importing *im, struct pb_input *in, size_t sample, const json_t *o,
		      struct pb_err *err)
{
	const json_t *stamp = json_object_get(o, "timestamp");
	char text[64];
	int64_t t_ns;
	int rc;

	/* Restarts and comments have no stamp of their own. */
	if (!stamp)
		return 0;
	snprintf(text, sizeof(text), "%.31s %.31s", pb_json_str(stamp, "date", ""),
		 pb_json_str(stamp, "time", ""));
	if (!pb_wallclock_sadf(text, &t_ns))
		return pb_importing_bad(im, in, 0, err,
					"sample %zu: '%s' is no time like 2026-11-23 18:20:11", sample, text);
	if (!pb_json_i64(stamp, "utc", 1))
		pb_importing_note(im, "%s has local times without their zone: they were taken for UTC",
				  pb_input_path(in));
	rc = put_list(im, in, sample, json_object_get(o, "cpu-load"), PB_TL_CPU, t_ns, err);
	if (rc == 0)
		rc = put_list(im, in, sample, json_object_get(o, "cpu-load-all"), PB_TL_CPU, t_ns, err);
	return rc ? rc : put_list(im, in, sample, json_object_get(o, "disk"), PB_TL_DISK, t_ns, err);
}

static int put_host(struct pb_importing *im, struct pb_input *in, const json_t *host, struct pb_err *err)
{
	const json_t *o;
	size_t i;
	int rc = 0;

	if (pb_json_str(host, "release", NULL))
		pb_importing_fact(im, "host", "kernel", json_string(pb_json_str(host, "release", "")));
	if (pb_json_str(host, "nodename", NULL))
		pb_importing_fact(im, "host", "name", json_string(pb_json_str(host, "nodename", "")));
	if (pb_json_i64(host, "number-of-cpus", 0) > 0)
		pb_importing_fact(im, "host", "cpus", json_integer(pb_json_i64(host, "number-of-cpus", 0)));
	json_array_foreach(json_object_get(host, "statistics"), i, o)
	{
		if (rc == 0)
			rc = put_sample(im, in, i + 1, o, err);
	}
	return rc;
}

static int read_json(struct pb_importing *im, struct pb_input *in, struct pb_err *err)
{
	const json_t *hosts;
	json_t *doc = NULL;
	unsigned n = 0;
	int rc = pb_jsontext_read(&doc, &n, in, err);

	if (rc)
		return rc;
	hosts = json_object_get(json_object_get(doc, "sysstat"), "hosts");
	if (json_array_size(hosts) != 1)
		rc = pb_fail(err, PB_USAGE, EINVAL, "%s: holds %zu hosts; one is wanted", pb_input_path(in),
			     json_array_size(hosts));
	else
		rc = put_host(im, in, json_array_get(hosts, 0), err);
	json_decref(doc);
	return rc;
}

static int read_sar(struct pb_importing *im, struct pb_input *in, struct pb_err *err)
{
	const char *head = pb_input_head(in);
	bool sadf = pb_sartext_is_sadf(head);

	if (!sadf && is_json(head))
		return read_json(im, in, err);
	if (!sadf && !pb_sartext_is_sar(head))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s: is neither of sadf -d, sadf -j and sar's text with its first line",
			       pb_input_path(in));
	return pb_sartext_read(im, in, sadf, err);
}

const struct pb_importer pb_importer_sar = {
	.name = "sar",
	.help = "sysstat (Linux): CPUs and disks from sadf -d, sadf -j or sar's text",
	.record = "sar -o FILE 1 60; sadf -d FILE -- -u ALL -P ALL -d > sar.csv",
	.tool = "sar",
	.title = "sysstat (sar)",
	.recording = true,
	.detect = detect,
	.read = read_sar,
};
