/* SVGs in a page: ids kept apart, colours of the page, and active content refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reports/svg.h"

static void ids_and_colours(void **state)
{
	static const char in[] =
		"<?xml version=\"1.0\"?>\n<svg viewBox='0 0 10px 20px'><path id='p'/>"
		"<use xlink:href='#p' fill='rgb(0,114,178)' stroke='rgb(  0, 114, 178)'/></svg>\ntail";
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_svg_embed(&b, in, "x-"), 0);
	assert_string_equal(b.data, "<svg viewBox='0 0 10 20'><path id='x-p'/>"
				    "<use xlink:href='#x-p' fill='var(--c1)' stroke='var(--c1)'/></svg>");
	pb_buf_fini(&b);
}

static void active_content_is_refused(void **state)
{
	static const char *const bad[] = {
		"<svg><script>x</script></svg>",
		"<svg><SCRIPT/></svg>",
		"<svg onload='x'></svg>",
		"<svg><g ONCLICK = 'x'/></svg>",
		"<svg><a href='#x'/></svg>",
		"<svg><use href='http://a/b'/></svg>",
		"<svg><use xlink:href=\"data:x\"/></svg>",
		"<svg><rect fill='url(http://a)'/></svg>",
		"<svg><foreignObject/></svg>",
		"<svg><image/></svg>",
		"<svg><style>@import 'x'</style></svg>",
		"not an svg",
		"<svg",
		"",
	};
	struct pb_buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(pb_svg_embed(&b, bad[i], "x-"), -EINVAL);
		assert_int_equal(b.len, 0);
	}
	pb_buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_and_colours),
		cmocka_unit_test(active_content_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
