/*
 * The undo log: an append-only file of JSON lines. A change is one line
 * {seq, boot, kind, key, name, old, new}; what became of it is a later line
 * {seq, done: "undone" | "kept"}. A torn last line is a change that was never
 * made, because the line is fsynced first. What a change does is undo_ops.c's.
 */
#include "engine/run/host/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lib/json.h"
#include "engine/run/host/pin.h"
#include "engine/run/host/undo_ops.h"

#define JOURNALS "/run/passbench/journals"
#define MAX_LINE 4096

enum change_state { STANDING, KEPT, UNDONE };

struct entry {
	struct pb_change c;
	unsigned seq;
	enum change_state state;
};

struct pb_undo {
	const struct pb_root *root;
	int fd;
	char path[PATH_MAX], link[PATH_MAX], boot[64];
	struct entry *v;
	size_t n, cap;
	unsigned next_seq;
	const struct pb_guest_link *guest; /* NULL = none answers */
};

static void boot_id(const struct pb_root *root, char *buf, size_t size)
{
	if (pb_root_read(root, buf, size, "/proc/sys/kernel/random/boot_id") < 0)
		snprintf(buf, size, "-");
}

static struct entry *entry_add(struct pb_undo *u)
{
	if (u->n == u->cap) {
		size_t cap = u->cap ? 2 * u->cap : 16;
		struct entry *v = realloc(u->v, cap * sizeof(*v));

		if (!v)
			return NULL;
		u->v = v;
		u->cap = cap;
	}
	memset(&u->v[u->n], 0, sizeof(u->v[0]));
	return &u->v[u->n++];
}

static struct entry *entry_find(struct pb_undo *u, unsigned seq)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->v[i].seq == seq)
			return &u->v[i];
	return NULL;
}

/* 1: torn, the change was not made. */
static int load_line(struct pb_undo *u, const char *line, size_t len)
{
	struct entry *e;
	json_t *j = NULL;
	const char *done;
	unsigned seq;

	if (pb_json_parse(&j, line, len, "undo log", NULL) < 0)
		return 1;
	seq = (unsigned)pb_json_i64(j, "seq", 0);
	done = pb_json_str(j, "done", NULL);
	e = entry_find(u, seq);
	if (done && e) {
		e->state = !strcmp(done, "kept") ? KEPT : UNDONE;
	} else if (!done && !e && seq) {
		e = entry_add(u);
		if (!e) {
			json_decref(j);
			return -ENOMEM;
		}
		e->seq = seq;
		snprintf(e->c.kind, sizeof(e->c.kind), "%s", pb_json_str(j, "kind", ""));
		snprintf(e->c.key, sizeof(e->c.key), "%s", pb_json_str(j, "key", ""));
		snprintf(e->c.name, sizeof(e->c.name), "%s", pb_json_str(j, "name", ""));
		snprintf(e->c.old, sizeof(e->c.old), "%s", pb_json_str(j, "old", ""));
		snprintf(e->c.new, sizeof(e->c.new), "%s", pb_json_str(j, "new", ""));
		if (strcmp(pb_json_str(j, "boot", ""), u->boot) != 0)
			e->state = UNDONE; /* nothing we change survives a reboot */
	}
	if (seq >= u->next_seq)
		u->next_seq = seq + 1;
	json_decref(j);
	return 0;
}

static int load(struct pb_undo *u, struct pb_err *err)
{
	FILE *f = fdopen(dup(u->fd), "r");
	char line[MAX_LINE];
	off_t whole = 0, read = 0; /* bytes up to the last end of a line, and up to here */
	size_t len = 0;
	int rc = 0;

	if (!f)
		return pb_fail(err, PB_MISSING, errno, "cannot read %s: %s", u->path, strerror(errno));
	while (rc >= 0 && fgets(line, sizeof(line), f)) {
		len = strlen(line);
		read += (off_t)len;
		rc = load_line(u, line, len);
		if (line[len - 1] == '\n')
			whole = read;
	}
	fclose(f);
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "cannot read %s: %s", u->path, strerror(-rc));
	/* What is torn goes: that works on a full disk, too, and what follows must begin a line. */
	if (whole < read && (rc == 1 ? ftruncate(u->fd, whole) : write(u->fd, "\n", 1) - 1) != 0)
		return pb_fail(err, PB_MISSING, errno, "cannot write %s: %s", u->path, strerror(errno));
	return 0;
}

