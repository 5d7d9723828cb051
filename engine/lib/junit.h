/*
 * JUnit XML as CI systems read it (Jenkins' xUnit schema, GitLab, GitHub's reporters): one suite of test
 * cases, each passed, failed, in error or skipped. Text may come from anywhere: it is escaped, and what
 * XML 1.0 cannot hold is replaced. Runs nothing.
 */
#ifndef PB_LIB_JUNIT_H
#define PB_LIB_JUNIT_H

#include "engine/lib/buf.h"

enum pb_junit_result { PB_JUNIT_PASSED, PB_JUNIT_FAILED, PB_JUNIT_ERROR, PB_JUNIT_SKIPPED };

struct pb_junit {
	const char *name;                /* of the suite; borrowed until pb_junit_end */
	const char *class_name;          /* of the cases added next; borrowed by pb_junit_case */
	const char *timestamp;           /* RFC 3339, or NULL; borrowed */
	struct pb_buf properties, cases; /* private */
	unsigned tests, failures, errors, skipped;
};

/* One fact about the suite: "alpha", "0.02". */
void pb_junit_property(struct pb_junit *j, const char *name, const char *value);
/* message: one line; text: as long as needed, NULL = none. Both are shown for cases that did not pass only.
 */
void pb_junit_case(struct pb_junit *j, const char *name, enum pb_junit_result result, const char *message,
		   const char *text);
/* Appends the whole document to out and frees what j holds. 0 or -ENOMEM. */
int pb_junit_end(struct pb_junit *j, struct pb_buf *out);

#endif
