/*
 * Reasons for unavailable counters. Only the errors that mean something
 * particular here are explained; the rest is strerror's text.
 */
#include "engine/collectors/reason.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int errnum;
	const char *meaning;
} meanings[] = {
	{ENOENT, "this kernel or hardware does not have it"},
	{EACCES, "missing rights: run as root"},
	{EPERM, "forbidden: missing capability or kernel lockdown"},
	{ESRCH, "the process has ended"},
	{EIO, "only the process that made the VM may ask"},
	{EBUSY, "taken by another user of the counter"},
	{ENODEV, "no such device"},
	{ENOSYS, "the kernel is too old"},
	{EOPNOTSUPP, "not supported by this hardware"},
	{ETIMEDOUT, "no answer in time"},
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
