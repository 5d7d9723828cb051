/*
 * Reading --guest and --attach. Knows the words, not the machine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/guest/guest.h"

const struct pb_guest_kind *const pb_guest_kinds[] = {
#define PB_GUEST(id) &pb_guest_##id,
#include "engine/run/guest/guests.def"
#undef PB_GUEST
	NULL,
};

static int attach_option(struct pb_attach *a, const char *key, const char *value, struct pb_err *err)
{
	static const char *const caches[] = {"none",       "writeback", "writethrough",
					     "directsync", "unsafe",    NULL};
	static const char *const aios[] = {"threads", "native", "io_uring", NULL};
	const char *const *known = !strcmp(key, "cache") ? caches : aios;

	if (!strcmp(key, "iothread")) {
		a->iothread = !strcmp(value, "on");
		if (a->iothread || !strcmp(value, "off"))
			return 0;
		return pb_fail(err, PB_USAGE, EINVAL, "iothread=%s: say on or off", value);
	}
	if (strcmp(key, "cache") != 0 && strcmp(key, "aio") != 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--attach virtio-blk knows cache=, aio=, iothread=, not '%s='", key);
	for (; *known; known++) {
		if (!strcmp(*known, value)) {
			snprintf(known[0] && !strcmp(key, "cache") ? a->cache : a->aio, sizeof(a->aio), "%s",
				 value);
			return 0;
		}
	}
	return pb_fail(err, PB_USAGE, EINVAL, "%s=%s is not one of QEMU's %s modes (%s)", key, value, key,
		       !strcmp(key, "cache") ? "none, writeback, writethrough, directsync, unsafe"
					     : "threads, native, io_uring");
}

/* Calls set for each key=value of a comma list. */
static int each_option(char *list, int (*set)(void *arg, const char *key, char *value, struct pb_err *err),
		       void *arg, struct pb_err *err)
{
	char *save = NULL;

	for (char *item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(item, '=');
		int rc;

		if (!eq || !eq[1])
			return pb_fail(err, PB_USAGE, EINVAL, "'%s' is not key=value", item);
		*eq = '\0';
		rc = set(arg, item, eq + 1, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int set_guest(void *arg, const char *key, char *value, struct pb_err *err)
{
	struct pb_guest_spec *s = arg;
	int rc = s->kind->set_option(s, key, value, err);

	if (rc == -ENOENT && (!err || !err->msg[0]))
		return pb_fail(err, PB_USAGE, EINVAL, "--guest %s knows %s, not '%s='", s->kind->name,
			       s->kind->options, key);
	return rc;
}

static int set_attach(void *arg, const char *key, char *value, struct pb_err *err)
{
	return attach_option(arg, key, value, err);
}

static int parse_attach(struct pb_guest_spec *s, const char *text, struct pb_err *err)
{
	char copy[256], *options;
	int rc = 0;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return pb_fail(err, PB_USAGE, EINVAL, "--attach is too long");
	options = strchr(copy, ',');
	if (options)
		*options++ = '\0';
	if (!strcmp(copy, "vfio")) {
		s->attach.kind = PB_ATTACH_VFIO;
		if (options)
			return pb_fail(err, PB_USAGE, EINVAL,
				       "--attach vfio has no options: cache= and aio= do not exist on a VFIO "
				       "disk's path");
		snprintf(s->attach_text, sizeof(s->attach_text), "vfio");
		return 0;
	}
	if (strcmp(copy, "virtio-blk") != 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--attach %s is not known; say vfio or virtio-blk[,cache=..,aio=..]", copy);
	s->attach.kind = PB_ATTACH_VIRTIO_BLK;
	if (options)
		rc = each_option(options, set_attach, &s->attach, err);
	snprintf(s->attach_text, sizeof(s->attach_text), "virtio-blk,cache=%s,aio=%s,iothread=%s",
		 s->attach.cache, s->attach.aio, s->attach.iothread ? "on" : "off");
	return rc;
}

static int find_kind(struct pb_guest_spec *s, const char *name, struct pb_err *err)
{
	char known[128] = "";

	for (size_t i = 0; pb_guest_kinds[i]; i++) {
		if (!strcmp(pb_guest_kinds[i]->name, name))
			s->kind = pb_guest_kinds[i];
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "",
			 pb_guest_kinds[i]->name);
	}
	if (!s->kind)
		return pb_fail(err, PB_USAGE, EINVAL, "guest '%s' is not known; known guests: %s", name,
			       known);
	return 0;
}

/* What stands between the colon and the first comma, for kinds that have it; *options moves behind it. */
static int take_where(struct pb_guest_spec *s, char **options, struct pb_err *err)
{
	char *where = *options, *comma = where ? strchr(where, ',') : NULL;

	if (!s->kind->where)
		return 0;
	*options = comma ? comma + 1 : NULL;
	if (comma)
		*comma = '\0';
	if (!where || !where[0])
		return pb_fail(err, PB_USAGE, EINVAL, "--guest %s needs to know which: %s:%s", s->kind->name,
			       s->kind->name, s->kind->where);
	return s->kind->set_where(s, where, err);
}

/* Kinds to which nothing can be attached. */
static int refuse_attach(const struct pb_guest_spec *s, struct pb_err *err)
{
	if (s->kind->remote)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--guest %s is an existing guest: its disk is inside already, so there is no "
			       "--attach",
			       s->kind->name);
	return pb_fail(err, PB_USAGE, EINVAL,
		       "--guest %s is the bare-metal baseline: it has no options and no --attach",
		       s->kind->name);
}

int pb_guest_spec_parse(struct pb_guest_spec *s, const char *guest, const char *attach, struct pb_err *err)
{
	char copy[1200], *options;
	int rc;

	memset(s, 0, sizeof(*s));
	s->vcpus = 2;
	s->mem_mib = 1024;
	s->attach = (struct pb_attach){
		.kind = PB_ATTACH_VFIO, .cache = "none", .aio = "io_uring", .iothread = true};
	s->attach_given = attach != NULL;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", guest ? guest : "launch") >= sizeof(copy))
		return pb_fail(err, PB_USAGE, EINVAL, "--guest is too long");
	options = strchr(copy, ':');
	if (options)
		*options++ = '\0';
	rc = find_kind(s, copy, err);
	if (rc < 0)
		return rc;
	if ((options && !s->kind->set_option) || (attach && (s->kind->remote || !s->kind->set_option)))
		return refuse_attach(s, err);
	rc = take_where(s, &options, err);
	if (rc == 0 && options)
		rc = each_option(options, set_guest, s, err);
	if (rc == 0 && s->kind->remote)
		snprintf(s->attach_text, sizeof(s->attach_text), "existing");
	else if (rc == 0)
		rc = parse_attach(s, attach ? attach : "vfio", err);
	return rc;
}

json_t *pb_guest_attach_json(const struct pb_guest_spec *s)
{
	const struct pb_attach *a = &s->attach;
	bool writeback = strcmp(a->cache, "writethrough") && strcmp(a->cache, "directsync");

	/* how the host carries the disk of an existing guest is not known */
	if (s->kind->remote || strcmp(s->kind->path(s), "virtio-blk") != 0)
		return json_null();
	return json_pack("{s:s,s:s,s:b,s:s}", "cache", a->cache, "aio", a->aio, "iothread", a->iothread,
			 "write_cache", writeback ? "write back" : "write through");
}
