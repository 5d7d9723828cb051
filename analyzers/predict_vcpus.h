/*
 * Rule predict-vcpus: throughput over the number of submitting vCPUs, from the visits of `poc --vcpus`.
 */
#ifndef PB_ANALYZERS_PREDICT_VCPUS_H
#define PB_ANALYZERS_PREDICT_VCPUS_H

#include "analyzers/pathset.h"
#include "analyzers/predict_fit.h"

/* What was measured, by number of vCPUs, each once. */
struct pb_vcpus {
	struct pb_pathset set;                   /* set.n 0: nothing was */
	unsigned depth, n, arm[PB_PATHSET_ARMS]; /* arms with visits, in order of their vCPUs */
	double host_cpus;                        /* NAN = unknown */
};

/* As pb_pathset_read; fini in any case. */
int pb_vcpus_read(struct pb_vcpus *v, struct pb_run *run, struct pb_err *err);
void pb_vcpus_fini(struct pb_vcpus *v);
/* A point for each number of vCPUs, and the model; false when there are too few. */
bool pb_vcpus_fit(struct pb_fit *f, const struct pb_vcpus *v);
/* May the fitted model be asked about n? Between the measured numbers, and up to twice the largest where the
 * curve has shown how it goes on. */
bool pb_vcpus_may(const struct pb_fit *f, double n);

int pb_rule_predict_vcpus(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