/* One line, on the disk when this returns, or nothing of it. what: of the change, for the message. */
static int append(struct pb_undo *u, json_t *j, const char *what, struct pb_err *err)
{
	char *text = j ? json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	size_t len = text ? strlen(text) : 0;
	off_t before = lseek(u->fd, 0, SEEK_END);
	ssize_t n;
	int rc = 0;

	json_decref(j);
	if (!text)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	text[len] = '\n'; /* dumps leaves room for its NUL only: written with the length below */
	n = write(u->fd, text, len + 1);
	if (n >= 0 && n < (ssize_t)(len + 1))
		rc = -ENOSPC; /* a disk that is just full takes a part */
	else if (n < 0 || fdatasync(u->fd) < 0)
		rc = -errno;
	/* half a line would swallow the next one */
	if (rc < 0 && before >= 0 && ftruncate(u->fd, before) < 0)
		rc = -errno;
	if (rc < 0)
		pb_fail(err, PB_MISSING, -rc, "cannot write %s: %s; %s", u->path, strerror(-rc), what);
	free(text);
	return rc;
}

static int append_done(struct pb_undo *u, struct entry *e, enum change_state state, struct pb_err *err)
{
	int rc = append(u,
			json_pack("{s:i,s:s}", "seq", (int)e->seq, "done", state == KEPT ? "kept" : "undone"),
			state == KEPT ? "the change stands, but is not noted as kept"
				      : "the change was taken back, but that is not noted",
			err);

	if (rc == 0)
		e->state = state;
	return rc;
}

/* /run/passbench/journals/<inode of the log>: a link to it, there while changes may stand. */
static int register_log(struct pb_undo *u, struct pb_err *err)
{
	struct stat st;

	if (!u->root->live)
		return 0; /* a recorded machine has no next run to warn */
	mkdir("/run/passbench", 0700);
	if ((mkdir(JOURNALS, 0700) < 0 && errno != EEXIST) || fstat(u->fd, &st) < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", JOURNALS, strerror(errno));
	snprintf(u->link, sizeof(u->link), JOURNALS "/%lx-%lx", (unsigned long)st.st_dev,
		 (unsigned long)st.st_ino);
	if (symlink(u->path, u->link) < 0 && errno != EEXIST)
		return pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", u->link, strerror(errno));
	return 0;
}

static int open_log(struct pb_undo **out, const struct pb_root *root, const char *path, int flags,
		    struct pb_err *err)
{
	struct pb_undo *u = calloc(1, sizeof(*u));
	int rc;

	if (!u)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	u->root = root;
	u->next_seq = 1;
	boot_id(root, u->boot, sizeof(u->boot));
	u->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600);
	if (u->fd < 0) {
		rc = -errno;
		free(u);
		return rc == -ENOENT
			       ? rc
			       : pb_fail(err, PB_MISSING, -rc, "cannot open %s: %s", path, strerror(-rc));
	}
	if (flock(u->fd, LOCK_EX | LOCK_NB) < 0) {
		rc = pb_fail(err, PB_UNSAFE, EBUSY,
			     "%s belongs to a passbench that is still running; let it end first", path);
	} else {
		if (!realpath(path, u->path))
			snprintf(u->path, sizeof(u->path), "%s", path);
		rc = load(u, err);
	}
	if (rc < 0) {
		close(u->fd);
		free(u->v);
		free(u);
		return rc;
	}
	*out = u;
	return 0;
}

