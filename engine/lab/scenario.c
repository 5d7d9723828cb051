/* The table of scenarios, and what a run in each is asked for. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "engine/lab/scenario.h"

#define PB_SCENARIO(...) {__VA_ARGS__},

/* Words that several lines share. */
#define PB_LAB_GUEST "launch:cpus=2,mem=512M,cpuset=0-1"
#define PB_LAB_BUSY(cpu) "exec taskset -c " cpu " sh -c 'while :; do :; done'"
/* Native multipath shows a disk twice; the path below it (nvme1c1n1) has no node in /dev. */
#define PB_LAB_READ(serial)                                                                                  \
	"for d in /sys/block/nvme*; do grep -q " serial " $d/device/serial && [ -b /dev/${d##*/} ] && "      \
	"exec fio --name=other --filename=/dev/${d##*/} --readonly --direct=1 --rw=randread --bs=64k "       \
	"--ioengine=libaio --iodepth=16 --time_based --runtime=1h; done"
/* Reads of that disk as the host counts them. */
#define PB_LAB_READS(serial)                                                                                 \
	"awk '{ n = $1 } END { exit n < 300 }' $(grep -l " serial                                            \
	" /sys/block/nvme*/device/serial | sed s,device/serial,stat,)"
#define PB_LAB_GUEST_READS(serial)                                                                           \
	"exec $PASSBENCH run --disk " serial " --guest launch:cpus=1,mem=384M,cpuset=2 --profile "           \
	"randread-64k --depth 16 --duration 10m --out /tmp/neighbour"
/* Interrupts of disks that guests have: those of the neighbour, as long as it is the only guest. */
#define PB_LAB_GUEST_AT_WORK                                                                                 \
	"awk '/vfio-msi/ { for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) n += $i } END { exit n < 600 }' "    \
	"/proc/interrupts"

const struct pb_scenario pb_scenarios[] = {
#include "engine/lab/scenarios.def"
	{.name = NULL},
};

const struct pb_scenario *pb_scenario_find(const char *name)
{
	for (const struct pb_scenario *s = pb_scenarios; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

/* The words of `text`, cut at blanks: no option of the table holds one. */
static int add_words(struct pb_strv *argv, const char *text)
{
	int rc = 0;

	for (size_t len; *text && rc == 0; text += len) {
		text += strspn(text, " ");
		len = strcspn(text, " ");
		if (len)
			rc = pb_strv_addf(argv, "%.*s", (int)len, text);
	}
	return rc;
}

int pb_scenario_options(const struct pb_scenario *s, struct pb_strv *argv)
{
	const char *const words[] = {
		"--disk", s->disks[0].serial, "--guest", s->guest, s->attach ? "--attach" : NULL, s->attach};
	int rc = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && rc == 0; i++)
		if (words[i])
			rc = pb_strv_add(argv, words[i]);
	return rc < 0 ? rc : add_words(argv, s->options ? s->options : "--duration 4s");
}
