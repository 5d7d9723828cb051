/*
 * The message table, filled from messages.def. Other languages are catalogues, found by the English text.
 */
#include "reports/lang.h"
#include "reports/messages.h"

#define PB_MESSAGE(id, en) en,
static const char *const english[PB_MSG_COUNT] = {
#include "reports/messages.def"
};
#undef PB_MESSAGE

const char *pb_messages_get(enum pb_message id)
{
	return (unsigned)id < PB_MSG_COUNT ? pb_lang_message(english[id]) : "";
}
