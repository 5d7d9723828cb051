/*
 * Stamped blocks: each kind of damage, planted at random places, is called by its name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/stamp.h"

#define CASES 500

static const struct pb_stamp base = {.run = 0x1234567890abcdef, .seed = 42, .lba = 8000, .pass = 3};
static char found[96];

static unsigned pick(unsigned n)
{
	return (unsigned)rand() % n;
}

static struct pb_stamp some(void)
{
	struct pb_stamp s = base;

	s.run ^= (uint64_t)rand() << 20;
	s.seed = (uint64_t)rand();
	s.lba = (uint64_t)rand() * PB_STAMP_SECTORS;
	s.pass = 2 + pick(100);
	return s;
}

static enum pb_stamp_kind check(const unsigned char *block, const struct pb_stamp *s)
{
	found[0] = '\0';
	return pb_stamp_check(block, s, s->pass, found, sizeof(found));
}

static void what_was_written_is_good(void **state)
{
	unsigned char block[PB_STAMP_BLOCK];

	(void)state;
	srand(1);
	for (unsigned i = 0; i < CASES; i++) {
		struct pb_stamp s = some();

		pb_stamp_fill(block, &s);
		assert_int_equal(check(block, &s), PB_STAMP_GOOD);
		assert_string_equal(found, "");
	}
}

/* Blocks of another seed, run, place or pass share nothing that could be taken for one another. */
static void payloads_differ(void **state)
{
	unsigned char a[PB_STAMP_BLOCK], b[PB_STAMP_BLOCK];
	struct pb_stamp s = base;
	unsigned same = 0;

	(void)state;
	pb_stamp_fill(a, &base);
	s.lba += PB_STAMP_SECTORS;
	pb_stamp_fill(b, &s);
	for (unsigned i = 0; i < PB_STAMP_BLOCK; i++)
		same += a[i] == b[i];
	assert_true(same < 400); /* heads are half alike, payloads 1 in 256 */
}

/* Any number of wrong bytes anywhere, stamps included. */
static void wrong_bytes_are_corruption(void **state)
{
	unsigned char block[PB_STAMP_BLOCK];

	(void)state;
	srand(2);
	for (unsigned i = 0; i < CASES; i++) {
		struct pb_stamp s = some();

		pb_stamp_fill(block, &s);
		for (unsigned at = pick(1000), n = 1 + pick(4); n;
		     n--, at += 1 + pick(1000)) /* no byte twice */
			block[at] ^= (unsigned char)(1 + pick(255));
		assert_int_equal(check(block, &s), PB_STAMP_CORRUPTED);
		assert_non_null(strstr(found, "damaged sector"));
	}
}

/* Each byte of the stamp by itself: none is unprotected. */
static void every_byte_of_a_stamp_counts(void **state)
{
	unsigned char block[PB_STAMP_BLOCK];

	(void)state;
	for (unsigned i = 0; i < PB_STAMP_SECTOR; i++) {
		pb_stamp_fill(block, &base);
		block[5 * PB_STAMP_SECTOR + i] ^= 1;
		assert_int_equal(check(block, &base), PB_STAMP_CORRUPTED);
		assert_string_equal(found, "sector 5: damaged sector");
	}
}

static void another_address_is_misdirection(void **state)
{
	unsigned char block[PB_STAMP_BLOCK], other[PB_STAMP_BLOCK];

	(void)state;
	srand(3);
	for (unsigned i = 0; i < CASES; i++) {
		struct pb_stamp s = some(), o = s;
		unsigned first = pick(PB_STAMP_SECTORS), n = 1 + pick(PB_STAMP_SECTORS - first);
		char want[64];

		o.lba = (s.lba / 8 ^ (1 + pick(1000))) * 8;
		o.pass -= pick(2);
		pb_stamp_fill(block, &s);
		pb_stamp_fill(other, &o);
		memcpy(block + first * PB_STAMP_SECTOR, other + first * PB_STAMP_SECTOR, n * PB_STAMP_SECTOR);
		assert_int_equal(check(block, &s), PB_STAMP_MISDIRECTED);
		snprintf(want, sizeof(want), "sector %u: lba %llu pass %u", first,
			 (unsigned long long)(o.lba + first), o.pass);
		assert_string_equal(found, want);
	}
}

/* Sectors in the wrong order inside one block are misdirected too. */
static void swapped_sectors_are_misdirection(void **state)
{
	unsigned char block[PB_STAMP_BLOCK], copy[PB_STAMP_BLOCK];

	(void)state;
	pb_stamp_fill(block, &base);
	memcpy(copy, block, sizeof(copy));
	memcpy(block, copy + PB_STAMP_SECTOR, PB_STAMP_SECTOR);
	memcpy(block + PB_STAMP_SECTOR, copy, PB_STAMP_SECTOR);
	assert_int_equal(check(block, &base), PB_STAMP_MISDIRECTED);
}

static void an_old_block_is_stale(void **state)
{
	unsigned char block[PB_STAMP_BLOCK];
	char want[64];

	(void)state;
	srand(4);
	for (unsigned i = 0; i < CASES; i++) {
		struct pb_stamp s = some(), old = s;

		old.pass = 1 + pick(s.pass - 1);
		pb_stamp_fill(block, &old);
		assert_int_equal(check(block, &s), PB_STAMP_STALE);
		snprintf(want, sizeof(want), "pass %u", old.pass);
		assert_string_equal(found, want);
	}
}

