/*
 * Chooses the disk of a recording and makes one step of its samples. Quantiles it cannot have: only means
 * were recorded.
 */
#include "engine/import/recording.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/stats_batch.h"

#define NAMES_SHOWN 12

/* "a, b, c and 5 more": the disks with I/O, or all. */
static void list_disks(const struct pb_timeline *t, bool busy, char *text, size_t size)
{
	struct pb_timeline_disk d;
	size_t shown = 0, more = 0, len = 0;

	text[0] = '\0';
	for (size_t i = 0; pb_timeline_disk(t, i, &d); i++) {
		if (busy && !(d.ios > 0))
			continue;
		if (shown == NAMES_SHOWN || len + strlen(d.name) + 32 > size) {
			more++;
			continue;
		}
		len += (size_t)snprintf(text + len, size - len, "%s'%s'", shown++ ? ", " : "", d.name);
	}
	if (more)
		snprintf(text + len, size - len, " and %zu more", more);
}

int pb_recording_disk(const struct pb_importing *im, const char *file, bool wanted,
		      struct pb_timeline_disk *disk, bool *found, struct pb_err *err)
{
	const struct pb_timeline *t = im->timeline;
	struct pb_timeline_disk d;
	unsigned n = 0;
	char names[400];

	*found = false;
	for (size_t i = 0; pb_timeline_disk(t, i, &d); i++) {
		if (im->disk ? strcmp(d.name, im->disk) != 0 : !(d.ios > 0))
			continue;
		*disk = d;
		n++;
	}
	*found = n == 1;
	if (*found || (!wanted && !im->disk))
		return 0;
	list_disks(t, !im->disk && n, names, sizeof(names));
	if (!names[0])
		return pb_fail(err, PB_USAGE, ENODATA,
			       "%s: no disk's counters are in it, so there is nothing to make a step of; "
			       "docs/import.md "
			       "says how to record them",
			       file);
	if (im->disk)
		return pb_fail(err, PB_USAGE, ENODEV, "%s: no disk is named '%s'; it has %s", file, im->disk,
			       names);
	return pb_fail(err, PB_USAGE, EINVAL,
		       n ? "%s: several disks had I/O (%s): say which one with --disk"
			 : "%s: none of its disks had any I/O (%s)",
		       file, names);
}

void pb_recording_step(const struct pb_timeline_disk *disk, struct pb_import_step *s)
{
	double seconds = (double)(disk->t1_ns - disk->t0_ns) / 1e9;
	struct pb_batches b = pb_stats_batch_means(disk->iops->v, disk->iops->n);

	pb_import_step_init(s);
	s->t0_ns = disk->t0_ns;
	s->t1_ns = disk->t1_ns;
	/* Nobody asked for a depth, so none can have been missed: mean_depth stays empty. */
	s->depth = disk->queue >= 1.5 && disk->queue < 1e6 ? llround(disk->queue) : 1;
	s->completed = disk->ios;
	s->failed = disk->failed;
	s->bytes = disk->bytes;
	s->reason = disk->failed >= 1 ? "failed-io" : disk->ios > 0 && seconds > 0 ? "" : "no-completions";
	if (!(disk->ios > 0) || !(seconds > 0))
		return;
	s->iops.est = disk->ios / seconds;
	if (isfinite(b.mean.lo)) {
		s->iops.lo = fmax(0, s->iops.est - (b.mean.est - b.mean.lo));
		s->iops.hi = s->iops.est + (b.mean.hi - b.mean.est);
	}
	s->bw_bytes_s = disk->bytes / seconds;
	s->lat_mean_ns = disk->lat_s * 1e9;
	s->batches = b.k;
	s->lag1 = b.lag1;
}
