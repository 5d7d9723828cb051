/*
 * Running the ssh client. Keys, known hosts and jumps are the client's own business
 * (ssh_config); nothing here knows what runs in the guest.
 */
#include "engine/run/guest/ssh.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/run/host/spawn.h"

#define DEFAULT_DIR ".passbench"
#define OUT_MAX 65536
#define ERRORS_MAX 4096

/* True when text is made of letters, digits and the characters of more, and is no option. */
static bool plain(const char *text, const char *more)
{
	if (!text[0] || text[0] == '-')
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(more, *text))
			return false;
	return true;
}

static int set_port(struct pb_ssh *s, const char *text, struct pb_err *err)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)text[0]) || *end || v < 1 || v > 65535)
		return pb_fail(err, PB_USAGE, EINVAL, "'%s' is not a port number", text);
	s->port = (unsigned)v;
	return 0;
}

/* HOST:PORT, [IPv6]:PORT; the brackets are not the client's. */
static int split_host(struct pb_ssh *s, char *host, struct pb_err *err)
{
	char *port = NULL, *end;
	size_t len;

	if (host[0] == '[') {
		end = strchr(host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return pb_fail(err, PB_USAGE, EINVAL, "'%s' is not a host", host);
		port = end[1] ? end + 2 : NULL;
		len = (size_t)(end - host) - 1;
		memmove(host, host + 1, len);
		host[len] = '\0';
	} else if (strchr(host, ':') && strchr(host, ':') == strrchr(host, ':')) {
		port = strchr(host, ':');
		*port++ = '\0';
	}
	if (!plain(host, "._-:%"))
		return pb_fail(err, PB_USAGE, EINVAL, "'%s' is not a host's name or address", host);
	return port ? set_port(s, port, err) : 0;
}

int pb_ssh_target(struct pb_ssh *s, const char *target, struct pb_err *err)
{
	char copy[256], *host, *at;
	int rc;

	memset(s, 0, sizeof(*s));
	snprintf(s->dir, sizeof(s->dir), DEFAULT_DIR);
	if (strlen(target) >= sizeof(copy))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "'%.40s...' is too long for USER@HOST", target);
	strcpy(copy, target);
	at = strrchr(copy, '@');
	host = at ? at + 1 : copy;
	if (at)
		*at = '\0';
	if (at && !plain(copy, "._-"))
		return pb_fail(err, PB_USAGE, EINVAL, "'%s' is not a user's name", copy);
	rc = split_host(s, host, err);
	if (rc < 0)
		return rc;
	if (at)
		*at = '@'; /* the host still stands behind it, less port and brackets */
	snprintf(s->target, sizeof(s->target), "%s", copy);
	return 0;
}

static int set_file(char *dst, size_t size, const char *key, const char *value, struct pb_err *err)
{
	if (strlen(value) >= size)
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "%s= is too long", key);
	if (access(value, R_OK) < 0)
		return pb_fail(err, PB_USAGE, errno, "%s=%s: %s", key, value, strerror(errno));
	strcpy(dst, value);
	return 0;
}

int pb_ssh_option(struct pb_ssh *s, const char *key, const char *value, struct pb_err *err)
{
	if (!strcmp(key, "port"))
		return set_port(s, value, err);
	if (!strcmp(key, "key"))
		return set_file(s->key, sizeof(s->key), key, value, err);
	if (!strcmp(key, "config"))
		return set_file(s->config, sizeof(s->config), key, value, err);
	if (strcmp(key, "dir") != 0)
		return -ENOENT;
	/* it goes through the guest's shell */
	if (strlen(value) >= sizeof(s->dir) || !plain(value, "._-/+") || strstr(value, ".."))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "dir=%.80s: a folder's path of letters, digits and ._-+/ is needed", value);
	strcpy(s->dir, value);
	return 0;
}

