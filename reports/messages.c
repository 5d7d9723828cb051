/*
 * The message table, filled from messages.def.
 */
#include "reports/messages.h"

#define PB_MESSAGE(id, en) en,
static const char *const english[PB_MSG_COUNT] = {
#include "reports/messages.def"
};
#undef PB_MESSAGE

const char *pb_messages_get(enum pb_message id)
{
	return (unsigned)id < PB_MSG_COUNT ? english[id] : "";
}
