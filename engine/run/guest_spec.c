/*
 * Reading --guest and --attach. Knows the words, not the machine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/guest.h"

const struct pb_guest_kind *const pb_guest_kinds[] = {
#define PB_GUEST(id) &pb_guest_##id,
#include "engine/run/guests.def"
#undef PB_GUEST
	NULL,
};

static int parse_mem(const char *text, unsigned *mib, struct pb_err *err)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end == 'G' || *end == 'g') {
		v *= 1024;
		end++;
	} else if (*end == 'M' || *end == 'm') {
		end++;
	}
	if (end == text || *end || v < 256 || v > 1024 * 1024)
		return pb_fail(err, PB_USAGE, EINVAL, "mem=%s is not a size from 256M to 1024G", text);
	*mib = (unsigned)v;
	return 0;
}

static int set_text(char *dst, size_t size, const char *key, const char *value, struct pb_err *err)
{
	if ((size_t)snprintf(dst, size, "%s", value) >= size)
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "%s= is too long", key);
	return 0;
}

/* "cpuset=2-3" holds no comma here: lists are written 2-3 or 2+4. */
static int guest_option(struct pb_guest_spec *s, const char *key, char *value, struct pb_err *err)
{
	char *end;
	unsigned long v;

	if (!strcmp(key, "cpus")) {
		v = strtoul(value, &end, 10);
		if (*end || v < 1 || v > 64)
			return pb_fail(err, PB_USAGE, EINVAL, "cpus=%s is not a number from 1 to 64", value);
		s->vcpus = (unsigned)v;
		return 0;
	}
	if (!strcmp(key, "mem"))
		return parse_mem(value, &s->mem_mib, err);
	if (!strcmp(key, "cpuset")) {
		for (char *p = value; *p; p++)
			*p = *p == '+' ? ',' : *p;
		return set_text(s->cpuset, sizeof(s->cpuset), key, value, err);
	}
	if (!strcmp(key, "kernel"))
		return set_text(s->kernel, sizeof(s->kernel), key, value, err);
	if (!strcmp(key, "modules"))
		return set_text(s->modules, sizeof(s->modules), key, value, err);
	return pb_fail(err, PB_USAGE, EINVAL,
		       "--guest launch knows cpus=, mem=, cpuset=, kernel=, modules=, not '%s='", key);
}

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
	return guest_option(arg, key, value, err);
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

int pb_guest_spec_parse(struct pb_guest_spec *s, const char *guest, const char *attach, struct pb_err *err)
{
	char copy[1200], known[128] = "", *options;
	int rc = 0;

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
	for (size_t i = 0; pb_guest_kinds[i]; i++) {
		if (!strcmp(pb_guest_kinds[i]->name, copy))
			s->kind = pb_guest_kinds[i];
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i ? ", " : "",
			 pb_guest_kinds[i]->name);
	}
	if (!s->kind)
		return pb_fail(err, PB_USAGE, EINVAL, "guest '%s' is not known; known guests: %s", copy,
			       known);
	if (!strcmp(copy, "local") && (options || attach))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--guest local is the bare-metal baseline: it has no options and no --attach");
	if (options)
		rc = each_option(options, set_guest, s, err);
	return rc < 0 ? rc : parse_attach(s, attach ? attach : "vfio", err);
}

json_t *pb_guest_attach_json(const struct pb_guest_spec *s)
{
	const struct pb_attach *a = &s->attach;
	bool writeback = strcmp(a->cache, "writethrough") && strcmp(a->cache, "directsync");

	if (strcmp(s->kind->path(s), "virtio-blk") != 0)
		return json_null();
	return json_pack("{s:s,s:s,s:b,s:s}", "cache", a->cache, "aio", a->aio, "iothread", a->iothread,
			 "write_cache", writeback ? "write back" : "write through");
}
