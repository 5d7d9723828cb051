/*
 * What was measured on what: the manifest in the words of a person.
 */
#ifndef PB_REPORTS_SETUP_H
#define PB_REPORTS_SETUP_H

#include "reports/facts.h"

/* Fills f->name and f->setup from the manifest; a value the manifest lacks is left out. */
void pb_setup_describe(struct pb_facts *f);

#endif
