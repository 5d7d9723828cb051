/* What a run recorded, from manifest and tables; what is absent stays unknown. */
#include <stdlib.h>

#include "reports/inventory.h"
#include "tests/unit/reporttest.h"

static const char manifest[] =
	"{\"disk\":{\"path\":\"vfio\",\"firmware\":\"F1\",\"iommu_group\":5,\"hops\":[\"0000:01:00.0\","
	"\"0000:00:01.0\"],"
	"\"iommu_group_devices\":[\"0000:00:01.0\",\"0000:01:00.0\",\"0000:02:00.0\"],"
	"\"stack\":[{\"name\":\"dm-1\",\"kind\":\"crypt\",\"detail\":\"vault\",\"degraded\":null},"
	"{\"name\":\"md0\",\"kind\":\"raid\",\"detail\":\"raid1\",\"degraded\":1},"
	"{\"name\":\"dm-2\",\"kind\":\"snapshot-origin\",\"detail\":null,\"degraded\":null},"
	"{\"name\":\"loop0\",\"kind\":\"loop\",\"detail\":\"/srv/a.img\",\"degraded\":null}]},"
	"\"attach\":{\"cache\":\"none\"},\"profile\":{\"safety\":\"P\"},"
	"\"guest\":{\"name\":\"g\",\"kind\":\"ssh\",\"kernel\":\"6.1\",\"vcpus\":4,"
	"\"disk\":{\"write_cache\":\"write back\",\"queues\":2}},"
	"\"host\":{\"kernel\":\"6.12\",\"qemu\":\"QEMU 10\",\"iommu\":\"amd\",\"governor\":null},"
	"\"environment\":{\"cmdline\":\"quiet pcie_acs_override=downstream\",\"taint\":\"4096\","
	"\"vfio_iommu_type1.allow_unsafe_interrupts\":\"N\",\"cpuidle.state1_latency_us\":\"2\","
	"\"cpuidle.state3_latency_us\":\"133\",\"vulnerability.mds\":\"Vulnerable: no microcode\","
	"\"vulnerability.l1tf\":\"Not affected\"},"
	"\"environment_changes\":{\"governor\":[\"a\",\"b\"]},\"io_errors\":{\"failed\":3},"
	"\"files\":{\"guest/g/smart.csv\":\"00\",\"steps.csv\":\"00\"}}";

static void put(const struct tmpdir *t, const char *name, const char *text)
{
	mkdirat(t->fd, "host", 0755);
	mkdirat(t->fd, "guest", 0755);
	mkdirat(t->fd, "guest/g", 0755);
	tmpdir_write(t, name, text);
}

static void read_all(struct pb_inventory *v, const struct tmpdir *t, const char *text)
{
	json_t *m = json_loads(text, 0, NULL);

	assert_non_null(m);
	pb_inventory_read(v, t->fd, m);
	json_decref(m);
}

static void manifest_becomes_values(void **state)
{
	struct pb_inventory v;
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	read_all(&v, &t, manifest);
	assert_string_equal(v.crypt, "dm-1 (vault)");
	assert_string_equal(v.raid, "md0 (raid1)");
	assert_string_equal(v.raid_level, "raid1");
	assert_int_equal(v.raid_degraded, 1);
	assert_string_equal(v.snapshot, "dm-2");
	assert_string_equal(v.file, "loop0 (/srv/a.img)");
	assert_string_equal(v.group_others.text, "0000:02:00.0"); /* neither the disk nor its port */
	assert_int_equal(v.acs_override, 1);
	assert_int_equal(v.unsafe_interrupts, 0);
	assert_int_equal(v.taint, 4096);
	assert_int_equal(v.idle_exit_us, 133);
	assert_int_equal(v.vulnerabilities, 2);
	assert_string_equal(v.vulnerable.text, "mds");
	assert_int_equal(v.failed_ios, 3);
	assert_int_equal(v.queues, 2);
	assert_int_equal(v.files, 2);
	assert_true(v.settings_known);
	assert_string_equal(v.settings_changed.text, "governor");
	assert_int_equal(v.safety, 'P');
	assert_string_equal(v.governor, "");
	assert_false(v.smart_known); /* the file is named, but it is not there */
	tmpdir_remove(&t);
}