int pb_undo_open(struct pb_undo **u, const struct pb_root *root, const char *path, struct pb_err *err)
{
	int rc = open_log(u, root, path, O_CREAT, err);

	if (rc == -ENOENT)
		return pb_fail(err, PB_MISSING, ENOENT, "cannot make %s: its folder does not exist", path);
	if (rc == 0 && *u)
		rc = register_log(*u, err);
	if (rc < 0 && *u) {
		pb_undo_close(*u);
		*u = NULL;
	}
	return rc;
}

unsigned pb_undo_standing(const struct pb_undo *u)
{
	unsigned n = 0;

	for (size_t i = 0; i < u->n; i++)
		n += u->v[i].state == STANDING;
	return n;
}

void pb_undo_close(struct pb_undo *u)
{
	if (!u)
		return;
	if (u->link[0] && pb_undo_standing(u) == 0)
		unlink(u->link);
	close(u->fd);
	free(u->v);
	free(u);
}

static int change(struct pb_undo *u, const struct pb_change *wanted, struct pb_err *err)
{
	const struct pb_change_kind *kind = pb_change_kind(wanted->kind);
	struct pb_change c = *wanted;
	struct entry *e;
	int rc;

	c.link = u->guest;
	rc = kind->read(u->root, &c, err);

	if (rc < 0)
		return rc;
	if (!strcmp(c.old, c.new))
		return 0;
	rc = append(u,
		    json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s}", "seq", (int)u->next_seq, "boot", u->boot,
			      "kind", c.kind, "key", c.key, "name", c.name, "old", c.old, "new", c.new),
		    "nothing was changed", err);
	if (rc < 0)
		return rc;
	e = entry_add(u);
	if (!e)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	e->c = c;
	e->seq = u->next_seq++;
	rc = kind->set(u->root, &c, c.new, err);
	if (rc == -ENOENT)
		return pb_fail(err, PB_MISSING, ENOENT, "%s %s went away while it was being changed", c.key,
			       c.name);
	return rc;
}

static int change_of(struct pb_undo *u, const char *kind, const char *key, const char *name,
		     const char *value, struct pb_err *err)
{
	struct pb_change c = {0};

	snprintf(c.kind, sizeof(c.kind), "%s", kind);
	if ((size_t)snprintf(c.key, sizeof(c.key), "%s", key) >= sizeof(c.key) ||
	    (size_t)snprintf(c.name, sizeof(c.name), "%s", name) >= sizeof(c.name) ||
	    (size_t)snprintf(c.new, sizeof(c.new), "%s", value) >= sizeof(c.new))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "the name or value for %s is too long", key);
	return change(u, &c, err);
}

int pb_undo_write(struct pb_undo *u, const char *path, const char *text, struct pb_err *err)
{
	return change_of(u, "write", path, "", text, err);
}

int pb_undo_affinity(struct pb_undo *u, const char *bdf, const char *name, const char *cpulist,
		     struct pb_err *err)
{
	return change_of(u, "affinity", bdf, name, cpulist, err);
}

int pb_undo_io_max(struct pb_undo *u, const char *group, const char *dev, const char *limit,
		   struct pb_err *err)
{
	return change_of(u, "io-max", group, dev, limit, err);
}

int pb_undo_pin(struct pb_undo *u, pid_t tid, const char *role, const char *cpulist, struct pb_err *err)
{
	char key[64];

	snprintf(key, sizeof(key), "%d %llu", (int)tid, pb_pin_started(tid));
	return change_of(u, "pin", key, role, cpulist, err);
}

int pb_undo_domain_pin(struct pb_undo *u, const char *domain, unsigned vcpu, const char *cpulist,
		       struct pb_err *err)
{
	char role[24];

	snprintf(role, sizeof(role), "vcpu%u", vcpu);
	return change_of(u, "domain-pin", domain, role, cpulist, err);
}

int pb_undo_bind(struct pb_undo *u, const char *bdf, const char *driver, struct pb_err *err)
{
	char value[160];

	snprintf(value, sizeof(value), "%s %s", driver, driver);
	return change_of(u, "bind", bdf, "", value, err);
}

void pb_undo_link(struct pb_undo *u, const struct pb_guest_link *link)
{
	u->guest = link;
}

