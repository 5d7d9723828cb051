/*
 * Making and judging stamped blocks, sector by sector.
 */
#include "engine/lib/stamp.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/crc32c.h"

#define MAGIC 0x504d415453425050ull /* "PPBSTAMP" in memory */

/* The beginning of a sector; little-endian, as everything this runs on. */
struct head {
	uint64_t magic, run, lba;
	uint32_t pass, crc; /* crc: over the sector with this word zero */
};

const char *const pb_stamp_names[PB_STAMP_KINDS] = {"good", "corrupted", "misdirected",
						    "torn", "stale",     "unstamped"};

/* splitmix64 (Steele, Lea, Flood 2014): one step. */
static uint64_t mix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void fill_sector(unsigned char *sector, const struct pb_stamp *s, uint64_t lba, uint32_t pass)
{
	struct head h = {.magic = MAGIC, .run = s->run, .lba = lba, .pass = pass};
	uint64_t state = s->seed ^ lba * 0xd6e8feb86659fd93ull ^ (uint64_t)pass << 40, word;

	memcpy(sector, &h, sizeof(h));
	for (size_t at = sizeof(h); at < PB_STAMP_SECTOR; at += sizeof(word)) {
		word = mix(&state);
		memcpy(sector + at, &word, sizeof(word));
	}
	h.crc = pb_crc32c(sector, PB_STAMP_SECTOR);
	memcpy(sector, &h, sizeof(h));
}

void pb_stamp_fill(unsigned char block[PB_STAMP_BLOCK], const struct pb_stamp *s)
{
	for (unsigned i = 0; i < PB_STAMP_SECTORS; i++)
		fill_sector(block + (size_t)i * PB_STAMP_SECTOR, s, s->lba + i, s->pass);
}

/* What one sector turned out to be. */
struct sector {
	enum { UNSTAMPED, DAMAGED, ELSEWHERE, STAMPED } state;
	bool ours; /* of the run that is looked for, as far as the stamp still tells */
	struct head h;
};

/* A few wrong bytes in the stamp itself hide the magic; the rest of the sector still shows what it was. */
static bool resembles(const unsigned char *a, const unsigned char *b)
{
	unsigned same = 0;

	for (unsigned i = 0; i < PB_STAMP_SECTOR; i++)
		same += a[i] == b[i];
	return same >= PB_STAMP_SECTOR / 2;
}

static bool crc_right(const unsigned char *sector, const struct head *h)
{
	unsigned char copy[PB_STAMP_SECTOR];
	struct head zero = *h;

	zero.crc = 0;
	memcpy(copy, sector, sizeof(copy));
	memcpy(copy, &zero, sizeof(zero));
	return pb_crc32c(copy, sizeof(copy)) == h->crc;
}

static void judge_sector(const unsigned char *sector, const struct pb_stamp *s, uint64_t lba, uint32_t oldest,
			 struct sector *out)
{
	unsigned char want[PB_STAMP_SECTOR];

	memcpy(&out->h, sector, sizeof(out->h));
	out->ours = out->h.magic == MAGIC && out->h.run == s->run;
	if (out->h.magic != MAGIC) {
		out->state = UNSTAMPED;
		for (uint32_t pass = s->pass; pass && pass >= oldest && !out->ours; pass--) {
			fill_sector(want, s, lba, pass);
			out->ours = resembles(sector, want);
		}
		if (out->ours)
			out->state = DAMAGED;
		return;
	}
	out->state = STAMPED;
	if (!crc_right(sector, &out->h))
		out->state = DAMAGED;
	else if (out->h.lba != lba)
		out->state = ELSEWHERE;
	else if (out->ours) {
		fill_sector(want, s, lba, out->h.pass);
		if (memcmp(sector, want, sizeof(want)) != 0)
			out->state = DAMAGED; /* a right CRC over a wrong payload */
	}
}

static bool same_age(const struct sector *a, const struct sector *b)
{
	return a->state == b->state &&
	       (a->state != STAMPED || (a->h.run == b->h.run && a->h.pass == b->h.pass));
}

