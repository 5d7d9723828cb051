/* Risks and checklist: each question speaks, is silent or says that it does not know, and nothing unknown is
 * ever low. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lib/csv.h"
#include "reports/judge.h"

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

/* A set-up that nothing can be said against, as far as one disk without RAID goes. */
static struct pb_inventory good(void)
{
	struct pb_inventory v;

	pb_inventory_init(&v);
	SET(v.path, "vfio");
	SET(v.guest_view, "write back");
	v.safety = 'P';
	v.stack_known = true;
	SET(v.crypt, "dm-1 (vault)");
	SET(v.raid, "md0 (raid1)");
	SET(v.raid_level, "raid1");
	v.raid_degraded = 0;
	SET(v.iommu, "intel");
	v.remapping = 1;
	v.unsafe_interrupts = v.acs_override = 0;
	v.group = 5;
	v.faults_disk = v.faults_host = 0;
	v.smart_known = true;
	v.smart_warning = v.media_errors = v.media_grown = v.throttled = 0;
	v.used_pct = 3;
	v.temp_before_c = v.temp_after_c = 40;
	v.failed_ios = 0;
	v.blocks_checked = 1000;
	v.blocks_bad = 0;
	v.aer_correctable = v.aer_uncorrectable = 0;
	SET(v.firmware, "EDA7602Q");
	SET(v.qemu, "QEMU 10.0.2");
	SET(v.kernel, "6.12");
	SET(v.guest_kernel, "6.1");
	SET(v.guest_kind, "ssh");
	SET(v.microcode, "0x1");
	SET(v.bios, "2.1");
	SET(v.governor, "performance");
	v.idle_exit_us = 2;
	v.taint = 0;
	v.vulnerabilities = 17;
	v.vcpus = v.queues = 4;
	v.files = 20;
	v.changes = 1;
	v.changes_standing = 0;
	v.settings_known = true;
	v.hops.n = 1;
	v.hops.v[0] =
		(struct pb_hop){"0000:01:00.0", "endpoint", "vfio-pci", "", 16, 4, 16, 4, 0, 5, 0, "", false};
	return v;
}

static struct pb_findings none;

/* The judgement as a copy without text; level NONE when the question did not arise. */
static struct pb_judgement ask(const struct pb_inventory *v, const struct pb_findings *fs, const char *id,
			       char *text)
{
	struct pb_judgement found = {.level = PB_LEVEL_NONE};
	struct pb_judged j;

	assert_int_equal(pb_judge(&j, v, fs), 0);
	for (size_t i = 0; i < j.n; i++)
		if (!strcmp(j.v[i].id, id)) {
			found = j.v[i];
			if (text)
				snprintf(text, 400, "%s", j.v[i].text);
		}
	pb_judged_fini(&j);
	found.text = NULL;
	return found;
}

static enum pb_level level(const struct pb_inventory *v, const char *id)
{
	return ask(v, &none, id, NULL).level;
}

static void a_good_setup_has_no_risk(void **state)
{
	struct pb_inventory v = good();
	struct pb_judged j;

	(void)state;
	assert_int_equal(pb_judge(&j, &v, &none), 0);
	assert_int_equal(j.n, PB_JUDGE_COUNT);
	for (size_t i = 0; i < j.n; i++)
		if (j.v[i].level != PB_LEVEL_LOW)
			fail_msg("%s: %s", j.v[i].id, j.v[i].text);
	pb_judged_fini(&j);
}

static void nothing_known_is_never_low(void **state)
{
	struct pb_inventory v;
	struct pb_judged j;

	(void)state;
	pb_inventory_init(&v);
	for (int path = 0; path < 3; path++) {
		SET(v.path, path == 0 ? "" : path == 1 ? "vfio" : "virtio-blk");
		assert_int_equal(pb_judge(&j, &v, &none), 0);
		assert_true(j.n > 15);
		for (size_t i = 0; i < j.n; i++)
			if (j.v[i].level != PB_LEVEL_UNKNOWN)
				fail_msg("path '%s', %s: %s", v.path, j.v[i].id, j.v[i].text);
		pb_judged_fini(&j);
	}
}

