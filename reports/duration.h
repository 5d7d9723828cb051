/*
 * Long times as a person reads them: "4.5 h", "23 min".
 */
#ifndef PB_REPORTS_DURATION_H
#define PB_REPORTS_DURATION_H

#include "reports/format.h"

struct pb_text pb_duration_text(double seconds); /* an en dash when it is not known */
/* "21 – 24 min", both in the unit of the lower one; an en dash when the interval is not known. */
struct pb_text pb_duration_range(struct pb_ci seconds);

#endif
