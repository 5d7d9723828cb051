/* Settings that tune writes: only those of the table, with the way back; choices in brackets are read as
 * such. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/lib/json.h"
#include "engine/run/tune/action.h"
#include "tests/unit/faketree.h"

static struct pb_finding finding(const char *path, const char *value)
{
	struct pb_finding f = {.rule = (char *)"R-X"};

	f.params = json_pack("{s:s,s:s,s:s}", "kind", "setting", "path", path, "value", value);
	return f;
}

static void only_settings_of_the_table_are_written(void **state)
{
	static const char *const never[] = {
		"/sys/block/nvme0n1/queue/write_cache",
		"/etc/passwd",
		"/sys/block/../../etc/passwd",
		"/sys/block/a/b/queue/scheduler",
		"/proc/sys/vm/drop_caches",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		struct pb_finding f = finding(never[i], "1");
		struct pb_action_target t = {.f = &f};
		struct pb_err err = PB_ERR_INIT;
		void *s = NULL;

		assert_null(pb_action_for(&f));
		assert_true(pb_action_setting.open(&s, &t, &err) < 0);
		assert_int_equal(err.status, PB_UNSAFE);
		json_decref(f.params);
	}
}

static void a_setting_without_value_is_for_people(void **state)
{
	struct pb_finding f = finding("/sys/module/kvm/parameters/halt_poll_ns", "");

	(void)state;
	assert_null(pb_action_for(&f));
	json_decref(f.params);
}

static void a_choice_is_set_and_comes_back(void **state)
{
	struct pb_finding f = finding("/sys/block/vda/queue/scheduler", "none");
	struct pb_action_target t = {.f = &f};
	struct pb_undo *u = NULL;
	struct faketree tree;
	char path[300], now[64];
	void *s = NULL;
	json_t *changes;

	(void)state;
	fake_make(&tree);
	fake_put(&tree, "proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_put(&tree, "sys/block/vda/queue/scheduler", "[mq-deadline] none\n");
	snprintf(path, sizeof(path), "%s/undo.log", tree.dir.path);
	assert_int_equal(pb_undo_open(&u, &tree.root, path, NULL), 0);
	t.root = &tree.root;
	t.undo = u;
	assert_ptr_equal(pb_action_for(&f), &pb_action_setting);
	assert_int_equal(pb_action_setting.open(&s, &t, NULL), 0);
	assert_int_equal(pb_action_setting.set(s, NULL), 0);
	assert_true(pb_action_setting.effective(s));
	changes = pb_action_setting.changes(s);
	assert_string_equal(pb_json_str(json_array_get(changes, 0), "read_back", ""), "none");
	json_decref(changes);
	assert_int_equal(pb_undo_revert(u, UINT_MAX, NULL), 0);
	assert_true(pb_root_read(&tree.root, now, sizeof(now), "/sys/block/vda/queue/scheduler") >= 0);
	assert_string_equal(now, "mq-deadline"); /* the word alone: what the kernel takes */
	pb_action_setting.close(s);
	pb_undo_close(u);
	json_decref(f.params);
	fake_remove(&tree);
}

static void every_kind_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; pb_actions[i]; i++)
		for (size_t k = i + 1; pb_actions[k]; k++)
			assert_string_not_equal(pb_actions[i]->kind, pb_actions[k]->kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_settings_of_the_table_are_written),
		cmocka_unit_test(a_setting_without_value_is_for_people),
		cmocka_unit_test(a_choice_is_set_and_comes_back),
		cmocka_unit_test(every_kind_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
