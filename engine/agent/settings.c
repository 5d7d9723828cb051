/*
 * The request `set`: a table of settings, each with the form of its values. Journalling, and putting back
 * what was there, is the host's.
 */
#include "engine/agent/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/agent/disks.h"
#include "engine/agent/nvme.h"
#include "engine/agent/requests.h"
#include "engine/lib/json.h"

struct setting {
	const char *key;
	bool word; /* a name; else a number from lo to hi */
	bool nvme; /* feature 08h of the controller; else a file below queue/ */
	long lo, hi;
};

static const struct setting settings[] = {
	{"coalescing", false, true, 0, 0xffff},
	{"nr_requests", false, false, 4, 65536}, /* the kernel itself refuses less than 4 */
	{"rq_affinity", false, false, 0, 2},
	{"scheduler", true, false, 0, 0},
};

static const struct setting *find(const char *key, struct pb_err *err)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!strcmp(settings[i].key, key))
			return &settings[i];
	pb_fail(err, PB_USAGE, EPERM,
		"'%.32s' is not a setting that may be changed; known: coalescing, nr_requests, rq_affinity, "
		"scheduler",
		key);
	return NULL;
}

/* The word in brackets, where the kernel offers a choice. */
static void keep_chosen(char *text)
{
	char *open = strchr(text, '['), *end = open ? strchr(open, ']') : NULL;

	if (!end)
		return;
	*end = '\0';
	memmove(text, open + 1, (size_t)(end - open));
}

static int get(const struct pb_root *root, const char *name, const struct setting *s, char *value,
	       size_t size, struct pb_err *err)
{
	char owner[64], text[256];
	uint32_t feature = 0;
	ssize_t n;
	int rc;

	if (s->nvme) {
		rc = pb_nvme_coalescing(root, name, &feature, err);
		if (rc == 0)
			snprintf(value, size, "%u", feature & 0xffff);
		return rc;
	}
	pb_disks_queue_owner(root, name, owner, sizeof(owner));
	n = pb_root_read(root, text, sizeof(text), "/sys/block/%s/queue/%s", owner, s->key);
	if (n < 0)
		return pb_fail(err, PB_MISSING, (int)-n, "%s of %s cannot be read: %s", s->key, name,
			       strerror((int)-n));
	keep_chosen(text);
	if (strlen(text) >= size)
		return pb_fail(err, PB_MISSING, EMSGSIZE, "%s of %s is too long", s->key, name);
	snprintf(value, size, "%s", text);
	return 0;
}

int pb_settings_get(const struct pb_root *root, const char *name, const char *key, char *value, size_t size,
		    struct pb_err *err)
{
	const struct setting *s = find(key, err);

	return s ? get(root, name, s, value, size, err) : -EPERM;
}

static int check_value(const struct setting *s, const char *value, long *number, struct pb_err *err)
{
	char *end;

	*number = 0;
	if (s->word) {
		if (value[0] && strlen(value) < PB_SETTING_MAX &&
		    !value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-_")])
			return 0;
		return pb_fail(err, PB_USAGE, EINVAL, "%s must be a name", s->key);
	}
	errno = 0;
	*number = strtol(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || errno || *number < s->lo || *number > s->hi)
		return pb_fail(err, PB_USAGE, EINVAL, "%s must be a number from %ld to %ld", s->key, s->lo,
			       s->hi);
	return 0;
}

int pb_settings_set(const struct pb_root *root, const char *name, const char *key, const char *value,
		    struct pb_err *err)
{
	const struct setting *s = find(key, err);
	char owner[64];
	long number;
	int rc = s ? check_value(s, value, &number, err) : -EPERM;

	if (rc < 0)
		return rc;
	if (s->nvme)
		return pb_nvme_coalescing_set(root, name, (uint32_t)number, err);
	pb_disks_queue_owner(root, name, owner, sizeof(owner));
	rc = pb_root_write(root, value, "/sys/block/%s/queue/%s", owner, s->key);
	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "%s of %s does not take %s: %s", s->key, name, value,
				strerror(-rc))
		      : 0;
}

int pb_request_set(struct pb_agent *a, const json_t *req, json_t *reply, struct pb_err *err)
{
	const json_t *wanted = json_object_get(req, "value");
	const char *key = pb_json_str(req, "key", "");
	char old[PB_SETTING_MAX], now[PB_SETTING_MAX];
	json_t *disk = NULL;
	const char *name;
	int rc;

	if (wanted && !json_is_null(wanted) && !json_is_string(wanted))
		return pb_fail(err, PB_USAGE, EINVAL, "value must be text, or null to read");
	rc = pb_disks_find(&a->root, json_object_get(req, "disk"), &disk, err);
	name = pb_json_str(disk, "name", "");
	if (rc == 0)
		rc = pb_settings_get(&a->root, name, key, old, sizeof(old), err);
	if (rc == 0 && json_is_string(wanted))
		rc = pb_settings_set(&a->root, name, key, json_string_value(wanted), err);
	if (rc == 0)
		rc = pb_settings_get(&a->root, name, key, now, sizeof(now), err);
	if (rc == 0) {
		json_object_set_new(reply, "name", json_string(name));
		json_object_set_new(reply, "old", json_string(old));
		json_object_set_new(reply, "value", json_string(now));
	}
	json_decref(disk);
	return rc;
}