static void tables_become_values(void **state)
{
	struct pb_inventory v;
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	put(&t, "host/iommu.csv",
	    "t_ns,scope,item,of_disk,value,text,enabled_ns,running_ns\n1,host,interrupt_remapping,,1,IR,,\n"
	    "1,host,faults,,0,,,\n1,disk,faults,,0,,,\n9,host,faults,,4,,,\n9,disk,faults,,2,,,\n");
	put(&t, "guest/g/smart.csv",
	    "t_ns,critical_warning,temperature_c,used_pct,media_errors,throttle1_transitions,throttle2_"
	    "transitions\n"
	    "1,0,40,7,1,2,0\n9,2,71,7,3,3,1\n");
	put(&t, "host/pcie.csv",
	    "t_ns,bdf,hop,aer_correctable,aer_nonfatal,aer_fatal\n1,a,0,5,0,0\n1,b,1,,,\n9,a,0,9,1,0\n9,b,1,,"
	    ",\n");
	put(&t, "host/affinity.csv",
	    "t_ns,irq,name\n1,30,vfio-msix[0](a)\n1,31,vfio-msix[1](a)\n1,9,ahci\n9,30,vfio-msix[0](a)\n");
	read_all(&v, &t, manifest);
	assert_int_equal(v.remapping, 1);
	assert_int_equal(v.faults_host, 4);
	assert_int_equal(v.faults_disk, 2);
	assert_true(v.smart_known);
	assert_int_equal(v.smart_warning, 2);
	assert_int_equal(v.media_errors, 3);
	assert_int_equal(v.media_grown, 2);
	assert_int_equal(v.throttled, 2);
	assert_int_equal(v.temp_after_c, 71);
	assert_int_equal(v.aer_correctable, 4);
	assert_int_equal(v.aer_uncorrectable, 1);
	assert_int_equal(v.vectors, 2);
	tmpdir_remove(&t);
}

static void what_is_absent_is_unknown(void **state)
{
	struct pb_inventory v, none;
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	pb_inventory_init(&none);
	read_all(&v, &t, "{}");
	assert_memory_equal(&v, &none, offsetof(struct pb_inventory, hops));
	read_all(&v, &t,
		 "{\"disk\":7,\"guest\":[],\"environment\":\"x\",\"files\":3,\"integrity\":{\"counts\":{"
		 "\"torn\":2}}}");
	assert_true(v.files == PB_NA);
	assert_int_equal(v.blocks_bad, 2);
	assert_true(v.blocks_checked == PB_NA);
	tmpdir_remove(&t);
}

static void the_undo_log_tells_what_stands(void **state)
{
	struct pb_change c[] = {
		{.state = PB_CHANGE_UNDONE}, {.state = PB_CHANGE_STANDS}, {.state = PB_CHANGE_KEPT}};
	struct pb_changes list = {.v = c, .n = 3};
	struct pb_inventory v;

	(void)state;
	pb_inventory_init(&v);
	pb_inventory_changes(&v, &list);
	assert_true(v.changes == PB_NA); /* no log could be read */
	list.logs = 1;
	pb_inventory_changes(&v, &list);
	assert_int_equal(v.changes, 3);
	assert_int_equal(v.changes_standing, 1);
}

static void a_long_list_is_cut_its_count_is_not(void **state)
{
	struct pb_names l = {0};
	char name[300];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		pb_names_add(&l, i % 7 ? "spectre_v2" : name);
	assert_int_equal(l.n, 100);
	assert_true(strlen(l.text) < sizeof(l.text));
	assert_string_equal(l.text + strlen(l.text) - 3, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifest_becomes_values),
		cmocka_unit_test(tables_become_values),
		cmocka_unit_test(what_is_absent_is_unknown),
		cmocka_unit_test(the_undo_log_tells_what_stands),
		cmocka_unit_test(a_long_list_is_cut_its_count_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
