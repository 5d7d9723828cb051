/*
 * The undo log's changes inside a guest. Key: "GUEST /dev/DISK SETTING". While the session lives its own
 * conversation is used; who comes later reaches a guest that lives on anew, and when that fails says what to
 * type there. A micro guest takes its settings along.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/run/guest/guest.h"
#include "engine/run/guest/guest_setting.h"
#include "engine/run/host/undo.h"
#include "engine/run/host/undo_ops.h"

struct place {
	char guest[256], path[64], setting[32];
};

/* Neither path nor setting holds a blank; the guest's text may. */
static int parse(struct place *p, const char *key, struct pb_err *err)
{
	const char *setting = strrchr(key, ' '), *path = setting;

	while (path && path > key && path[-1] != ' ')
		path--;
	if (!path || path == key || path == setting || setting - path >= (int)sizeof(p->path) ||
	    strlen(setting + 1) >= sizeof(p->setting))
		return pb_fail(err, PB_USAGE, EINVAL, "'%s' names no setting of a guest", key);
	snprintf(p->guest, sizeof(p->guest), "%.*s", (int)(path - 1 - key), key);
	snprintf(p->path, sizeof(p->path), "%.*s", (int)(setting - path), path);
	snprintf(p->setting, sizeof(p->setting), "%s", setting + 1);
	return 0;
}

int pb_change_guest_read(const struct pb_root *root, struct pb_change *c, struct pb_err *err)
{
	struct place p;
	int rc = parse(&p, c->key, err);

	(void)root;
	if (rc == 0 && !c->link)
		rc = pb_fail(err, PB_MISSING, ENOTCONN, "no guest answers: %s cannot be read", p.setting);
	return rc < 0 ? rc : pb_guest_setting(c->link->conn, c->link->disk, p.setting, NULL, c->old, err);
}

/* A value that stands already is not written: a disk that refuses the feature refuses the way back as well.
 */
static int write_it(struct pb_conn *conn, const json_t *disk, const struct place *p, const char *value,
		    struct pb_err *err)
{
	char now[PB_GUEST_VALUE_MAX];
	int rc = pb_guest_setting(conn, disk, p->setting, NULL, now, err);

	if (rc == 0 && strcmp(now, value) != 0)
		rc = pb_guest_setting(conn, disk, p->setting, value, now, err);
	if (rc == 0 && strcmp(now, value) != 0)
		rc = pb_fail(err, PB_MISSING, EIO,
			     "%s of %s in the guest reads '%s' after writing '%s': the guest did not take it",
			     p->setting, p->path, now, value);
	return rc;
}

/* A conversation of its own with a guest that exists. */
static int reach(const struct pb_root *root, const struct pb_guest_spec *spec, const struct place *p,
		 const char *value, struct pb_err *err)
{
	const struct pb_disk none = {0};
	struct pb_guest g = {.spec = spec, .root = root, .disk = &none, .workdir = "/tmp", .readonly = true};
	json_t *disk = json_pack("{s:s}", "path", p->path);
	int rc = disk ? spec->kind->start(&g, err) : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");

	if (rc == 0)
		rc = write_it(&g.conn, disk, p, value, err);
	spec->kind->stop(&g);
	json_decref(disk);
	return rc;
}

int pb_change_guest_set(const struct pb_root *root, const struct pb_change *c, const char *value,
			struct pb_err *err)
{
	struct pb_guest_spec spec;
	struct pb_err why = PB_ERR_INIT;
	char command[160];
	struct place p;
	int rc = parse(&p, c->key, err);

	if (rc < 0)
		return rc;
	if (!pb_guest_setting_known(p.setting, value))
		return pb_fail(err, PB_USAGE, EINVAL, "%s=%s is no setting that passbench changes", p.setting,
			       value);
	if (c->link)
		return write_it(c->link->conn, c->link->disk, &p, value, err);
	rc = pb_guest_spec_parse(&spec, p.guest, NULL, err);
	if (rc < 0)
		return rc;
	if (!strcmp(spec.kind->name, "launch"))
		return -ENOENT; /* it has ended, and its settings with it */
	rc = reach(root, &spec, &p, value, &why);
	pb_guest_setting_command(command, sizeof(command), p.path, p.setting, value);
	return rc < 0 ? pb_fail(err, PB_MISSING, rc == -ENOENT ? EIO : -rc, "%s; in the guest %s, type: %s",
				why.msg, p.guest, command)
		      : 0;
}
