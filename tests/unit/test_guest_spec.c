/* --guest and --attach: what is taken, what is refused, and with which sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/guest/guest.h"

static void defaults_are_a_micro_guest_with_vfio(void **state)
{
	struct pb_guest_spec s;

	(void)state;
	assert_int_equal(pb_guest_spec_parse(&s, NULL, NULL, NULL), 0);
	assert_string_equal(s.kind->name, "launch");
	assert_string_equal(s.kind->path(&s), "vfio");
	assert_int_equal(s.vcpus, 2);
	assert_int_equal(s.mem_mib, 1024);
}

static void options_are_read(void **state)
{
	struct pb_guest_spec s;

	(void)state;
	assert_int_equal(pb_guest_spec_parse(&s, "launch:cpus=4,mem=2G,cpuset=2-3+6",
					     "virtio-blk,cache=writeback,aio=threads,iothread=off", NULL),
			 0);
	assert_int_equal(s.vcpus, 4);
	assert_int_equal(s.mem_mib, 2048);
	assert_string_equal(s.cpuset, "2-3,6");
	assert_string_equal(s.attach.cache, "writeback");
	assert_string_equal(s.attach.aio, "threads");
	assert_false(s.attach.iothread);
	assert_string_equal(s.kind->path(&s), "virtio-blk");
}

static void existing_guests_are_read(void **state)
{
	struct pb_guest_spec s;
	json_t *j;

	(void)state;
	assert_int_equal(pb_guest_spec_parse(&s,
					     "ssh:root@10.0.0.2:2222,key=/dev/null,dir=/opt/pb,qemu-pid=42",
					     NULL, NULL),
			 0);
	assert_true(s.kind->remote);
	assert_string_equal(s.ssh.target, "root@10.0.0.2");
	assert_int_equal(s.ssh.port, 2222);
	assert_string_equal(s.ssh.key, "/dev/null");
	assert_string_equal(s.ssh.dir, "/opt/pb");
	assert_int_equal(s.qemu_pid, 42);
	assert_string_equal(s.attach_text, "existing");
	strcpy(s.found_path, "virtio-blk");
	assert_string_equal(s.kind->path(&s), "virtio-blk");
	j = pb_guest_attach_json(&s); /* the host's modes are not known */
	assert_true(json_is_null(j));
	assert_int_equal(pb_guest_spec_parse(&s, "serial:/run/guest/pb.sock", NULL, NULL), 0);
	assert_string_equal(s.socket, "/run/guest/pb.sock");
	assert_int_equal(pb_guest_spec_parse(&s, "vsock:3,qemu-pid=42", NULL, NULL), 0);
	assert_int_equal(s.cid, 3);
	assert_int_equal(s.port, PB_PROTO_VSOCK_PORT);
	assert_int_equal(pb_guest_spec_parse(&s, "vsock:4000000000:17", NULL, NULL), 0);
	assert_int_equal(s.cid, 4000000000u);
	assert_int_equal(s.port, 17);
	assert_int_equal(pb_guest_spec_parse(&s, "launch:cpus=2,poll_queues=3", NULL, NULL), 0);
	assert_int_equal(s.poll_queues, 3);
	assert_int_equal(pb_guest_spec_parse(&s, "launch:transport=vsock", NULL, NULL), 0);
	assert_true(s.vsock);
}

static void nonsense_is_refused(void **state)
{
	static const struct {
		const char *guest, *attach, *says;
	} bad[] = {
		{"vmware", NULL, "known guests: launch, local"},
		{"launch:cpus=0", NULL, "1 to 64"},
		{"launch:cpus=65", NULL, "1 to 64"},
		{"launch:mem=1", NULL, "256M"},
		{"launch:ram=1G", NULL, "knows cpus="},
		{"launch:cpus", NULL, "key=value"},
		{"ssh", NULL, "ssh:USER@HOST[:PORT]"},
		{"ssh:", NULL, "which"},
		{"ssh:-oProxyCommand=x", NULL, "not a host"},
		{"ssh:root@host,cpus=2", NULL, "knows port=, key="},
		{"ssh:root@host,port=x", NULL, "not a port"},
		{"ssh:root@host,key=/no/such/key", NULL, "key=/no/such/key: No such file"},
		{"ssh:root@host,qemu-pid=0", NULL, "not a process"},
		{"ssh:root@host", "vfio", "no --attach"},
		{"vsock:2", NULL, "the guest's CID"},
		{"vsock:0", NULL, "the guest's CID"},
		{"vsock:x", NULL, "the guest's CID"},
		{"vsock:-3", NULL, "the guest's CID"},
		{"vsock:3:", NULL, "vsock:CID:PORT"},
		{"vsock:99999999999999999999", NULL, "the guest's CID"},
		{"vsock:3:4x", NULL, "vsock:CID:PORT"},
		{"launch:transport=ssh", NULL, "serial or vsock"},
		{"launch:poll_queues=0", NULL, "poll_queues=0"},
		{"serial:", NULL, "serial:PATH"},
		{"serial:/s,dir=x", NULL, "knows qemu-pid="},
		{"local:cpus=2", NULL, "no options"},
		{"local", "vfio", "no --attach"},
		{NULL, "vfio,cache=none", "do not exist on a VFIO disk's path"},
		{NULL, "virtio-blk,cache=fast", "QEMU's cache modes"},
		{NULL, "virtio-blk,aio=posix", "QEMU's aio modes"},
		{NULL, "nvme", "say vfio or virtio-blk"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;
		struct pb_guest_spec s;

		assert_true(pb_guest_spec_parse(&s, bad[i].guest, bad[i].attach, &err) < 0);
		assert_int_equal(err.status, PB_USAGE);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("case %zu says '%s'", i, err.msg);
	}
}

static void attachment_reaches_the_manifest(void **state)
{
	struct pb_guest_spec s;
	json_t *j;

	(void)state;
	pb_guest_spec_parse(&s, NULL, "virtio-blk,cache=directsync", NULL);
	j = pb_guest_attach_json(&s);
	assert_string_equal(json_string_value(json_object_get(j, "cache")), "directsync");
	assert_string_equal(json_string_value(json_object_get(j, "write_cache")), "write through");
	json_decref(j);
	pb_guest_spec_parse(&s, NULL, NULL, NULL);
	j = pb_guest_attach_json(&s);
	assert_true(json_is_null(j));
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_a_micro_guest_with_vfio),
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(existing_guests_are_read),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(attachment_reaches_the_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
