/*
 * The initramfs of the outer machine: busybox, init.sh, the modules that bring
 * up the shares, and what is to be run as a script.
 */
#include <errno.h>
#include <hwloc.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/lab/machine.h"
#include "engine/lib/ui_record.h"
#include "engine/run/guest/initramfs.h"

/* As long as it exists inside, nothing runs beside the command. */
#define ALONE "/run/lab/alone"
/* It exists when what runs beside the command is at work. */
#define BESIDE "/run/lab/beside"

extern char **environ;

/* As one word of a shell: single quotes around, each inner one as '\''. */
static void add_quoted(struct pb_buf *b, const char *text)
{
	pb_buf_str(b, "'");
	for (; *text; text++) {
		if (*text == '\'')
			pb_buf_str(b, "'\\''");
		else
			pb_buf_add(b, text, 1);
	}
	pb_buf_str(b, "'");
}

/* Locale, terminal and passbench's own settings; everything else belongs to the real machine. */
static bool passed_on(const char *var)
{
	const char *const prefixes[] = {"PASSBENCH_", "LANG=", "LC_", "TERM=", "HOME="};

	for (unsigned i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(var, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static void add_environment(struct pb_buf *b, const char *scenario)
{
	for (char **e = environ; *e; e++) {
		if (!passed_on(*e))
			continue;
		pb_buf_str(b, "export ");
		add_quoted(b, *e);
		pb_buf_str(b, "\n");
	}
	pb_buf_printf(b, "export PASSBENCH_LAB=%s\n", scenario);
}

/*
 * In the background, quietly, and gone with the machine; $PASSBENCH is this program. The command starts when
 * it is at work: fio alone takes ten seconds to load from the share on a busy machine, and a run without the
 * planted bottleneck would be judged as one with it. `later`: the command removes ALONE and waits for BESIDE
 * itself.
 */
static void add_beside(struct pb_buf *b, const struct pb_scenario *s, bool later)
{
	static const char quiet[] = "</dev/null >/dev/null 2>&1 &";
	const char *ready = s->beside_ready ? s->beside_ready : "true";
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	pb_buf_str(b, "export PASSBENCH=");
	add_quoted(b, self);
	if (later)
		pb_buf_printf(b,
			      "\n: >" ALONE "\n( while [ -e " ALONE " ]; do sleep 1; done; ( %s ) & "
			      "until %s; do sleep 0.2; done; : >" BESIDE " ) %s\n",
			      s->beside, ready, quiet);
	else
		pb_buf_printf(b,
			      "\n( %s ) %s\nfor i in $(seq 300); do %s && break; sleep 0.2; done "
			      "2>/dev/null\n%s || "
			      "{ echo 'what runs beside the command did not start in 60 s' >&2; exit 5; }\n",
			      s->beside, quiet, ready, ready);
}

static void add_shell(struct pb_buf *b)
{
	struct winsize w;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0)
		pb_buf_printf(b, "stty rows %u cols %u\n", w.ws_row, w.ws_col);
	pb_buf_str(b, "PS1='lab# ' exec bash --norc -i\n");
}

int pb_lab_command(struct pb_buf *b, const struct pb_lab_opts *opts, const struct pb_scenario *scenario,
		   struct pb_err *err)
{
	char *cwd = getcwd(NULL, 0);

	add_environment(b, scenario->name);
	if (opts->ui && opts->ui->live && !opts->shell)
		pb_buf_str(b, "export " PB_UI_RECORD_ENV "=records\n");
	pb_buf_str(b, "cd ");
	add_quoted(b, cwd ? cwd : "/");
	pb_buf_str(b, "\n");
	free(cwd);
	if (scenario->home)
		pb_buf_printf(b, "taskset -pc %s $$ >/dev/null\n", scenario->home);
	if (scenario->beside)
		add_beside(b, scenario, opts->alone);
	if (opts->shell) {
		add_shell(b);
	} else {
		pb_buf_str(b, "exec");
		for (const char *const *a = opts->argv; *a; a++) {
			pb_buf_str(b, " ");
			add_quoted(b, *a);
		}
		pb_buf_str(b, "\n");
	}
	return b->failed ? pb_fail(err, PB_MISSING, ENOMEM, "out of memory") : 0;
}

static int add_text(struct pb_initramfs *r, const char *name, const char *text, struct pb_err *err)
{
	return pb_initramfs_data(r, name, text, strlen(text), 0644, err);
}

/* A list of CPUs as the mask that /proc/irq/default_smp_affinity takes. */
static int add_irq_mask(struct pb_initramfs *r, const char *list, struct pb_err *err)
{
	hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
	char mask[64];
	int rc;

	if (!cpus || hwloc_bitmap_list_sscanf(cpus, list) < 0 || hwloc_bitmap_last(cpus) >= 64) {
		rc = pb_fail(err, PB_USAGE, EINVAL, "the scenario's irq_cpus=%s is not a list of CPUs", list);
	} else {
		snprintf(mask, sizeof(mask), "%lx", hwloc_bitmap_to_ulong(cpus));
		rc = add_text(r, "lab/irq_mask", mask, err);
	}
	hwloc_bitmap_free(cpus);
	return rc;
}

static int add_settings(struct pb_initramfs *r, const struct pb_lab_paths *p, const struct pb_scenario *s,
			const struct pb_lab_opts *opts, struct pb_err *err)
{
	struct pb_buf command = {0};
	int rc = pb_lab_command(&command, opts, s, err);

	rc = rc < 0 ? rc : pb_initramfs_dir(r, "lab", err);
	rc = rc < 0 ? rc : pb_initramfs_data(r, "lab/command", command.data, command.len, 0644, err);
	rc = rc < 0 ? rc : add_text(r, "lab/results", opts->out ? opts->out : "", err);
	rc = rc < 0 ? rc : add_text(r, "lab/cache", p->cache, err);
	if (rc == 0 && s->irq_cpus)
		rc = add_irq_mask(r, s->irq_cpus, err);
	if (rc == 0 && opts->shell)
		rc = add_text(r, "lab/shell", "", err);
	pb_buf_fini(&command);
	return rc;
}

static int fill(struct pb_initramfs *r, const struct pb_lab_paths *p, const struct pb_scenario *s,
		const struct pb_lab_opts *opts, struct pb_err *err)
{
	const char *const modules[] = {"virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"};
	int rc = pb_initramfs_dir(r, "bin", err);

	rc = rc < 0 ? rc : pb_initramfs_file(r, "bin/busybox", "/bin/busybox", 0755, err);
	rc = rc < 0 ? rc : pb_initramfs_data(r, "init", pb_lab_init, strlen(pb_lab_init), 0755, err);
	rc = rc < 0 ? rc : add_settings(r, p, s, opts, err);
	for (unsigned i = 0; i < sizeof(modules) / sizeof(modules[0]) && rc == 0; i++)
		rc = pb_initramfs_module(r, p->tree, modules[i], err);
	return rc < 0 ? rc : pb_initramfs_finish(r, err);
}

int pb_lab_image(const struct pb_lab_paths *p, const struct pb_scenario *s, const struct pb_lab_opts *opts,
		 struct pb_err *err)
{
	struct pb_initramfs *r;
	char path[128];
	int rc;

	snprintf(path, sizeof(path), "%s/initramfs", p->work);
	rc = pb_initramfs_new(&r, path, err);
	if (rc < 0)
		return rc;
	rc = fill(r, p, s, opts, err);
	pb_initramfs_free(r);
	return rc;
}
