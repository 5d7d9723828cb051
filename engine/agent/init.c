/*
 * Boot steps of the micro guest. A step that fails is said and, unless
 * nothing can follow, passed over: the host sees in the answers what is missing.
 */
#include "engine/agent/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/agent/cmdline.h"
#include "engine/agent/vsock.h"

#define PORT_NAME "org.passbench.0"
#define PORT_CLASS "/sys/class/virtio-ports"
#define PORT_WAIT_MS 30000
#define DISK_WAIT_MS 5000
#define DISK_QUIET_MS 200
#define TICK_MS 20

void pb_init_say(const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(text) - 2)
		n = sizeof(text) - 2;
	text[n] = '\n';
	dprintf(STDERR_FILENO, "passbench-agent: %.*s", n + 1, text);
}

static void mount_all(void)
{
	static const struct {
		const char *type, *where, *options;
	} mounts[] = {
		{"proc", "/proc", NULL},        {"sysfs", "/sys", NULL},        {"devtmpfs", "/dev", NULL},
		{"tmpfs", "/run", "mode=0755"}, {"tmpfs", "/tmp", "mode=1777"},
	};
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, mounts[i].options) &&
		    errno != EBUSY)
			pb_init_say("cannot mount %s: %s", mounts[i].where, strerror(errno));
	}
}

/* The kernel gives init a console only when the initramfs has a node for it. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

static void read_cmdline(char *text, int size)
{
	FILE *f = fopen("/proc/cmdline", "re");

	if (!f || !fgets(text, size, f))
		text[0] = '\0';
	if (f)
		fclose(f);
}

static void load_module(const char *path, const char *cmdline)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char params[256];

	if (fd < 0) {
		pb_init_say("cannot open module %s: %s", path, strerror(errno));
		return;
	}
	pb_cmdline_module(cmdline, path, params, sizeof(params));
	if (syscall(SYS_finit_module, fd, params, 0) && errno != EEXIST)
		pb_init_say("cannot load module %s: %s", path, strerror(errno));
	close(fd);
}

static void load_modules(void)
{
	char line[512], cmdline[2048];
	unsigned n = 0;
	FILE *f = fopen("/modules.list", "re");

	read_cmdline(cmdline, sizeof(cmdline));
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		load_module(line, cmdline);
		n++;
	}
	if (f)
		fclose(f);
	pb_init_say("%u modules loaded", n);
}

/* Disks that are not made of memory and have a device node (hidden multipath paths have none). */
static unsigned count_disks(void)
{
	struct dirent *e;
	char path[300];
	unsigned n = 0;
	DIR *d = opendir("/sys/block");

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		n += e->d_name[0] != '.' && strncmp(e->d_name, "loop", 4) && strncmp(e->d_name, "ram", 3) &&
		     !access(path, F_OK);
	}
	if (d)
		closedir(d);
	return n;
}

/*
 * Drivers look for their disks in the background, and the host asks for disks right after the greeting: wait
 * for one, and then until no more come.
 */
static void wait_disks(void)
{
	unsigned ms, n, before = 0, quiet = 0;

	for (ms = 0; ms < DISK_WAIT_MS && quiet < DISK_QUIET_MS; ms += TICK_MS) {
		n = count_disks();
		quiet = n && n == before ? quiet + TICK_MS : 0;
		before = n;
		poll(NULL, 0, TICK_MS);
	}
	pb_init_say("%u disks after %u ms", before, ms);
}

/* The character device of the port with our name: "/dev/vport1p1". 0 or -ENOENT. */
static int find_port(char *path, size_t size)
{
	char attr[512], name[64];
	struct dirent *e;
	int rc = -ENOENT;
	ssize_t n;
	DIR *d = opendir(PORT_CLASS);

	while (d && rc && (e = readdir(d))) {
		int fd;

		snprintf(attr, sizeof(attr), PORT_CLASS "/%s/name", e->d_name);
		fd = open(attr, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, name, sizeof(name) - 1);
		close(fd);
		name[n > 0 ? n : 0] = '\0';
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, PORT_NAME))
			continue;
		snprintf(path, size, "/dev/%s", e->d_name);
		rc = 0;
	}
	if (d)
		closedir(d);
	return rc;
}

static int open_port(void)
{
	char path[300];
	unsigned ms;
	int fd = -ENOENT;

	for (ms = 0; ms < PORT_WAIT_MS; ms += TICK_MS) {
		if (!find_port(path, sizeof(path))) {
			fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
			if (fd >= 0)
				break;
			fd = -errno;
		}
		poll(NULL, 0, TICK_MS);
	}
	if (fd >= 0)
		pb_init_say("port %s is %s, after %u ms", PORT_NAME, path, ms);
	else
		pb_init_say("no virtio-serial port called %s within %d s: %s", PORT_NAME, PORT_WAIT_MS / 1000,
			    strerror(-fd));
	return fd;
}

/* passbench.vsock=PORT on the kernel's command line, else 0. */
static unsigned vsock_port(void)
{
	static const char key[] = "passbench.vsock=";
	char text[2048], *at;

	read_cmdline(text, sizeof(text));
	at = strstr(text, key);
	return at ? (unsigned)strtoul(at + sizeof(key) - 1, NULL, 10) : 0;
}

static int open_vsock(unsigned port)
{
	struct pb_err err = PB_ERR_INIT;
	int fd = pb_vsock_listen(port, &err), c;

	if (fd < 0) {
		pb_init_say("%s", err.msg);
		return fd;
	}
	pb_init_say("listening on vsock port %u", port);
	c = pb_vsock_accept(fd);
	close(fd);
	return c;
}

int pb_init_boot(bool *port)
{
	unsigned vsock;

	mount_all();
	open_console();
	pb_init_say("version %s, booting", PB_VERSION);
	load_modules();
	wait_disks();
	vsock = vsock_port();
	*port = vsock == 0;
	return vsock ? open_vsock(vsock) : open_port();
}

void pb_init_power_off(void)
{
	pb_init_say("powering off");
	sync();
	reboot(RB_POWER_OFF);
	/* init must not return: the kernel would panic */
	for (;;)
		pause();
}
