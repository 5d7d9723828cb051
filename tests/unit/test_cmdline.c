/*
 * Module parameters from the kernel's command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/agent/cmdline.h"

static void module_is(const char *cmdline, const char *path, const char *wanted)
{
	char params[32];

	pb_cmdline_module(cmdline, path, params, sizeof(params));
	assert_string_equal(params, wanted);
}

static void only_words_of_the_module_count(void **state)
{
	(void)state;
	module_is("quiet nvme.poll_queues=2 panic=-1\n", "/lib/nvme.ko", "poll_queues=2");
	module_is("nvme.a=1 nvme.b=2", "/lib/nvme.ko", "a=1 b=2");
	module_is("nvme_core.multipath=N nvme.a=1", "/lib/nvme_core.ko", "multipath=N");
	module_is("nvme_core.multipath=N", "/lib/nvme.ko", "");
	module_is("nvme. nvme xnvme.a=1", "nvme.ko", "");
	module_is("", "/lib/nvme.ko", "");
}

static void what_does_not_fit_is_left_out(void **state)
{
	(void)state;
	module_is("n.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1 n.b=2", "n.ko", "b=2");
	module_is("n.2345678901234567890123456789=1 n.b=2", "n.ko", "2345678901234567890123456789=1");
	module_is("n.23456789012345678901234567890=1 n.b", "n.ko", "23456789012345678901234567890=1");
	module_is("n.234567890123456789012345678901=1 n.b", "n.ko", "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_words_of_the_module_count),
		cmocka_unit_test(what_does_not_fit_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