static void describe(const struct sector *c, const struct pb_stamp *s, char *out, size_t size)
{
	if (c->state == UNSTAMPED)
		snprintf(out, size, "no stamp");
	else if (c->state == DAMAGED)
		snprintf(out, size, "damaged sector");
	else if (c->state == ELSEWHERE)
		snprintf(out, size, "lba %llu pass %u%s", (unsigned long long)c->h.lba, c->h.pass,
			 c->h.run == s->run ? "" : " of another run");
	else if (c->h.run != s->run)
		snprintf(out, size, "pass %u of another run", c->h.pass);
	else
		snprintf(out, size, "pass %u", c->h.pass);
}

/* "sector 3: lba 800 pass 2": the first sector in this state. */
static void tell_first(const struct sector *c, int state, const struct pb_stamp *s, char *found, size_t size)
{
	char what[64];

	for (unsigned i = 0; i < PB_STAMP_SECTORS; i++) {
		if ((int)c[i].state != state)
			continue;
		describe(&c[i], s, what, sizeof(what));
		snprintf(found, size, "sector %u: %s", i, what);
		return;
	}
}

/* "pass 2 in sectors 0-3, then pass 1": where the first seam is. */
static void tell_seam(const struct sector *c, const struct pb_stamp *s, char *found, size_t size)
{
	char a[64], b[64];
	unsigned i = 1;

	while (i < PB_STAMP_SECTORS - 1 && same_age(&c[0], &c[i]))
		i++;
	describe(&c[0], s, a, sizeof(a));
	describe(&c[i], s, b, sizeof(b));
	snprintf(found, size, "%s in sectors 0-%u then %s", a, i - 1, b);
}

static unsigned count(const struct sector *c, int state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PB_STAMP_SECTORS; i++)
		n += (int)c[i].state == state;
	return n;
}

/* All sectors are of one age: is it one that may be there? */
static enum pb_stamp_kind judge_age(const struct sector *c, const struct pb_stamp *s, uint32_t oldest)
{
	if (c->ours && c->h.pass >= oldest && c->h.pass <= s->pass)
		return PB_STAMP_GOOD;
	return c->state == UNSTAMPED ? PB_STAMP_UNSTAMPED : PB_STAMP_STALE;
}

static enum pb_stamp_kind judge_block(const unsigned char *block, const struct pb_stamp *s, uint32_t oldest,
				      char *found, size_t size)
{
	struct sector c[PB_STAMP_SECTORS];
	enum pb_stamp_kind kind;
	bool one_age = true, ours = false;

	for (unsigned i = 0; i < PB_STAMP_SECTORS; i++) {
		judge_sector(block + (size_t)i * PB_STAMP_SECTOR, s, s->lba + i, oldest, &c[i]);
		one_age = one_age && same_age(&c[0], &c[i]);
		ours = ours || c[i].ours;
	}
	if (!ours && oldest == 0)
		return PB_STAMP_GOOD; /* whatever was there before */
	if (count(c, DAMAGED)) {
		tell_first(c, DAMAGED, s, found, size);
		return PB_STAMP_CORRUPTED;
	}
	if (count(c, ELSEWHERE)) {
		tell_first(c, ELSEWHERE, s, found, size);
		return PB_STAMP_MISDIRECTED;
	}
	if (!one_age) {
		tell_seam(c, s, found, size);
		return PB_STAMP_TORN;
	}
	kind = judge_age(&c[0], s, oldest);
	if (kind != PB_STAMP_GOOD)
		describe(&c[0], s, found, size);
	return kind;
}

enum pb_stamp_kind pb_stamp_check(const unsigned char block[PB_STAMP_BLOCK], const struct pb_stamp *s,
				  uint32_t oldest, char *found, size_t size)
{
	unsigned char want[PB_STAMP_BLOCK];

	/* nearly always: exactly what was written */
	pb_stamp_fill(want, s);
	if (memcmp(block, want, sizeof(want)) == 0)
		return PB_STAMP_GOOD;
	return judge_block(block, s, oldest, found, size);
}
