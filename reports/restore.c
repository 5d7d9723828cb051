/*
 * Sizes over rates, nothing more: no guess at what another block size or another direction would give.
 */
#include "reports/restore.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"

/* Copy tools move blocks of 64 KiB and more (dd and cp at most 128 KiB, image tools 1 to 2 MiB). */
#define LARGE_BYTES 65536.0
#define TB 1e12

/* "4k", "1m", "128k-1m" (a range: its lower end counts), "4k,64k" (reads, writes: the first); 0 when
 * unreadable. */
static double block_bytes(const char *bs)
{
	char *end;
	double n = strtod(bs, &end);

	switch (*end) {
	case 'k':
	case 'K':
		return n * 1024;
	case 'm':
	case 'M':
		return n * 1024 * 1024;
	case 'g':
	case 'G':
		return n * 1024 * 1024 * 1024;
	default:
		return end == bs ? 0 : n;
	}
}

static const struct pb_step *fastest(const struct pb_steps *s)
{
	const struct pb_step *best = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].valid && s->v[i].phase == 's' && s->v[i].bw_bytes_s > 0 &&
		    (!best || s->v[i].bw_bytes_s > best->bw_bytes_s))
			best = &s->v[i];
	return best;
}

/* Bytes of that direction between the stamps, over all jobs: last count inside less first. NAN when not
 * counted. */
static double bytes_in(const struct pb_table *t, const char *column, const struct pb_step *s)
{
	int c = pb_table_col(t, column);
	double first = NAN, last = NAN;
	int64_t t0 = PB_NA, t1 = PB_NA;

	for (size_t i = 0; i < pb_table_rows(t); i++) {
		int64_t at = pb_table_i64(t, i, 0);
		double n = pb_table_num(t, i, c);

		if (at < s->t0_ns || at > s->t1_ns || !isfinite(n))
			continue;
		if (t0 == PB_NA || at == t0) {
			first = (t0 == PB_NA ? 0 : first) + n;
			t0 = at;
		}
		last = at == t1 ? last + n : n;
		t1 = at;
	}
	return t1 > t0 ? last - first : NAN;
}

/* The writes' share of the bytes; NAN when it cannot be told. */
static double write_share(const json_t *manifest, int dirfd, const struct pb_step *s)
{
	const char *rw = pb_json_str(json_object_get(manifest, "profile"), "rw", "");
	const char *guest = pb_json_str(json_object_get(manifest, "guest"), "name", "");
	struct pb_table *t = NULL;
	double read, written;
	char name[160];

	if (!strcmp(rw, "read") || !strcmp(rw, "randread"))
		return 0;
	if (!strcmp(rw, "write") || !strcmp(rw, "randwrite"))
		return 1;
	snprintf(name, sizeof(name), "guest/%.64s/engine.csv", guest);
	if (pb_table_read(&t, dirfd, name, NULL) < 0)
		return NAN;
	read = bytes_in(t, "read_bytes", s);
	written = bytes_in(t, "write_bytes", s);
	pb_table_free(t);
	return read + written > 0 ? written / (read + written) : NAN;
}

static struct pb_restore_rate rate_of(const struct pb_step *s, double share)
{
	double per_io = s->bw_bytes_s / s->iops.est * share;
	struct pb_ci none = {NAN, NAN, NAN};

	if (!(share > 0))
		return (struct pb_restore_rate){none, NULL};
	return (struct pb_restore_rate){{s->bw_bytes_s * share, s->iops.lo * per_io, s->iops.hi * per_io}, s};
}

static enum pb_restore_basis basis_of(const json_t *profile)
{
	if (block_bytes(pb_json_str(profile, "bs", "")) < LARGE_BYTES)
		return PB_RESTORE_SMALL;
	return strncmp(pb_json_str(profile, "rw", ""), "rand", 4) != 0 ? PB_RESTORE_SEQUENTIAL
								       : PB_RESTORE_LARGE;
}

void pb_restore_estimate(struct pb_restore *r, const struct pb_steps *steps, const json_t *manifest,
			 int dirfd)
{
	const struct pb_step *s = fastest(steps);
	double share = s ? write_share(manifest, dirfd, s) : NAN;
	double size = pb_json_num(json_object_get(manifest, "disk"), "size_bytes", NAN);

	*r = (struct pb_restore){
		.read = {{NAN, NAN, NAN}, NULL},
		.write = {{NAN, NAN, NAN}, NULL},
		.basis = basis_of(json_object_get(manifest, "profile")),
		.size_bytes = {size > 0 ? size : NAN, 1 * TB, 4 * TB, 10 * TB},
		.sustained = json_is_true(json_object_get(json_object_get(manifest, "steady"), "steady")),
		.mixed = share > 0 && share < 1,
	};
	if (!s || !isfinite(share))
		return;
	r->read = rate_of(s, 1 - share);
	r->write = rate_of(s, share);
}

size_t pb_restore_notes(const struct pb_restore *r, enum pb_message notes[PB_RESTORE_NOTES])
{
	static const enum pb_message basis[] = {PB_MSG_RESTORE_SEQUENTIAL, PB_MSG_RESTORE_LARGE,
						PB_MSG_RESTORE_SMALL};
	size_t n = 0;

	notes[n++] = basis[r->basis];
	if (r->mixed)
		notes[n++] = PB_MSG_RESTORE_MIXED;
	if (r->write.step)
		notes[n++] = r->sustained ? PB_MSG_RESTORE_STEADY : PB_MSG_RESTORE_BURST;
	notes[n++] = PB_MSG_RESTORE_ALONE;
	return n;
}

struct pb_ci pb_restore_seconds(const struct pb_restore_rate *rate, double size_bytes)
{
	struct pb_ci s = {size_bytes / rate->bytes_s.est, NAN, NAN};

	if (rate->bytes_s.lo > 0 && isfinite(rate->bytes_s.hi)) {
		s.lo = size_bytes / rate->bytes_s.hi;
		s.hi = size_bytes / rate->bytes_s.lo;
	}
	return s;
}
