/*
 * Reasons for unavailable counters. Only the errors that mean something
 * particular here are explained; the rest is strerror's text.
 */
#include "engine/collectors/reason.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/texts.h"

static const struct {
	int errnum;
	const char *meaning;
} meanings[] = {
	{ENOENT, PB_N("this kernel or hardware does not have it")},
	{EACCES, PB_N("missing rights: run as root")},
	{EPERM, PB_N("forbidden: missing capability or kernel lockdown")},
	{ESRCH, PB_N("the process has ended")},
	{EIO, PB_N("only the process that made the VM may ask")},
	{EBUSY, PB_N("taken by another user of the counter")},
	{ENODEV, PB_N("no such device")},
	{ENOSYS, PB_N("the kernel is too old")},
	{EOPNOTSUPP, PB_N("not supported by this hardware")},
	{ETIMEDOUT, PB_N("no answer in time")},
};

int pb_reason(char *why, size_t size, int errnum, const char *what)
{
	const char *name = strerrorname_np(errnum);

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].errnum == errnum) {
			snprintf(why, size, "%s: %s (%s)", what, name ? name : "error", meanings[i].meaning);
			return -errnum;
		}
	snprintf(why, size, "%s: %s", what, strerror(errnum));
	return -errnum;
}
