/*
 * passbench check: what this host and this disk are good for, before anything is done.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/run/check.h"
#include "engine/run/host/savemachine.h"

static void print_items(const json_t *items)
{
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *action = json_string_value(json_object_get(item, "action"));

		printf("%-8s %-8s %-12s %s\n", json_string_value(json_object_get(item, "state")),
		       json_string_value(json_object_get(item, "area")),
		       json_string_value(json_object_get(item, "name")),
		       json_string_value(json_object_get(item, "text")));
		if (action[0])
			printf("%-30s -> %s\n", "", action);
	}
}

/* What another person needs to run check and analyses on this machine's description. */
static int save(struct pb_cli *cli, const char *file, bool serials, const json_t *items, struct pb_err *err)
{
	struct pb_savemachine m;
	int rc = pb_savemachine_write(&cli->root, file, serials, items, &cli->ui, &m, err);

	if (rc < 0)
		return rc;
	pb_ui_line(&cli->ui, "%s: %zu entries, %lld bytes; %zu files could not be read%s%s; %s", file,
		   m.files, (long long)m.bytes, m.unreadable,
		   m.unreadable && geteuid() != 0 ? " (root reads more)" : "",
		   m.cut ? "; cut at the limit of 200,000 entries or 64 MiB" : "",
		   serials ? "serial numbers are in it" : "serial numbers and UUIDs are not in it");
	pb_ui_line(&cli->ui, "unpack it and run: passbench check --root %s", m.folder);
	return 0;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	const char *disk = NULL, *guest = NULL, *attach = NULL, *file = NULL;
	bool serials = false;
	const struct pb_option opts[] = {
		{.name = "disk",
		 .arg = "D",
		 .help = "PCI address, /dev path, by-id name or serial",
		 .text = &disk},
		{.name = "guest",
		 .arg = "G",
		 .help = "launch (default), local or an existing one: ssh:.., vsock:.., serial:..",
		 .text = &guest},
		{.name = "attach", .arg = "A", .help = "vfio (default) or virtio-blk[,..]", .text = &attach},
		{.name = "save-machine",
		 .arg = "FILE",
		 .help = "pack what is read here (.tar.xz, .tar.zst) for --root elsewhere",
		 .text = &file},
		{.name = "with-serials", .help = "leave serial numbers and UUIDs in it", .flag = &serials},
		{0},
	};
	struct pb_guest_spec spec;
	json_t *items = NULL;
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "", opts, 0, 0, &rest, &n, err);

	if (rc == 0)
		rc = pb_guest_spec_parse(&spec, guest, attach, err);
	if (rc == 0)
		rc = pb_check(&cli->root, disk, &spec, &items, err);
	if (items && cli->json) {
		json_dumpf(items, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (items) {
		print_items(items);
	}
	if (items && file) {
		int saved = save(cli, file, serials, items, err);

		rc = saved < 0 ? saved : rc;
	}
	json_decref(items);
	return rc;
}

const struct pb_command pb_command_check = {
	"check", "what this host can measure, what is unsafe or misconfigured", run};
