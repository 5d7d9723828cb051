/*
 * Daemons that move interrupts, threads and settings, found by name. That one runs is no proof that it was
 * the one; the text says no more than that.
 */
#include "engine/run/tune/fight.h"

#include <stdio.h>
#include <string.h>

/* With what keeps each away: irqbalance(1), tuned-adm(8), numad(8); libvirtd sets cpusets of its domains. */
static const struct {
	const char *comm, *advice;
} daemons[] = {
	{"irqbalance", "irqbalance --banmod=vfio"},
	{"tuned", "tuned-adm off, or a profile without it"},
	{"numad", "numad -x PID"},
};

#define N_DAEMONS (sizeof(daemons) / sizeof(daemons[0]))

static void look(const struct pb_root *root, bool runs[N_DAEMONS])
{
	struct pb_strv pids = {0};
	char name[32];

	pb_root_list(root, &pids, "/proc");
	for (size_t i = 0; i < pids.n; i++) {
		if (pids.v[i][0] < '0' || pids.v[i][0] > '9' ||
		    pb_root_read(root, name, sizeof(name), "/proc/%s/comm", pids.v[i]) <= 0)
			continue;
		for (size_t k = 0; k < N_DAEMONS; k++)
			runs[k] = runs[k] || !strcmp(name, daemons[k].comm);
	}
	pb_strv_fini(&pids);
}

void pb_fight_text(char *buf, size_t size, const struct pb_root *root, const struct pb_fight *f)
{
	bool runs[N_DAEMONS] = {false};
	size_t len;

	look(root, runs);
	snprintf(buf, size, "somebody set %s from %s to %s within the window: a fight is not joined", f->what,
		 f->ours, f->found);
	for (size_t k = 0; k < N_DAEMONS; k++) {
		len = strlen(buf);
		if (runs[k])
			snprintf(buf + len, size - len, "; %s runs here: %s", daemons[k].comm,
				 daemons[k].advice);
	}
}

const char *pb_fought_told(const void *state)
{
	const struct pb_fought *f = state;

	return f->text[0] ? f->text : NULL;
}
