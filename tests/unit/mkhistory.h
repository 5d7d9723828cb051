/*
 * Histories for tests, from runs that need no run directory: run n started on day n and has two numbers.
 */
#ifndef PB_TESTS_MKHISTORY_H
#define PB_TESTS_MKHISTORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/history/entry.h"
#include "engine/history/insert.h"
#include "engine/history/past.h"

#define MK_IDENTITY "{\"disk serial\":\"S1\",\"profile\":\"randread-4k\"}"
#define MK_KERNEL(version) "{\"QEMU\":\"10.0\",\"host kernel\":\"" version "\"}"

static inline void mk_entry(struct pb_entry *e, unsigned n, double iops, const char *environment)
{
	*e = (struct pb_entry){.dir = strdup("/runs/x"),
			       .name = strdup("S1 randread-4k vfio"),
			       .identity = strdup(MK_IDENTITY),
			       .environment = strdup(environment ? environment : MK_KERNEL("6.1"))};
	snprintf(e->manifest, sizeof(e->manifest), "%064u", n);
	snprintf(e->started_utc, sizeof(e->started_utc), "20%02u-%02u-%02uT00:00:00Z", n / 336 % 100,
		 n / 28 % 12 + 1, n % 28 + 1);
	e->metrics.v = calloc(2, sizeof(*e->metrics.v));
	e->metrics.n = 2;
	e->metrics.v[0] = (struct pb_metric){
		.name = strdup("iops@16"), .unit = "1/s", .higher_is_better = true, .value = iops};
	e->metrics.v[1] =
		(struct pb_metric){.name = strdup("lat_p99@16"), .unit = "ns", .value = 16e9 / iops};
}

/* Adds to an open store; the series of its identity, no label. */
static inline int mk_insert(struct pb_store *s, unsigned n, double iops, const char *environment,
			    struct pb_err *err)
{
	struct pb_inserted done;
	struct pb_entry e;
	int rc;

	mk_entry(&e, n, iops, environment);
	rc = pb_insert_run(s, &e, NULL, "", &done, err);
	pb_entry_fini(&e);
	return rc;
}

/* A whole addition: open, insert, commit. */
static inline int mk_add(const char *path, unsigned n, double iops, struct pb_err *err)
{
	struct pb_store s = {.db = NULL};
	int rc = pb_store_open(&s, path, PB_STORE_WRITE, err);

	if (rc == 0)
		rc = mk_insert(&s, n, iops, NULL, err);
	if (rc == 0)
		return pb_store_commit(&s, err);
	pb_store_close(&s);
	return rc;
}

/* Runs first..last in one transaction: iops 1000 with a ripple of 1%, halved from run `step` on. */
static inline int mk_history(const char *path, unsigned first, unsigned last, unsigned step)
{
	struct pb_store s = {.db = NULL};
	int rc = pb_store_open(&s, path, PB_STORE_WRITE, NULL);

	for (unsigned n = first; n <= last && rc == 0; n++)
		rc = mk_insert(&s, n, (n < step ? 1000 : 500) * (1 + 0.01 * (n * 7 % 10) / 10.0),
			       n < step ? NULL : MK_KERNEL("6.12"), NULL);
	if (rc == 0)
		return pb_store_commit(&s, NULL);
	pb_store_close(&s);
	return rc;
}

#endif