static void cache_against_durability(void **state)
{
	struct pb_inventory v = good();

	(void)state;
	SET(v.guest_view, "write through");
	assert_int_equal(level(&v, "cache"), PB_LEVEL_LOW);
	SET(v.path, "virtio-blk");
	assert_int_equal(level(&v, "cache"), PB_LEVEL_UNKNOWN);
	SET(v.cache, "writeback");
	assert_int_equal(level(&v, "cache"), PB_LEVEL_LOW);
	SET(v.cache, "unsafe");
	assert_int_equal(level(&v, "cache"), PB_LEVEL_HIGH);
	v.safety = 0; /* nobody said that the data is disposable */
	assert_int_equal(level(&v, "cache"), PB_LEVEL_HIGH);
	v.safety = 'N';
	assert_int_equal(level(&v, "cache"), PB_LEVEL_MEDIUM);
	SET(v.path, "local");
	assert_int_equal(level(&v, "cache"), PB_LEVEL_NONE);
}

/* What a rule found is said in its words and linked; a harmless finding of the same rule is not a risk. */
static void findings_go_first(void **state)
{
	struct pb_inventory v = good();
	struct pb_findings fs = {0};
	struct pb_judgement j;
	struct pb_finding *f;
	char text[400] = "";

	(void)state;
	SET(v.path, "virtio-blk");
	SET(v.cache, "none");
	f = pb_finding_new(&fs, "irq-ok", "irq");
	f = pb_finding_new(&fs, "R-C4", "cache");
	pb_finding_set(&f->title, "The guest does not flush");
	j = ask(&v, &fs, "cache", text);
	assert_int_equal(j.level, PB_LEVEL_LOW);
	f->severity = PB_SEV_CRITICAL;
	j = ask(&v, &fs, "cache", text);
	assert_int_equal(j.level, PB_LEVEL_HIGH);
	assert_string_equal(text, "The guest does not flush");
	assert_int_equal(j.finding, 2);
	SET(v.path, "vfio");
	f->severity = PB_SEV_INFO;
	f = pb_finding_new(&fs, "cache-vfio", "cache");
	f->severity = PB_SEV_ADVICE;
	pb_finding_set(&f->title, "nothing flushes");
	assert_int_equal(ask(&v, &fs, "cache", text).level, PB_LEVEL_MEDIUM);
	assert_string_equal(text, "nothing flushes");
	v.failed_ios = PB_NA;
	f = pb_finding_new(&fs, "valid-failed-io", "validity");
	f->severity = PB_SEV_CRITICAL;
	pb_finding_set(&f->title, "I/Os failed");
	j = ask(&v, &fs, "failed_io", text);
	assert_int_equal(j.level, PB_LEVEL_HIGH);
	assert_int_equal(j.finding, 4);
	pb_findings_fini(&fs);
}

static void what_the_disk_stands_on(void **state)
{
	struct pb_inventory v = good();

	(void)state;
	v.raid_degraded = 1;
	assert_int_equal(level(&v, "raid"), PB_LEVEL_HIGH);
	v.raid_degraded = PB_NA;
	assert_int_equal(level(&v, "raid"), PB_LEVEL_UNKNOWN);
	SET(v.raid_level, "raid0");
	assert_int_equal(level(&v, "raid"), PB_LEVEL_HIGH);
	v.raid[0] = '\0';
	assert_int_equal(level(&v, "raid"), PB_LEVEL_MEDIUM);
	SET(v.snapshot, "dm-3 (vg-data-cow)");
	assert_int_equal(level(&v, "snapshot"), PB_LEVEL_MEDIUM);
	v.crypt[0] = '\0';
	assert_int_equal(level(&v, "encryption"), PB_LEVEL_MEDIUM);
	v.snapshot[0] = '\0';
	assert_int_equal(level(&v, "snapshot"), PB_LEVEL_LOW);
	SET(v.file, "loop0 (/srv/a.img)"); /* what a file lies on is not known */
	assert_int_equal(level(&v, "raid"), PB_LEVEL_UNKNOWN);
	assert_int_equal(level(&v, "snapshot"), PB_LEVEL_UNKNOWN);
	assert_int_equal(level(&v, "encryption"), PB_LEVEL_UNKNOWN);
	v.file[0] = '\0';
	v.stack_known = false;
	assert_int_equal(level(&v, "encryption"), PB_LEVEL_UNKNOWN);
}

