/* Which processor package a PCI disk hangs on, from a topology that was saved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/lib/csv.h"
#include "reports/socket.h"
#include "tests/unit/tmpdir.h"

#define PACKAGE(n, set)                                                                                      \
	"<object type=\"Package\" os_index=\"" n "\" cpuset=\"" set "\" complete_cpuset=\"" set              \
	"\" nodeset=\"" set "\" complete_nodeset=\"" set "\" gp_index=\"1" n "\">"                           \
	"<object type=\"NUMANode\" os_index=\"" n "\" cpuset=\"" set "\" complete_cpuset=\"" set             \
	"\" nodeset=\"" set "\" complete_nodeset=\"" set "\" gp_index=\"2" n "\" local_memory=\"1024\"/>"    \
	"<object type=\"PU\" os_index=\"" n "\" cpuset=\"" set "\" complete_cpuset=\"" set                   \
	"\" nodeset=\"" set "\" complete_nodeset=\"" set "\" gp_index=\"3" n "\"/>"

static const char two_packages[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
	"<topology version=\"2.0\"><object type=\"Machine\" os_index=\"0\" cpuset=\"0x3\" "
	"complete_cpuset=\"0x3\" "
	"allowed_cpuset=\"0x3\" nodeset=\"0x3\" complete_nodeset=\"0x3\" allowed_nodeset=\"0x3\" "
	"gp_index=\"1\">" PACKAGE("0", "0x1") "</object>" PACKAGE(
		"1", "0x2") "<object type=\"Bridge\" gp_index=\"40\" bridge_type=\"0-1\" depth=\"0\" "
			    "bridge_pci=\"0000:[00-80]\">"
			    "<object type=\"PCIDev\" gp_index=\"41\" pci_busid=\"0000:41:00.0\" "
			    "pci_type=\"0108 [1b36:0010] [1af4:1100] 02\" pci_link_speed=\"0.0\"/></object>"
			    "</object></object></topology>\n";

static void the_package_above_the_disk(void **state)
{
	struct pb_socket s;
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	tmpdir_write(&t, "topology.xml", two_packages);
	pb_socket_read(&s, t.fd, "0000:41:00.0");
	assert_int_equal(s.packages, 2);
	assert_int_equal(s.nodes, 2);
	assert_int_equal(s.package, 1);
	assert_int_equal(s.node, 1);
	pb_socket_read(&s, t.fd, "0000:42:00.0"); /* not in it */
	assert_int_equal(s.packages, 2);
	assert_true(s.package == PB_NA);
	pb_socket_read(&s, t.fd, "not an address");
	assert_true(s.package == PB_NA);
	tmpdir_remove(&t);
}

static void no_topology_is_not_known(void **state)
{
	struct pb_socket s;
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	pb_socket_read(&s, t.fd, "0000:41:00.0");
	assert_int_equal(s.packages, 0);
	assert_true(s.package == PB_NA && s.node == PB_NA);
	tmpdir_write(&t, "topology.xml", "<topology");
	pb_socket_read(&s, t.fd, "0000:41:00.0");
	assert_true(s.package == PB_NA);
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_package_above_the_disk),
		cmocka_unit_test(no_topology_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
