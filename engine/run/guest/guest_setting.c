/*
 * One setting of a disk in its guest. The agent has the same table and does not take the host's word either.
 */
#include "engine/run/guest/guest_setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"

#define ASK_MS 10000

static bool is_word(const char *text)
{
	return text[0] && strlen(text) < PB_GUEST_VALUE_MAX &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_")];
}

static bool is_number(const char *text, unsigned long lo, unsigned long hi)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	return text[0] && text[0] >= '0' && text[0] <= '9' && !*end && !errno && v >= lo && v <= hi;
}

bool pb_guest_setting_known(const char *key, const char *value)
{
	if (!strcmp(key, "scheduler"))
		return is_word(value);
	if (!strcmp(key, "nr_requests"))
		return is_number(value, 4, 65536);
	if (!strcmp(key, "rq_affinity"))
		return is_number(value, 0, 2);
	return !strcmp(key, "coalescing") && is_number(value, 0, 0xffff);
}

int pb_guest_setting(struct pb_conn *c, const json_t *disk, const char *key, const char *value,
		     char now[PB_GUEST_VALUE_MAX], struct pb_err *err)
{
	json_t *fields = json_pack("{s:O,s:s}", "disk", disk, "key", key), *reply = NULL;
	const char *text;
	int rc;

	if (!fields)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	json_object_set_new(fields, "value", value ? json_string(value) : json_null());
	rc = pb_conn_ask(c, "set", fields, ASK_MS, &reply, err);
	if (rc < 0)
		return rc;
	text = pb_json_str(reply, "value", "");
	if (is_word(text))
		snprintf(now, PB_GUEST_VALUE_MAX, "%s", text);
	else
		rc = pb_fail(err, PB_INVALID, EBADMSG, "the guest's agent says no usable value of %s", key);
	json_decref(reply);
	return rc;
}

void pb_guest_setting_command(char *buf, size_t size, const char *path, const char *key, const char *value)
{
	const char *name = strncmp(path, "/dev/", 5) == 0 ? path + 5 : path;

	if (!strcmp(key, "coalescing"))
		snprintf(buf, size, "nvme set-feature %s -f 8 -V %s", path, value);
	else
		snprintf(buf, size, "echo %s > /sys/block/%s/queue/%s", value, name, key);
}