static void health_and_heat(void **state)
{
	struct pb_inventory v = good();
	char text[400] = "";

	(void)state;
	v.used_pct = 100;
	assert_int_equal(level(&v, "health"), PB_LEVEL_MEDIUM);
	v.media_errors = 2;
	assert_int_equal(level(&v, "health"), PB_LEVEL_MEDIUM);
	v.media_grown = 1;
	assert_int_equal(level(&v, "health"), PB_LEVEL_HIGH);
	v = good();
	v.smart_warning = 0x02; /* temperature alone is no data loss */
	assert_int_equal(level(&v, "health"), PB_LEVEL_LOW);
	assert_int_equal(level(&v, "heat"), PB_LEVEL_HIGH);
	v.smart_warning = 0x05;
	assert_int_equal(ask(&v, &none, "health", text).level, PB_LEVEL_HIGH);
	assert_non_null(strstr(text, "spare blocks"));
	assert_non_null(strstr(text, "reliability"));
	assert_int_equal(level(&v, "heat"), PB_LEVEL_LOW);
	v.throttled = 1;
	assert_int_equal(level(&v, "heat"), PB_LEVEL_MEDIUM);
	v.smart_known = false;
	assert_int_equal(level(&v, "health"), PB_LEVEL_UNKNOWN);
	assert_int_equal(level(&v, "heat"), PB_LEVEL_UNKNOWN);
}

static void io_and_blocks(void **state)
{
	struct pb_inventory v = good();

	(void)state;
	v.failed_ios = 1;
	assert_int_equal(level(&v, "failed_io"), PB_LEVEL_HIGH);
	v.failed_ios = PB_NA;
	assert_int_equal(level(&v, "failed_io"), PB_LEVEL_UNKNOWN);
	v.blocks_bad = 1;
	assert_int_equal(level(&v, "integrity"), PB_LEVEL_HIGH);
	v.blocks_bad = 0;
	v.blocks_checked = 0; /* written, never read back */
	assert_int_equal(level(&v, "integrity"), PB_LEVEL_UNKNOWN);
}

static void isolation(void **state)
{
	static const char *const only_vfio[] = {"remapping", "group", "acs_override"};
	struct pb_inventory v = good();

	(void)state;
	SET(v.iommu, "none");
	assert_int_equal(level(&v, "iommu"), PB_LEVEL_HIGH);
	assert_int_equal(level(&v, "iommu_faults"), PB_LEVEL_NONE);
	v = good();
	v.remapping = 0;
	assert_int_equal(level(&v, "remapping"), PB_LEVEL_HIGH);
	v.remapping = PB_NA;
	assert_int_equal(level(&v, "remapping"), PB_LEVEL_UNKNOWN);
	v.unsafe_interrupts = 1;
	assert_int_equal(level(&v, "remapping"), PB_LEVEL_HIGH);
	v.remapping = 1;
	assert_int_equal(level(&v, "remapping"), PB_LEVEL_MEDIUM);
	pb_names_add(&v.group_others, "0000:02:00.0");
	assert_int_equal(level(&v, "group"), PB_LEVEL_MEDIUM);
	v.acs_override = 1;
	assert_int_equal(level(&v, "acs_override"), PB_LEVEL_HIGH);
	SET(v.path, "virtio-blk");
	for (size_t i = 0; i < sizeof(only_vfio) / sizeof(only_vfio[0]); i++)
		assert_int_equal(level(&v, only_vfio[i]), PB_LEVEL_NONE);
	SET(v.iommu, "none");
	assert_int_equal(level(&v, "iommu"), PB_LEVEL_LOW);
}

