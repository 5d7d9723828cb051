/*
 * Parser and widening of block device counters (block/genhd.c, part_stat_show). Reads no file.
 */
#include "engine/collectors/blkstat.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "engine/lib/csv.h"

#define FIELDS_MIN 11u
#define HALF 0x80000000LL
#define RANGE 0x100000000LL

int pb_blkstat_parse(const char *text, int64_t v[PB_BLK_FIELDS])
{
	int64_t x[PB_BLK_FIELDS];
	size_t n = 0;

	for (const char *p = text; n < PB_BLK_FIELDS; n++) {
		int64_t value = 0;
		bool fits = true;

		p += strspn(p, " ");
		if (*p < '0' || *p > '9')
			break;
		for (; *p >= '0' && *p <= '9'; p++) {
			fits = fits && value <= (INT64_MAX - 9) / 10;
			value = fits ? 10 * value + (*p - '0') : 0;
		}
		x[n] = fits ? value : PB_NA;
	}
	if (n < FIELDS_MIN)
		return -EINVAL;
	while (n < PB_BLK_FIELDS)
		x[n++] = PB_NA;
	memcpy(v, x, sizeof(x));
	return 0;
}

static bool is_ms(size_t field)
{
	switch (field) {
	case PB_BLK_READ_MS:
	case PB_BLK_WRITE_MS:
	case PB_BLK_IO_MS:
	case PB_BLK_QUEUE_MS:
	case PB_BLK_DISCARD_MS:
	case PB_BLK_FLUSH_MS:
		return true;
	default:
		return false;
	}
}

static int64_t grown(size_t field, int64_t last, int64_t now)
{
	if (now >= last)
		return now - last;
	if (is_ms(field) && last < RANGE && last >= HALF && now < HALF)
		return now + RANGE - last;
	return now;
}

void pb_blkcount_add(struct pb_blkcount *c, const int64_t v[PB_BLK_FIELDS])
{
	for (size_t i = 0; i < PB_BLK_FIELDS; i++) {
		int64_t last = c->last[i] == PB_NA ? 0 : c->last[i], sum = c->sum[i] == PB_NA ? 0 : c->sum[i],
			d;

		if (v[i] == PB_NA || i == PB_BLK_INFLIGHT) {
			c->sum[i] = v[i];
			continue;
		}
		d = grown(i, last, v[i]);
		c->last[i] = v[i];
		c->sum[i] = sum > INT64_MAX - d ? PB_NA : sum + d;
	}
}

void pb_blkcount_restart(struct pb_blkcount *c)
{
	memset(c->last, 0, sizeof(c->last));
}
