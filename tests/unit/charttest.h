/*
 * A run of reporttest.h with its facts, for the tests of one chart's data: the files are written beside the
 * run's own.
 */
#ifndef PB_TESTS_CHARTTEST_H
#define PB_TESTS_CHARTTEST_H

#include "reports/facts.h"
#include "tests/unit/reporttest.h"

struct charttest {
	struct reporttest rep;
	struct pb_facts facts;
};

static inline void chart_open(struct charttest *c, const struct mk_run *m)
{
	struct pb_err err = PB_ERR_INIT;

	rep_open(&c->rep, m);
	if (pb_facts_init(&c->facts, &c->rep.in, &err) < 0)
		fail_msg("%s", err.msg);
}

static inline void chart_close(struct charttest *c)
{
	pb_facts_fini(&c->facts);
	rep_close(&c->rep);
}

/* Writes one chart's data and returns whether there was any. */
static inline bool chart_write(struct charttest *c, int (*write)(bool *any, const struct pb_facts *f,
								 int outfd, struct pb_err *err))
{
	struct pb_err err = PB_ERR_INIT;
	bool any = false;

	if (write(&any, &c->facts, c->rep.dir.fd, &err) < 0)
		fail_msg("%s", err.msg);
	return any;
}

#endif
