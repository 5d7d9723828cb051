/*
 * Finding fio and asking it what it can do. Runs `fio --version` and
 * `fio --enghelp=...`, never a job.
 */
#include "engine/agent/fio_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs path with one argument and keeps the start of its stdout. Exit status or -errno. */
static int ask(const char *path, const char *arg, char *out, size_t size)
{
	size_t have = 0;
	ssize_t n;
	int pipes[2], status;
	pid_t pid;
	char rest[512];

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(pipes[1], 1);
		dup2(null, 2);
		execl(path, path, arg, (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	while (pid > 0 && have + 1 < size && (n = read(pipes[0], out + have, size - 1 - have)) > 0)
		have += (size_t)n;
	while (pid > 0 && read(pipes[0], rest, sizeof(rest)) > 0)
		continue;
	close(pipes[0]);
	out[have] = '\0';
	if (pid < 0)
		return -EAGAIN;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool has_engine(const char *path)
{
	char text[512];

	return ask(path, "--enghelp=passthru", text, sizeof(text)) == 0 && !strncmp(text, "page ", 5);
}

/* The folder of the running executable, with its slash. */
static void own_dir(char *dir, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", dir, size - 1);
	char *slash;

	dir[n > 0 ? n : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		slash[1] = '\0';
	else
		snprintf(dir, size, "./");
}

static int in_path(const char *name, char *found, size_t size)
{
	const char *env = getenv("PATH");
	char *all = strdup(env ? env : "/usr/local/bin:/usr/bin:/bin"), *dir, *save = NULL;
	int rc = -ENOENT;

	for (dir = all ? strtok_r(all, ":", &save) : NULL; dir && rc; dir = strtok_r(NULL, ":", &save)) {
		snprintf(found, size, "%s/%s", dir, name);
		if (access(found, X_OK) == 0)
			rc = 0;
	}
	free(all);
	return rc;
}

static int get_version(struct pb_fio_tool *tool, struct pb_err *err)
{
	int rc = ask(tool->path, "--version", tool->version, sizeof(tool->version));

	tool->version[strcspn(tool->version, "\n")] = '\0';
	if (rc == 0 && !strncmp(tool->version, "fio-", 4))
		return 0;
	return pb_fail(err, PB_MISSING, ENOEXEC, "%s does not run as fio here (exit %d)", tool->path, rc);
}

static int use_builtin(struct pb_fio_tool *tool, struct pb_err *err)
{
	tool->builtin = true;
	snprintf(tool->engine, sizeof(tool->engine), "passthru");
	return get_version(tool, err);
}

int pb_fio_tool_find(struct pb_fio_tool *tool, const char *wanted, struct pb_err *err)
{
	char dir[PATH_MAX - 16], plugin[PATH_MAX];

	*tool = (struct pb_fio_tool){.builtin = false};
	own_dir(dir, sizeof(dir));
	snprintf(tool->path, sizeof(tool->path), "%sfio-static", dir);
	if (wanted)
		snprintf(tool->path, sizeof(tool->path), "%s", wanted);
	if (access(tool->path, X_OK) == 0 && has_engine(tool->path))
		return use_builtin(tool, err);
	if (wanted && access(wanted, X_OK))
		return pb_fail(err, PB_MISSING, errno, "cannot run the fio given with --fio, %s: %s", wanted,
			       strerror(errno));
	if (!wanted && in_path("fio", tool->path, sizeof(tool->path)))
		return pb_fail(
			err, PB_MISSING, ENOENT,
			"there is no fio here: neither %sfio-static with the engine built in nor fio in PATH",
			dir);
	snprintf(plugin, sizeof(plugin), "%spassthru.so", dir);
	if (access(plugin, R_OK))
		return pb_fail(err, PB_MISSING, ENOENT, "the engine for %s is missing: no %s", tool->path,
			       plugin);
	snprintf(tool->engine, sizeof(tool->engine), "external:%s", plugin);
	return get_version(tool, err);
}
