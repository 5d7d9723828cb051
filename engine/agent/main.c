/*
 * passbench-agent: runs in the guest (or as a child on the host), starts fio,
 * reads counters, talks to the host. As process 1 it is the whole user space
 * of a micro guest.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/agent/agent.h"
#include "engine/agent/init.h"
#include "engine/agent/vsock.h"

static int usage(FILE *f)
{
	fprintf(f,
		"usage: passbench-agent --stdio|--vsock PORT [--fio PATH]\n"
		"Talks to passbench on stdin and stdout, or to the host's root on a vsock port "
		"(docs/protocol.md). As init it uses a virtio-serial "
		"port.\n"
		"  --fio PATH   the fio to run (default: fio-static beside the agent, else fio from PATH)\n"
		"  --which-fio  say which fio that is and leave\n"
		"  --version\n");
	return f == stdout ? 0 : PB_USAGE;
}

static int serve(struct pb_agent *a, int rfd, int wfd, struct pb_err *err)
{
	int rc = pb_root_open(&a->root, NULL, err);

	if (rc)
		return rc;
	rc = pb_lines_init(&a->lines, rfd, wfd);
	if (rc)
		rc = pb_fail(err, PB_MISSING, -rc, "cannot set up the conversation: %s", strerror(-rc));
	else
		rc = pb_agent_serve(a, err);
	pb_lines_fini(&a->lines);
	pb_root_close(&a->root);
	return rc;
}

static int which_fio(const char *wanted)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_fio_tool tool;

	if (pb_fio_tool_find(&tool, wanted, &err)) {
		fprintf(stderr, "passbench-agent: %s\n", err.msg);
		return err.status;
	}
	printf("%s %s, engine %s\n", tool.version, tool.path, tool.builtin ? "built in" : tool.engine);
	return 0;
}

/* One conversation after the other, until the host says quit. */
static int serve_vsock(const char *text, const char *fio, struct pb_err *err)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);
	int fd, c, rc;
	bool quit = false;

	if (*end || end == text || port >= UINT32_MAX)
		return pb_fail(err, PB_USAGE, EINVAL, "--vsock %s is not a port", text);
	fd = pb_vsock_listen((unsigned)port, err);
	if (fd < 0)
		return fd;
	while (!quit && (c = pb_vsock_accept(fd)) >= 0) {
		struct pb_agent a = {.fio_path = fio};
		struct pb_err why = PB_ERR_INIT;

		rc = serve(&a, c, c, &why);
		if (rc)
			fprintf(stderr, "passbench-agent: %s\n", *why.msg ? why.msg : strerror(-rc));
		quit = a.quit;
		close(c);
	}
	close(fd);
	return 0;
}

static void run_init(void)
{
	struct pb_agent a = {.pid1 = true};
	struct pb_err err = PB_ERR_INIT;
	int fd = pb_init_boot(&a.port);

	if (fd >= 0) {
		int rc = serve(&a, fd, fd, &err);

		pb_init_say("conversation over: %s", rc ? err.msg : "the host is done");
	}
	pb_init_power_off();
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"stdio", no_argument, NULL, 's'},
		{"fio", required_argument, NULL, 'f'},
		{"vsock", required_argument, NULL, 'l'},
		{"which-fio", no_argument, NULL, 'w'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct pb_agent a = {.pid1 = false};
	struct pb_err err = PB_ERR_INIT;
	const char *vsock = NULL;
	bool stdio = false, ask_fio = false;
	int c;

	signal(SIGPIPE, SIG_IGN);
	if (getpid() == 1)
		run_init();
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 's':
			stdio = true;
			break;
		case 'f':
			a.fio_path = optarg;
			break;
		case 'l':
			vsock = optarg;
			break;
		case 'w':
			ask_fio = true;
			break;
		case 'v':
			puts("passbench-agent " PB_VERSION);
			return 0;
		case 'h':
			return usage(stdout);
		default:
			return usage(stderr);
		}
	}
	if (ask_fio && optind == argc)
		return which_fio(a.fio_path);
	if (stdio == !!vsock || optind < argc)
		return usage(stderr);
	if (vsock ? serve_vsock(vsock, a.fio_path, &err) : serve(&a, STDIN_FILENO, STDOUT_FILENO, &err)) {
		fprintf(stderr, "passbench-agent: %s\n", err.msg);
		return err.status;
	}
	return 0;
}
