/*
 * Texts only: nothing is applied here. The host and its guests stay as they are.
 */
#include "engine/run/tune/tune_recommend.h"

#include <errno.h>
#include <string.h>

#include "engine/lib/buf.h"
#include "engine/run/host/cache_mode.h"

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

/* The kernel's names are plain; a manifest's need not be. */
static bool plain(const char *block)
{
	return block[0] && !block[strspn(block, "abcdefghijklmnopqrstuvwxyz0123456789-_")];
}

int pb_tune_recommend(struct pb_rundir *d, const struct pb_attach *a, const char *block, struct pb_err *err)
{
	const struct pb_cache_mode *m = pb_cache_mode_find(a->cache);
	const char *disk = plain(block) ? block : "DISK";
	struct pb_buf text = {0}, xml = {0};
	int rc;

	if (!m)
		return pb_fail(err, PB_USAGE, EINVAL, "no cache mode %s", a->cache);
	pb_buf_printf(&text, "passbench run --attach virtio-blk,cache=%s,aio=%s,iothread=%s\n\n", a->cache,
		      a->aio, on_off(a->iothread));
	pb_buf_printf(&text,
		      "-blockdev driver=host_device,node-name=disk0,filename=/dev/%s,aio=%s,cache.direct=%s,"
		      "cache.no-flush=%s%s\n-device virtio-blk-pci,drive=disk0,write-cache=%s%s\n",
		      disk, a->aio, on_off(m->direct), on_off(m->no_flush),
		      a->iothread ? "\n-object iothread,id=io0" : "", on_off(m->writeback),
		      a->iothread ? ",iothread=io0" : "");
	pb_buf_printf(&xml,
		      "<disk type='block' device='disk'>\n"
		      "  <driver name='qemu' type='raw' cache='%s' io='%s'%s/>\n"
		      "  <source dev='/dev/%s'/>\n"
		      "  <target dev='vda' bus='virtio'/>\n"
		      "</disk>\n",
		      a->cache, a->aio, a->iothread ? " iothread='1'" : "", disk);
	rc = text.failed || xml.failed ? pb_fail(err, PB_MISSING, ENOMEM, "out of memory") : 0;
	if (rc == 0)
		rc = pb_rundir_put(d, "recommended.txt", text.data, text.len, err);
	if (rc == 0)
		rc = pb_rundir_put(d, "recommended.xml", xml.data, xml.len, err);
	pb_buf_fini(&text);
	pb_buf_fini(&xml);
	return rc;
}
