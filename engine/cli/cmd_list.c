/*
 * passbench list: prints the tables, so the help cannot drift from the code.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/analyzer.h"
#include "engine/cli/cli.h"
#include "engine/collectors/collector.h"
#include "engine/collectors/counting.h"
#include "engine/import/importer.h"
#include "engine/ioengine/backends.h"
#include "engine/lab/scenario.h"
#include "engine/lib/guest_sources.h"
#include "engine/lib/profile.h"
#include "engine/run/tune/action.h"
#include "engine/run/guest/guest.h"
#include "engine/run/guest/transport.h"
#include "reports/report.h"

static void row(json_t *out, const char *name, const char *help, const char *more)
{
	json_array_append_new(out, json_pack("{s:s,s:s,s:s}", "name", name, "help", help, "more", more));
}

static int list_collectors(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_collectors[i]; i++)
		row(out, pb_collectors[i]->name, pb_collectors[i]->help, pb_collectors[i]->source);
	return 0;
}

static int list_analyzers(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_analyzers[i]; i++)
		row(out, pb_analyzers[i]->name, pb_analyzers[i]->help, "");
	return 0;
}

static int list_actions(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_actions[i]; i++)
		row(out, pb_actions[i]->kind, pb_actions[i]->help, "");
	return 0;
}

static int list_backends(json_t *out, struct pb_err *err)
{
	(void)err;
#define PB_BACKEND(id) row(out, #id, PB_BACKEND_HELP_##id, "");
#include "engine/ioengine/backends.def"
#undef PB_BACKEND
	return 0;
}

/* Each group is tried, as the pmu collector would. */
static int list_counters(json_t *out, struct pb_err *err)
{
	struct pb_strv names = {0};
	struct pb_root root;
	struct pb_counting c;
	char why[200], more[256];
	int rc = pb_root_open(&root, NULL, err);

	if (rc)
		return rc;
	rc = pb_counters_names(&names, err);
	for (size_t i = 0; i < names.n && rc == 0; i++) {
		if (pb_counting_prepare(&c, &root, names.v[i], false, why, sizeof(why)) < 0)
			snprintf(more, sizeof(more), "not here: %s", why);
		else
			snprintf(more, sizeof(more), "%s%s%s",
				 c.g.preset ? "counted by default" : "--counters", why[0] ? ", " : "", why);
		row(out, names.v[i], c.g.title, more);
	}
	pb_strv_fini(&names);
	pb_root_close(&root);
	return rc;
}

static int list_importers(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_importers[i]; i++)
		row(out, pb_importers[i]->name, pb_importers[i]->help, pb_importers[i]->record);
	return 0;
}

static int list_rules(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_analyzers[i]; i++)
		for (const struct pb_rule *r = pb_analyzers[i]->rules; r->id; r++)
			row(out, r->id, r->help, r->paths);
	return 0;
}

static int list_reports(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_reports[i]; i++)
		row(out, pb_reports[i]->name, pb_reports[i]->help, pb_reports[i]->file);
	return 0;
}

static int list_guests(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_guest_kinds[i]; i++)
		row(out, pb_guest_kinds[i]->name, pb_guest_kinds[i]->help, "");
	return 0;
}

static int list_sources(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; i < PB_GUEST_SOURCES; i++)
		row(out, pb_guest_sources[i].name, pb_guest_sources[i].help, pb_guest_sources[i].source);
	return 0;
}

static int list_transports(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_transports[i]; i++)
		row(out, pb_transports[i]->name, pb_transports[i]->help, "");
	return 0;
}

static int list_scenarios(json_t *out, struct pb_err *err)
{
	(void)err;
	for (size_t i = 0; pb_scenarios[i].name; i++)
		row(out, pb_scenarios[i].name, pb_scenarios[i].help, "");
	return 0;
}

static int list_profiles(json_t *out, struct pb_err *err)
{
	struct pb_strv names = {0};
	struct pb_profile p;
	int rc = pb_profile_names(&names, err);

	for (size_t i = 0; i < names.n && rc == 0; i++) {
		rc = pb_profile_load(&p, names.v[i], err);
		if (rc == 0)
			row(out, names.v[i], p.title, p.writes ? "writes" : "reads only");
		pb_profile_fini(&p);
	}
	pb_strv_fini(&names);
	return rc;
}

static const struct {
	const char *name;
	int (*fill)(json_t *out, struct pb_err *err);
} lists[] = {
	{"actions", list_actions},       {"analyzers", list_analyzers}, {"backends", list_backends},
	{"collectors", list_collectors}, {"counters", list_counters},   {"guests", list_guests},
	{"guest-sources", list_sources}, {"importers", list_importers}, {"profiles", list_profiles},
	{"reports", list_reports},       {"rules", list_rules},         {"scenarios", list_scenarios},
	{"transports", list_transports},
};
#define N_LISTS (sizeof(lists) / sizeof(lists[0]))

static void print_rows(const json_t *rows)
{
	const json_t *r;
	size_t i;

	json_array_foreach(rows, i, r)
	{
		const char *more = json_string_value(json_object_get(r, "more"));

		printf("  %-16s %s%s%s%s\n", json_string_value(json_object_get(r, "name")),
		       json_string_value(json_object_get(r, "help")), more[0] ? " (" : "", more,
		       more[0] ? ")" : "");
	}
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {{0}};
	json_t *all = json_object();
	bool found = false;
	char **rest, known[256] = "";
	int n, rc = pb_options_parse(cli, argc, argv, "[WHAT]", opts, 0, 1, &rest, &n, err);

	for (size_t i = 0; i < N_LISTS && rc == 0; i++) {
		json_t *rows = json_array();

		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "",
			 lists[i].name);
		if (n == 0 || !strcmp(rest[0], lists[i].name)) {
			found = true;
			rc = lists[i].fill(rows, err);
			if (!cli->json) {
				printf("%s:\n", lists[i].name);
				print_rows(rows);
			}
			json_object_set(all, lists[i].name, rows);
		}
		json_decref(rows);
	}
	if (rc == 0 && !found)
		rc = pb_fail(err, PB_USAGE, EINVAL, "there is no list '%s'; known: %s", rest[0], known);
	if (rc == 0 && cli->json) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(all);
	return rc;
}

const struct pb_command pb_command_list = {"list", "what exists: collectors, rules, profiles, reports, ...",
					   run};