int pb_ssh_args(struct pb_strv *argv, const struct pb_ssh *s, const char *command)
{
	static const char *const fixed[] = {
		"ssh",
		"-T",
		"-a",
		"-x",
		"-oBatchMode=yes",
		"-oConnectTimeout=10",
		"-oServerAliveInterval=5",
		"-oServerAliveCountMax=6",
		"-oClearAllForwardings=yes",
		"-oPermitLocalCommand=no",
		"-oRemoteCommand=none",
		"-oControlPath=none", /* a shared connection would outlive us and add its latency */
		"-oCompression=no",
		"-oEscapeChar=none",
		"-oLogLevel=ERROR",
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		rc |= pb_strv_add(argv, fixed[i]);
	if (s->config[0])
		rc |= pb_strv_addf(argv, "-F%s", s->config);
	if (s->key[0]) {
		rc |= pb_strv_addf(argv, "-i%s", s->key);
		rc |= pb_strv_add(argv, "-oIdentitiesOnly=yes");
	}
	if (s->port)
		rc |= pb_strv_addf(argv, "-p%u", s->port);
	rc |= pb_strv_add(argv, "--");
	rc |= pb_strv_add(argv, s->target);
	rc |= pb_strv_add(argv, command);
	return rc ? -ENOMEM : 0;
}

void pb_ssh_drain(int fd, struct pb_buf *text)
{
	char chunk[512];
	ssize_t n;

	if (fd < 0)
		return;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (text->len < ERRORS_MAX && (n = read(fd, chunk, sizeof(chunk))) > 0)
		if (pb_buf_add(text, chunk, (size_t)n) < 0)
			return;
}

int pb_ssh_run(const struct pb_ssh *s, const char *command, const char *in_path, struct pb_buf *out,
	       struct pb_buf *errors, struct pb_err *err)
{
	struct pb_strv argv = {0};
	struct pb_spawn spawn = {.in_path = in_path, .pipe_out = true};
	const char *list[32] = {NULL};
	int log[2], rc = pb_ssh_args(&argv, s, command);

	if (rc < 0 || pipe2(log, O_CLOEXEC) < 0) {
		pb_strv_fini(&argv);
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory or of file descriptors");
	}
	for (size_t i = 0; i < argv.n && i < 31; i++)
		list[i] = argv.v[i];
	spawn.argv = list;
	spawn.log_fd = log[1];
	rc = pb_spawn_run(&spawn, out, OUT_MAX, err);
	if (errors)
		pb_ssh_drain(log[0], errors);
	close(log[0]);
	close(log[1]);
	pb_strv_fini(&argv);
	return rc;
}

/* The last line that says something, without control characters: it may come from the guest. */
static void last_line(const char *text, char *line, size_t size)
{
	size_t end = strlen(text), start, n = 0;

	while (end && isspace((unsigned char)text[end - 1]))
		end--;
	for (start = end; start && text[start - 1] != '\n';)
		start--;
	for (; start < end && n + 1 < size; start++)
		line[n++] = isprint((unsigned char)text[start]) ? text[start] : '?';
	line[n] = '\0';
}

/* Exit status 255 is the client's own. */
static int client_failed(const struct pb_ssh *s, const char *text, const char *line, struct pb_err *err)
{
	if (strstr(text, "HOST IDENTIFICATION HAS CHANGED"))
		return pb_fail(err, PB_MISSING, EKEYREJECTED,
			       "the host key of %s is not the one that is known for it: if the guest was "
			       "installed anew, take the old key out of known_hosts (ssh-keygen -R HOST)",
			       s->target);
	if (strstr(text, "Host key verification failed") || strstr(text, "host key is known for"))
		return pb_fail(err, PB_MISSING, ENOKEY,
			       "the host key of %s is not known yet: log in once with ssh, compare the key "
			       "and accept it",
			       s->target);
	if (strstr(text, "Permission denied (") || strstr(text, "Too many authentication failures"))
		return pb_fail(err, PB_MISSING, EACCES,
			       "%s refused the login (%s): it must work without a password (ssh-copy-id, or "
			       "key=FILE)",
			       s->target, line);
	if (strstr(text, "connect to host") || strstr(text, "Could not resolve"))
		return pb_fail(err, PB_MISSING, EHOSTUNREACH, "%s cannot be reached: %s", s->target, line);
	return pb_fail(err, PB_MISSING, EREMOTEIO, "ssh to %s failed: %s", s->target,
		       line[0] ? line : "the connection was lost");
}

int pb_ssh_failed(const struct pb_ssh *s, int status, const char *text, struct pb_err *err)
{
	char line[300];

	last_line(text, line, sizeof(line));
	if (status < 0)
		return pb_fail(err, PB_MISSING, -status, "ssh to %s does not answer; is the guest alive?",
			       s->target);
	if (status == 255)
		return client_failed(s, text, line, err);
	if (strstr(text, "No space left") || strstr(text, "quota exceeded"))
		return pb_fail(err, PB_MISSING, ENOSPC,
			       "no space in %s on %s: free some or give another folder with dir=", s->dir,
			       s->target);
	if (strstr(text, "xec format error"))
		return pb_fail(err, PB_MISSING, ENOEXEC,
			       "%s cannot run the agent: its processor is of another kind than this host's",
			       s->target);
	if (status == 127)
		return pb_fail(err, PB_MISSING, ENOENT,
			       "there is no agent in %s on %s: passbench guest install puts it there", s->dir,
			       s->target);
	if (status == 126)
		return pb_fail(err, PB_MISSING, EACCES,
			       "%s may not run programs in %s (%s): give another folder with dir=", s->target,
			       s->dir, line);
	return pb_fail(err, PB_MISSING, EREMOTEIO, "the command on %s ended with status %d: %s", s->target,
		       status, line[0] ? line : "it said nothing");
}
