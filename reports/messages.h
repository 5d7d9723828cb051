/*
 * The sentences of the reports by id, so that a language is a table and not logic.
 */
#ifndef PB_REPORTS_MESSAGES_H
#define PB_REPORTS_MESSAGES_H

#define PB_MESSAGE(id, en) PB_MSG_##id,
enum pb_message {
#include "reports/messages.def"
	PB_MSG_COUNT
};
#undef PB_MESSAGE

/* The text in the language of the report (lang.h), in the form pb_escape_fmt takes. Plain text: no markup in
 * it. Borrowed, never NULL. */
const char *pb_messages_get(enum pb_message id);

#endif
