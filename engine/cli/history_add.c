/*
 * history add: reads run directories, then puts all of them into the database or none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/cli/history_verbs.h"
#include "engine/history/entry.h"
#include "engine/history/insert.h"

static void report_added(const struct pb_history_request *q, const char *dir, const struct pb_entry *e,
			 const struct pb_inserted *done, json_t *list)
{
	if (q->cli->json)
		json_array_append_new(list, json_pack("{s:s,s:I,s:s,s:b}", "dir", e->dir, "run",
						      (json_int_t)done->run, "series", done->series, "added",
						      !done->known));
	else if (done->known)
		printf("%s is run %lld of series '%s' already; nothing added\n", dir, (long long)done->run,
		       done->series);
	else
		printf("%s: run %lld of %sseries '%s'%s%s\n", dir, (long long)done->run,
		       done->new_series ? "the new " : "", done->series,
		       done->differs[0] ? "; not comparable with the series before: " : "", done->differs);
}

/* All or none: one transaction. */
static int add_entries(struct pb_history_request *q, const struct pb_entry *e, struct pb_inserted *done,
		       struct pb_err *err)
{
	struct pb_store s = {.db = NULL};
	int rc = pb_store_open(&s, q->path, PB_STORE_WRITE, err);

	for (int i = 0; i < q->n && rc == 0; i++)
		rc = pb_insert_run(&s, &e[i], q->series, q->label ? q->label : "", &done[i], err);
	if (rc == 0)
		return pb_store_commit(&s, err);
	pb_store_close(&s);
	return rc;
}

/* Directories are read and hashed before the database is locked: others may be waiting for it. */
static int read_entries(struct pb_history_request *q, struct pb_entry *e, struct pb_err *err)
{
	struct pb_ui_work work;
	int rc = 0;

	pb_ui_work_begin(&work, &q->cli->ui, 0);
	for (int i = 0; i < q->n && rc == 0; i++) {
		pb_ui_work_show(&work, i, q->n, "reading %s", q->rest[i]);
		rc = pb_entry_read(&e[i], q->rest[i], err);
	}
	pb_ui_work_end(&work);
	return rc;
}

int pb_history_add(struct pb_history_request *q, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {
		PB_HISTORY_DB,
		PB_HISTORY_SERIES("add to this series (default: the one of such runs, made when needed)"),
		{.name = "label",
		 .arg = "TEXT",
		 .help = "what was measured: a commit, a version",
		 .text = &q->label},
		{0},
	};
	struct pb_inserted *done;
	struct pb_entry *e;
	int rc = pb_history_parse(q, argc, argv, "DIR..", opts, 1, 100000, true, err);

	if (rc != 0)
		return rc;
	e = calloc((size_t)q->n, sizeof(*e));
	done = calloc((size_t)q->n, sizeof(*done));
	rc = e && done ? read_entries(q, e, err) : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	if (rc == 0)
		rc = add_entries(q, e, done, err);
	if (rc == 0) {
		json_t *list = json_array();

		for (int i = 0; i < q->n; i++)
			report_added(q, q->rest[i], &e[i], &done[i], list);
		if (q->cli->json)
			rc = pb_history_put_json(json_incref(list), err);
		json_decref(list);
	}
	for (int i = 0; e && i < q->n; i++)
		pb_entry_fini(&e[i]);
	free(e);
	free(done);
	return rc;
}
