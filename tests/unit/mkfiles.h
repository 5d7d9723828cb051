/*
 * Files of a run directory that mkrun.h's model does not have, as text for mk_run.put: counters that grow at
 * a constant rate, per completion or per second, and single facts.
 */
#ifndef PB_TESTS_MKFILES_H
#define PB_TESTS_MKFILES_H

#include <stdlib.h>

#include "tests/unit/mkrun_model.h"

/* Adds a file to the run; text is freed by mkf_free. */
static inline void mkf_put(struct mk_run *m, const char *file, char *text)
{
	for (int i = 0; i < MK_PUT; i++)
		if (!m->put[i].file) {
			m->put[i].file = file;
			m->put[i].text = text;
			return;
		}
	abort(); /* raise MK_PUT */
}

static inline void mkf_free(struct mk_run *m)
{
	for (int i = 0; i < MK_PUT; i++) {
		free((char *)m->put[i].text);
		m->put[i].file = m->put[i].text = NULL;
	}
}

/* One counter column: value = per_io * completions + per_s * seconds. Ends with name NULL. */
struct mkf_col {
	const char *name;
	double per_io, per_s;
	const char *text; /* a constant instead */
};

/*
 * A table of counters: `rows` groups of n rows for each instant, row r having key "PREFIXr" in the first
 * column after t_ns; cols[r] are row r's columns, all with the same names.
 */
static inline char *mkf_counters(const struct mk_run *m, const char *key, const char *const *keys, int rows,
				 const struct mkf_col *const *cols, int64_t tick)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "t_ns,%s", key);
	for (const struct mkf_col *c = cols[0]; c->name; c++)
		fprintf(f, ",%s", c->name);
	fputc('\n', f);
	for (int64_t t = MK_T0; t <= mk_finish(m); t += tick)
		for (int r = 0; r < rows; r++) {
			fprintf(f, "%lld,%s", (long long)t, keys[r]);
			for (const struct mkf_col *c = cols[r]; c->name; c++)
				if (c->text)
					fprintf(f, ",%s", c->text);
				else
					fprintf(f, ",%.0f",
						c->per_io * mk_done(m, t) +
							c->per_s * (double)(t - MK_T0) / 1e9);
			fputc('\n', f);
		}
	fclose(f);
	return text;
}

/* One row of counters for each instant. */
static inline void mkf_one(struct mk_run *m, const char *file, const char *key, const char *value,
			   const struct mkf_col *cols)
{
	mkf_put(m, file, mkf_counters(m, key, &value, 1, &cols, MK_TICK));
}

/* Text as it is. */
static inline void mkf_text(struct mk_run *m, const char *file, const char *text)
{
	mkf_put(m, file, strdup(text));
}

/* host/kvm.csv of the VM, all of it per completion; fail_share: of both vCPUs' time. */
static inline void mkf_kvm(struct mk_run *m, double irq_exits, double halts, double attempted, double success,
			   double fail_share)
{
	const struct mkf_col cols[] = {{"exits", 3, 0, NULL},
				       {"io_exits", 0, 0, NULL},
				       {"mmio_exits", 0, 0, NULL},
				       {"irq_exits", irq_exits, 0, NULL},
				       {"irq_injections", 1, 0, NULL},
				       {"halt_exits", halts, 0, NULL},
				       {"halt_attempted_poll", attempted, 0, NULL},
				       {"halt_successful_poll", success, 0, NULL},
				       {"halt_poll_fail_ns", 0, 2e9 * fail_share, NULL},
				       {NULL, 0, 0, NULL}};

	mkf_one(m, "host/kvm.csv", "scope", "vm", cols);
}

#endif
