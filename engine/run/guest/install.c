/*
 * Installing over ssh with what every shell has: mkdir, cat, sha256sum, mv, rm.
 */
#include "engine/run/guest/install.h"

#include <errno.h>
#include <limits.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "engine/run/host/tools.h"

static const char *const files[] = {"passbench-agent", "fio-static"};
#define N_FILES (sizeof(files) / sizeof(files[0]))

/* Runs a command that must succeed; out gets its stdout. */
static int must(const struct pb_ssh *s, const char *command, const char *in_path, struct pb_buf *out,
		struct pb_err *err)
{
	struct pb_buf errors = {0};
	int rc;

	pb_buf_clear(out);
	rc = pb_ssh_run(s, command, in_path, out, &errors, err);
	if (rc > 0)
		rc = pb_ssh_failed(s, rc, errors.data ? errors.data : "", err);
	pb_buf_fini(&errors);
	return rc;
}

/* The first line of what the guest said, printable and bounded. */
static void first_line(const struct pb_buf *out, char *line, size_t size)
{
	snprintf(line, size, "%s", out->data ? out->data : "");
	line[strcspn(line, "\r\n")] = '\0';
	for (; *line; line++)
		if (*line < ' ' || *line > '~')
			*line = '?';
}

/* Before anything is written there. */
static int check_machine(const struct pb_ssh *s, struct pb_err *err)
{
	static const char mark[] = "passbench";
	struct pb_buf out = {0};
	char machine[65] = "";
	struct utsname ours;
	int rc = must(s, "echo passbench `uname -m`", NULL, &out, err);

	if (rc == 0 && (!out.data || strncmp(out.data, mark, sizeof(mark) - 1) != 0))
		rc = pb_fail(
			err, PB_MISSING, EBADMSG,
			"the login shell of %s prints text of its own when it runs a command; it must not, "
			"or the agent cannot be heard",
			s->target);
	if (rc == 0)
		sscanf(out.data, "%*s %64[a-zA-Z0-9_.-]", machine);
	pb_buf_fini(&out);
	uname(&ours);
	if (rc == 0 && strcmp(machine, ours.machine) != 0)
		rc = pb_fail(err, PB_MISSING, ENOEXEC,
			     "%s is a machine of kind %s, the agent and fio here are for %s: build passbench "
			     "on such a machine",
			     s->target, machine[0] ? machine : "unknown", ours.machine);
	return rc;
}

/* Its own folder, so that others cannot put an agent there. One that exists is left as it is. */
static int make_dir(const struct pb_ssh *s, struct pb_err *err)
{
	struct pb_buf out = {0};
	char command[320];
	int rc;

	snprintf(command, sizeof(command), "umask 077 && mkdir -p %s", s->dir);
	rc = must(s, command, NULL, &out, err);
	pb_buf_fini(&out);
	return rc;
}

static int copy_one(const struct pb_ssh *s, const char *path, const char *name, struct pb_err *err)
{
	struct pb_buf out = {0};
	char ours[SHA256_DIGEST_STRING_LENGTH], theirs[SHA256_DIGEST_STRING_LENGTH], command[1280];
	int rc;

	if (!SHA256File(path, ours))
		return pb_fail(err, PB_MISSING, errno, "cannot read %s: %s; run make", path, strerror(errno));
	snprintf(command, sizeof(command),
		 "umask 077 && cat >%s/%s.new && chmod 700 %s/%s.new && sha256sum <%s/%s.new", s->dir, name,
		 s->dir, name, s->dir, name);
	rc = must(s, command, path, &out, err);
	if (rc < 0)
		goto out;
	first_line(&out, theirs, sizeof(theirs));
	if (strcmp(ours, theirs) != 0) {
		rc = pb_fail(err, PB_MISSING, EIO,
			     "%s arrived damaged on %s: its SHA-256 there is %s, here %s", name, s->target,
			     theirs[0] ? theirs : "nothing", ours);
		goto out;
	}
	snprintf(command, sizeof(command), "mv -f %s/%s.new %s/%s", s->dir, name, s->dir, name);
	rc = must(s, command, NULL, &out, err);
out:
	pb_buf_fini(&out);
	return rc;
}

/* What was copied must also run there. */
static int ask_version(const struct pb_ssh *s, struct pb_installed *done, struct pb_err *err)
{
	struct pb_buf out = {0};
	char command[640];
	int rc;

	snprintf(command, sizeof(command), "%s/passbench-agent --version", s->dir);
	rc = must(s, command, NULL, &out, err);
	if (rc == 0)
		first_line(&out, done->agent, sizeof(done->agent));
	snprintf(command, sizeof(command), "%s/passbench-agent --which-fio", s->dir);
	rc = rc < 0 ? rc : must(s, command, NULL, &out, err);
	if (rc == 0)
		first_line(&out, done->fio, sizeof(done->fio));
	pb_buf_fini(&out);
	return rc;
}

int pb_install(const struct pb_ssh *s, const struct pb_ui *ui, struct pb_installed *done, struct pb_err *err)
{
	char agent[PATH_MAX], path[PATH_MAX + 32];
	char *slash;
	int rc = pb_tool_agent(agent, sizeof(agent), err);

	if (rc < 0)
		return rc;
	slash = strrchr(agent, '/');
	rc = check_machine(s, err);
	rc = rc < 0 ? rc : make_dir(s, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < N_FILES && rc == 0; i++) {
		pb_ui_progress(ui, (double)i / (double)N_FILES, -1, "copying %s", files[i]);
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - agent), agent, files[i]);
		rc = copy_one(s, path, files[i], err);
	}
	rc = rc < 0 ? rc : ask_version(s, done, err);
	if (rc < 0)
		pb_install_remove(s, NULL); /* no half of an installation stays */
	return rc;
}

int pb_install_remove(const struct pb_ssh *s, struct pb_err *err)
{
	struct pb_buf command = {0}, out = {0};
	int rc;

	pb_buf_printf(&command, "if [ -d %s ]; then rm -f", s->dir);
	for (size_t i = 0; i < N_FILES; i++)
		pb_buf_printf(&command, " %s/%s %s/%s.new", s->dir, files[i], s->dir, files[i]);
	pb_buf_printf(&command, " && rmdir %s && echo removed; else echo nothing; fi", s->dir);
	rc = command.failed ? pb_fail(err, PB_MISSING, ENOMEM, "out of memory")
			    : must(s, command.data, NULL, &out, err);
	if (rc == 0)
		rc = out.data && !strncmp(out.data, "removed", 7);
	pb_buf_fini(&command);
	pb_buf_fini(&out);
	return rc;
}