static void errors_and_faults(void **state)
{
	struct pb_inventory v = good();

	(void)state;
	v.aer_correctable = 1;
	assert_int_equal(level(&v, "pcie_errors"), PB_LEVEL_MEDIUM);
	v.aer_uncorrectable = 1;
	assert_int_equal(level(&v, "pcie_errors"), PB_LEVEL_HIGH);
	v.aer_correctable = 0;
	v.aer_uncorrectable = PB_NA;
	assert_int_equal(level(&v, "pcie_errors"), PB_LEVEL_UNKNOWN);
	v.faults_host = 1;
	assert_int_equal(level(&v, "iommu_faults"), PB_LEVEL_MEDIUM);
	v.faults_disk = 1;
	assert_int_equal(level(&v, "iommu_faults"), PB_LEVEL_HIGH);
}

static void link_and_vectors(void **state)
{
	struct pb_inventory v = good();
	char text[400] = "";

	(void)state;
	v.hops.v[0].width = 2;
	v.hops.v[0].degraded = true;
	assert_int_equal(ask(&v, &none, "link", text).level, PB_LEVEL_MEDIUM);
	assert_string_equal(text, "0000:01:00.0 runs at 16 GT/s x2, it could at 16 GT/s x4");
	v.hops.v[0].gts = v.hops.v[0].width = 0.0 / 0.0;
	v.hops.v[0].degraded = false;
	assert_int_equal(level(&v, "link"), PB_LEVEL_UNKNOWN);
	v.vcpus = 5;
	assert_int_equal(level(&v, "vectors"), PB_LEVEL_MEDIUM);
	v.queues = 5;
	assert_int_equal(level(&v, "vectors"), PB_LEVEL_LOW);
}

static void host_settings(void **state)
{
	struct pb_inventory v = good();

	(void)state;
	v.taint = 1 << 12; /* a module from outside the kernel */
	assert_int_equal(level(&v, "taint"), PB_LEVEL_MEDIUM);
	v.taint |= 1 << 7; /* an oops */
	assert_int_equal(level(&v, "taint"), PB_LEVEL_HIGH);
	pb_names_add(&v.vulnerable, "mds");
	assert_int_equal(level(&v, "vulnerabilities"), PB_LEVEL_MEDIUM);
	SET(v.governor, "powersave");
	assert_int_equal(level(&v, "governor"), PB_LEVEL_MEDIUM);
	v.idle_exit_us = 99;
	assert_int_equal(level(&v, "idle"), PB_LEVEL_LOW);
	v.idle_exit_us = 100;
	assert_int_equal(level(&v, "idle"), PB_LEVEL_MEDIUM);
	v.bios[0] = '\0';
	assert_int_equal(level(&v, "platform"), PB_LEVEL_UNKNOWN);
	pb_names_add(&v.settings_changed, "governor");
	assert_int_equal(level(&v, "settings"), PB_LEVEL_MEDIUM);
	v.changes_standing = 1;
	assert_int_equal(level(&v, "changes"), PB_LEVEL_MEDIUM);
	v.files = 0;
	assert_int_equal(level(&v, "evidence"), PB_LEVEL_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_setup_has_no_risk),
		cmocka_unit_test(nothing_known_is_never_low),
		cmocka_unit_test(cache_against_durability),
		cmocka_unit_test(findings_go_first),
		cmocka_unit_test(what_the_disk_stands_on),
		cmocka_unit_test(health_and_heat),
		cmocka_unit_test(io_and_blocks),
		cmocka_unit_test(isolation),
		cmocka_unit_test(errors_and_faults),
		cmocka_unit_test(link_and_vectors),
		cmocka_unit_test(host_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
