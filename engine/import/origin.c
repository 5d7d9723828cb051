/*
 * Writes the manifest's sections as docs/run-directory.md has them; what a file did not tell is null or left
 * out.
 */
#include "engine/import/origin.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#include "engine/lib/json.h"

#define UNAVAILABLE "unavailable: not in what was imported"

static void put_time(json_t *o, const char *key, int64_t ns)
{
	time_t t = (time_t)(ns / 1000000000);
	char text[32];
	struct tm tm;

	if (ns > 0 && gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		pb_json_set_str(o, key, text);
	else
		pb_json_set_str(o, key, NULL);
}

static json_t *collectors(const struct pb_timeline *t)
{
	static const char *const names[PB_TL_KINDS] = {"cpu", "threads", "block"};
	json_t *list = json_array();
	uint64_t all = 0;

	for (int k = 0; k < PB_TL_KINDS; k++)
		all += pb_timeline_rows(t, (enum pb_timeline_kind)k);
	/* A load's result alone has no host whose counters could lack. */
	for (int k = 0; k < PB_TL_KINDS && all; k++) {
		uint64_t rows = pb_timeline_rows(t, (enum pb_timeline_kind)k);

		json_array_append_new(list, json_pack("{s:s,s:s,s:I}", "name", names[k], "status",
						      rows ? "ok" : UNAVAILABLE, "rows", (json_int_t)rows));
	}
	return list;
}

static json_t *warnings(const struct pb_origin *o)
{
	json_t *list = json_array();

	if (o->skipped)
		json_array_append_new(
			list, json_sprintf("%llu lines of the imported files were left out (--lenient)",
					   (unsigned long long)o->skipped));
	for (size_t i = 0; i < o->im->examples.n; i++)
		json_array_append_new(list, json_string(o->im->examples.v[i]));
	for (size_t i = 0; i < o->im->notes.n; i++)
		json_array_append_new(list, json_string(o->im->notes.v[i]));
	return list;
}

static json_t *origin(const struct pb_origin *o)
{
	json_t *j = json_pack("{s:s,s:s,s:O,s:b,s:I}", "tool", o->importer->tool, "title", o->importer->title,
			      "files", o->files, "lenient", o->im->lenient, "skipped_lines",
			      (json_int_t)o->skipped);

	put_time(j, "imported_utc", (int64_t)time(NULL) * 1000000000);
	return j;
}

/* A section of what the files told, with what is the same for all imports. */
static json_t *section(const struct pb_origin *o, const char *name, json_t *base)
{
	json_object_update_missing(base, json_object_get(o->im->facts, name));
	return base;
}

int pb_origin_put(const struct pb_origin *o, json_t *manifest, struct pb_err *err)
{
	size_t cpus = pb_timeline_count(o->im->timeline, PB_TL_CPU);
	json_t *command = json_array(), *host = json_object();
	int rc = 0;

	for (size_t i = 0; i < o->n_command; i++)
		json_array_append_new(command, json_string(o->command[i]));
	if (cpus)
		json_object_set_new(host, "cpus", json_integer((json_int_t)cpus));
	put_time(manifest, "started_utc", o->im->steps.first_ns);
	put_time(manifest, "ended_utc", o->im->steps.last_ns);
	rc |= json_object_set_new(manifest, "command", command);
	rc |= json_object_set_new(manifest, "origin", origin(o));
	rc |= json_object_set_new(manifest, "host", section(o, "host", host));
	rc |= json_object_set_new(
		manifest, "disk",
		section(o, "disk",
			json_pack("{s:s}", "path", o->importer->recording ? "recorded" : "imported")));
	rc |= json_object_set_new(
		manifest, "guest",
		section(o, "guest", json_pack("{s:s,s:s}", "name", PB_IMPORT_GUEST, "kind", "import")));
	rc |= json_object_set_new(manifest, "profile", section(o, "profile", json_object()));
	rc |= json_object_set_new(manifest, "sampling", section(o, "sampling", json_object()));
	rc |= json_object_set_new(manifest, "goal", json_pack("{s:n}", "slo"));
	rc |= json_object_set_new(manifest, "attach", json_null());
	rc |= json_object_set_new(manifest, "environment", json_object());
	rc |= json_object_set_new(manifest, "collectors", collectors(o->im->timeline));
	rc |= json_object_set_new(manifest, "warnings", warnings(o));
	if (isfinite(o->im->steps.failed))
		rc |= json_object_set_new(manifest, "io_errors",
					  json_pack("{s:I,s:i,s:n}", "failed",
						    (json_int_t)fmin(o->im->steps.failed, 9e18), "described",
						    0, "first"));
	return rc ? pb_fail(err, PB_MISSING, ENOMEM, "importing: out of memory") : 0;
}
