/*
 * Private to md*.c: risks, checklist, time to restore and changes of the host as markdown.
 */
#ifndef PB_REPORTS_MD_SECTIONS_H
#define PB_REPORTS_MD_SECTIONS_H

#include "reports/facts.h"

/* The head of a table from a COLS_ message: "| depth | off |" and, with ">" for numbers, "|---|--:|". */
void pb_md_columns(struct pb_buf *b, enum pb_message id);
void pb_md_answers(struct pb_buf *b, const struct pb_facts *f);
void pb_md_risks(struct pb_buf *b, const struct pb_facts *f);
void pb_md_checklist(struct pb_buf *b, const struct pb_facts *f);
void pb_md_restore(struct pb_buf *b, const struct pb_facts *f);
void pb_md_changes(struct pb_buf *b, const struct pb_facts *f);

#endif