int pb_undo_guest(struct pb_undo *u, const char *key, const char *value, struct pb_err *err)
{
	char where[256], name[128];

	if (!u->guest)
		return pb_fail(err, PB_MISSING, ENOTCONN, "no guest answers: %s cannot be set", key);
	if ((size_t)snprintf(where, sizeof(where), "%s %s %s", u->guest->guest,
			     pb_json_str(u->guest->disk, "path", "?"), key) >= sizeof(where))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "the guest's name is too long to be journalled");
	snprintf(name, sizeof(name), "%s in the guest", key);
	return change_of(u, "guest", where, name, value, err);
}

static int revert_one(struct pb_undo *u, struct entry *e, struct pb_err *err)
{
	const struct pb_change_kind *kind = pb_change_kind(e->c.kind);
	int rc;

	if (!kind)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "%s holds a change of unknown kind '%s': written by a newer passbench?",
			       u->path, e->c.kind);
	e->c.link = u->guest;
	rc = kind->set(u->root, &e->c, e->c.old, err);
	if (rc == -ENOENT)
		rc = 0; /* the vector or file is gone, and the change with it */
	return rc == 0 ? append_done(u, e, UNDONE, err) : rc;
}

static int revert(struct pb_undo *u, unsigned n, bool kept, unsigned *done, struct pb_err *err)
{
	struct pb_err later = PB_ERR_INIT;
	int rc, first = 0;

	for (size_t i = u->n; i-- > 0 && n > 0;) {
		struct entry *e = &u->v[i];

		if (e->state == UNDONE || (e->state == KEPT && !kept))
			continue;
		n--;
		rc = revert_one(u, e, first ? &later : err);
		if (rc < 0 && first == 0)
			first = rc;
		*done += rc == 0;
	}
	return first;
}

int pb_undo_revert(struct pb_undo *u, unsigned n, struct pb_err *err)
{
	unsigned done = 0;

	return revert(u, n, false, &done, err);
}

int pb_undo_keep(struct pb_undo *u, unsigned n, struct pb_err *err)
{
	int rc = 0;

	for (size_t i = u->n; i-- > 0 && n > 0 && rc == 0;) {
		if (u->v[i].state != STANDING)
			continue;
		n--;
		rc = append_done(u, &u->v[i], KEPT, err);
	}
	return rc;
}

int pb_rollback(const struct pb_root *root, const char *path, bool kept, struct pb_err *err)
{
	struct pb_undo *u = NULL;
	unsigned done = 0;
	int rc = open_log(&u, root, path, 0, err);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0 || !u)
		return rc;
	rc = revert(u, UINT_MAX, kept, &done, err);
	if (rc == 0)
		register_log(u, NULL); /* so that closing it removes the registration */
	pb_undo_close(u);
	return rc < 0 ? rc : (int)done;
}

int pb_rollback_orphans(const struct pb_root *root, void (*note)(void *arg, const char *text), void *arg,
			struct pb_err *err)
{
	struct pb_strv names = {0};
	char path[PATH_MAX], text[PATH_MAX + 128];
	int rc = 0;

	if (!root->live)
		return 0;
	pb_root_list(root, &names, "%s", JOURNALS);
	for (size_t i = 0; i < names.n && rc >= 0; i++) {
		char link[PATH_MAX];
		ssize_t len;

		snprintf(link, sizeof(link), "%s/%s", JOURNALS, names.v[i]);
		len = readlink(link, path, sizeof(path) - 1);
		if (len < 0)
			continue;
		path[len] = '\0';
		if (access(path, F_OK) < 0) {
			unlink(link);
			continue;
		}
		rc = pb_rollback(root, path, false, err);
		if (rc == -EBUSY) {
			rc = 0; /* its owner lives */
			if (err)
				*err = (struct pb_err)PB_ERR_INIT;
			continue;
		}
		snprintf(text, sizeof(text), "restored %d change(s) that an interrupted run left: %s", rc,
			 path);
		if (rc > 0 && note)
			note(arg, text);
	}
	pb_strv_fini(&names);
	return rc < 0 ? rc : 0;
}