static void a_block_of_another_run_is_stale(void **state)
{
	unsigned char block[PB_STAMP_BLOCK];
	struct pb_stamp old = base;

	(void)state;
	old.run++;
	old.seed++;
	pb_stamp_fill(block, &old);
	assert_int_equal(check(block, &base), PB_STAMP_STALE);
	assert_string_equal(found, "pass 3 of another run");
}

/* New and old (or never written) sectors in one block, either way round. */
static void mixed_ages_are_torn(void **state)
{
	unsigned char block[PB_STAMP_BLOCK], old[PB_STAMP_BLOCK];

	(void)state;
	srand(5);
	for (unsigned i = 0; i < CASES; i++) {
		struct pb_stamp s = some(), o = s;
		unsigned cut = (1 + pick(PB_STAMP_SECTORS - 1)) * PB_STAMP_SECTOR;

		memset(old, 0, sizeof(old));
		o.pass = pick(s.pass);
		if (o.pass)
			pb_stamp_fill(old, &o);
		pb_stamp_fill(block, &s);
		if (pick(2))
			memcpy(block, old, cut);
		else
			memcpy(block + cut, old + cut, sizeof(block) - cut);
		assert_int_equal(check(block, &s), PB_STAMP_TORN);
		assert_non_null(strstr(found, " then "));
	}
}

static void the_seam_of_a_torn_block_is_told(void **state)
{
	unsigned char block[PB_STAMP_BLOCK], old[PB_STAMP_BLOCK];
	struct pb_stamp o = base;

	(void)state;
	o.pass = 2;
	pb_stamp_fill(old, &o);
	pb_stamp_fill(block, &base);
	memcpy(block + 2048, old + 2048, 2048);
	assert_int_equal(check(block, &base), PB_STAMP_TORN);
	assert_string_equal(found, "pass 3 in sectors 0-3 then pass 2");
}

static void zeros_and_noise_carry_no_stamp(void **state)
{
	unsigned char block[PB_STAMP_BLOCK] = {0};

	(void)state;
	assert_int_equal(check(block, &base), PB_STAMP_UNSTAMPED);
	srand(6);
	for (unsigned i = 0; i < CASES; i++) {
		for (unsigned k = 0; k < sizeof(block); k++)
			block[k] = (unsigned char)rand();
		assert_int_equal(check(block, &base), PB_STAMP_UNSTAMPED);
		assert_string_equal(found, "no stamp");
	}
}

/* A write pass that was cut off: both passes may be there, but not in one block. */
static void a_range_of_passes(void **state)
{
	unsigned char block[PB_STAMP_BLOCK], old[PB_STAMP_BLOCK];
	struct pb_stamp s = base;

	(void)state;
	s.pass = 2;
	pb_stamp_fill(old, &s);
	assert_int_equal(pb_stamp_check(old, &base, 2, found, sizeof(found)), PB_STAMP_GOOD);
	assert_int_equal(pb_stamp_check(old, &base, 3, found, sizeof(found)), PB_STAMP_STALE);
	pb_stamp_fill(block, &base);
	memcpy(block, old, 512);
	assert_int_equal(pb_stamp_check(block, &base, 2, found, sizeof(found)), PB_STAMP_TORN);
}

/* Cut off in the first pass: what was there before is none of our business, unless mixed with ours. */
static void before_the_first_pass(void **state)
{
	unsigned char block[PB_STAMP_BLOCK] = {0}, mine[PB_STAMP_BLOCK];
	struct pb_stamp s = base, other = base;

	(void)state;
	s.pass = 1;
	assert_int_equal(pb_stamp_check(block, &s, 0, found, sizeof(found)), PB_STAMP_GOOD);
	other.run++;
	other.lba += 80;
	pb_stamp_fill(block, &other);
	block[700] ^= 1;
	assert_int_equal(pb_stamp_check(block, &s, 0, found, sizeof(found)), PB_STAMP_GOOD);
	pb_stamp_fill(mine, &s);
	assert_int_equal(pb_stamp_check(mine, &s, 0, found, sizeof(found)), PB_STAMP_GOOD);
	memset(block, 0, sizeof(block));
	memcpy(block + 1024, mine + 1024, 1024);
	assert_int_equal(pb_stamp_check(block, &s, 0, found, sizeof(found)), PB_STAMP_TORN);
	mine[3000] ^= 1;
	assert_int_equal(pb_stamp_check(mine, &s, 0, found, sizeof(found)), PB_STAMP_CORRUPTED);
}

/* A right CRC over a payload that this run cannot have written: another seed. */
static void a_whole_sector_of_another_seed_is_corruption(void **state)
{
	unsigned char block[PB_STAMP_BLOCK];
	struct pb_stamp s = base;

	(void)state;
	s.seed++;
	pb_stamp_fill(block, &s);
	assert_int_equal(check(block, &base), PB_STAMP_CORRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_good),
		cmocka_unit_test(payloads_differ),
		cmocka_unit_test(wrong_bytes_are_corruption),
		cmocka_unit_test(every_byte_of_a_stamp_counts),
		cmocka_unit_test(another_address_is_misdirection),
		cmocka_unit_test(swapped_sectors_are_misdirection),
		cmocka_unit_test(an_old_block_is_stale),
		cmocka_unit_test(a_block_of_another_run_is_stale),
		cmocka_unit_test(mixed_ages_are_torn),
		cmocka_unit_test(the_seam_of_a_torn_block_is_told),
		cmocka_unit_test(zeros_and_noise_carry_no_stamp),
		cmocka_unit_test(a_range_of_passes),
		cmocka_unit_test(before_the_first_pass),
		cmocka_unit_test(a_whole_sector_of_another_seed_is_corruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
