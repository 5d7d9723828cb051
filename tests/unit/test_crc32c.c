/*
 * CRC32C against RFC 3720's examples, and the two ways of computing it against each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/lib/crc32c.h"

/* RFC 3720 B.4, and the check value of the catalogues. */
static void known_answers(void **state)
{
	unsigned char zeros[32] = {0}, ones[32], up[32];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (unsigned i = 0; i < 32; i++)
		up[i] = (unsigned char)i;
	assert_int_equal(pb_crc32c(zeros, 32), 0x8a9136aa);
	assert_int_equal(pb_crc32c(ones, 32), 0x62a8ab43);
	assert_int_equal(pb_crc32c(up, 32), 0x46dd794e);
	assert_int_equal(pb_crc32c("123456789", 9), 0xe3069283);
	assert_int_equal(pb_crc32c_portable("123456789", 9), 0xe3069283);
	assert_int_equal(pb_crc32c("", 0), 0);
}

static void both_ways_agree(void **state)
{
	unsigned char data[1000];

	(void)state;
	srand(7);
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)rand();
	for (size_t len = 0; len < sizeof(data) - 8; len++)
		assert_int_equal(pb_crc32c(data + len % 8, len), pb_crc32c_portable(data + len % 8, len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(both_ways_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
