/* Somebody else writes what tune has changed: seen behind the window, told with who may be it, and not kept.
 */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/tune/action.h"
#include "engine/run/tune/fight.h"
#include "engine/run/tune/tune.h"
#include "tests/unit/faketree.h"

#define BDF "0000:00:03.0"
#define VEC "vfio-msix[0](" BDF ")"
#define HALT "/sys/module/kvm/parameters/halt_poll_ns"

struct world {
	struct faketree tree;
	struct pb_undo *undo;
	struct pb_finding f;
	struct pb_action_target t;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char log[256];

	fake_make(&w->tree);
	fake_put(&w->tree, "proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_put(&w->tree, "proc/interrupts",
		 "            CPU0       CPU1\n"
		 " 24:          1          2  IR-PCI-MSIX-" BDF "    0-edge      " VEC "\n");
	fake_put(&w->tree, "proc/irq/24/smp_affinity_list", "0-1\n");
	fake_put(&w->tree, "proc/irq/24/effective_affinity_list", "0\n");
	fake_put(&w->tree, "sys/bus/pci/devices/" BDF "/vendor", "0x1b36\n");
	fake_put(&w->tree, &HALT[1], "200000\n");
	fake_put(&w->tree, "proc/1/comm", "init\n");
	snprintf(log, sizeof(log), "%s/undo.log", w->tree.dir.path);
	assert_int_equal(pb_undo_open(&w->undo, &w->tree.root, log, NULL), 0);
	w->f.rule = (char *)"R-X";
	w->t = (struct pb_action_target){.root = &w->tree.root, .undo = w->undo, .bdf = BDF, .f = &w->f};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pb_undo_close(w->undo);
	json_decref(w->f.params);
	fake_remove(&w->tree);
	free(w);
	return 0;
}

/* The action of w's finding, set, with one changed window that nobody disturbed. */
static const struct pb_action *changed(struct world *w, void **s)
{
	const struct pb_action *a = pb_action_for(&w->f);

	assert_non_null(a);
	assert_int_equal(a->open(s, &w->t, NULL), 0);
	assert_int_equal(a->set(*s, NULL), 0);
	assert_int_equal(a->begin(*s, NULL), 0);
	assert_int_equal(a->count(*s, 1, NULL), 0);
	assert_null(a->fought(*s));
	return a;
}

static void irqbalance_moves_a_vector_back(void **state)
{
	struct world *w = *state;
	const struct pb_action *a;
	void *s = NULL;

	w->f.params =
		json_pack("{s:s,s:[{s:s,s:s}]}", "kind", "irq-affinity", "vectors", "name", VEC, "new", "1");
	a = changed(w, &s);
	fake_put(&w->tree, "proc/812/comm", "irqbalance\n");
	fake_put(&w->tree, "proc/irq/24/smp_affinity_list", "0\n");
	assert_int_equal(a->count(s, 1, NULL), 0);
	assert_non_null(strstr(a->fought(s), "from 1 to 0"));
	assert_non_null(strstr(a->fought(s), "irqbalance runs here: irqbalance --banmod=vfio"));
	a->close(s);
}

static void tuned_sets_a_setting_back(void **state)
{
	struct world *w = *state;
	const struct pb_action *a;
	void *s = NULL;

	w->f.params = json_pack("{s:s,s:s,s:s}", "kind", "setting", "path", HALT, "value", "0");
	a = changed(w, &s);
	fake_put(&w->tree, &HALT[1], "200000\n");
	/* what stands in the windows of the machine as found is nobody's fight */
	assert_int_equal(a->count(s, 0, NULL), 0);
	assert_null(a->fought(s));
	assert_int_equal(a->count(s, 1, NULL), 0);
	assert_non_null(strstr(a->fought(s), HALT " from 0 to 200000"));
	assert_null(strstr(a->fought(s), "runs here")); /* nobody known does */
	a->close(s);
}

static void a_fight_is_not_kept(void **state)
{
	struct pb_verdict v;

	(void)state;
	pb_tune_not_measured("somebody set it back", &v);
	assert_false(v.keep);
	assert_true(isnan(v.ratio.est) && isnan(v.p));
	assert_string_equal(v.reason, "somebody set it back");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(irqbalance_moves_a_vector_back, setup, teardown),
		cmocka_unit_test_setup_teardown(tuned_sets_a_setting_back, setup, teardown),
		cmocka_unit_test(a_fight_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
