/*
 * The table of sysstat's fields and the rules about them that all its notations share.
 */
#include "engine/import/sarfields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024.0
#define SECTOR 512.0

/* In %user guests are counted, in %usr (-u ALL) they are not: user_ns of host/cpu.csv holds them. */
const struct pb_sar_field pb_sar_fields[] = {
	{PB_TL_CPU, "%user", "user", PB_TL_USER, 0.01},
	{PB_TL_CPU, "%usr", "usr", PB_TL_USER, 0.01},
	{PB_TL_CPU, "%nice", "nice", PB_TL_NICE, 0.01},
	{PB_TL_CPU, "%system", "system", PB_TL_SYSTEM, 0.01},
	{PB_TL_CPU, "%sys", "sys", PB_TL_SYSTEM, 0.01},
	{PB_TL_CPU, "%iowait", "iowait", PB_TL_IOWAIT, 0.01},
	{PB_TL_CPU, "%steal", "steal", PB_TL_STEAL, 0.01},
	{PB_TL_CPU, "%irq", "irq", PB_TL_IRQ, 0.01},
	{PB_TL_CPU, "%soft", "soft", PB_TL_SOFTIRQ, 0.01},
	{PB_TL_CPU, "%guest", "guest", PB_TL_GUEST, 0.01},
	{PB_TL_CPU, "%gnice", "gnice", PB_TL_GUEST_NICE, 0.01},
	{PB_TL_CPU, "%idle", "idle", PB_TL_IDLE, 0.01},
	{PB_TL_DISK, "tps", "tps", PB_TL_IOS, 1},
	{PB_TL_DISK, "rkB/s", "rkB", PB_TL_READ_BYTES, KIB},
	{PB_TL_DISK, "rd_sec/s", "rd_sec", PB_TL_READ_BYTES, SECTOR},
	{PB_TL_DISK, "wkB/s", "wkB", PB_TL_WRITE_BYTES, KIB},
	{PB_TL_DISK, "wr_sec/s", "wr_sec", PB_TL_WRITE_BYTES, SECTOR},
	{PB_TL_DISK, "dkB/s", "dkB", PB_TL_DISCARD_BYTES, KIB},
	{PB_TL_DISK, "aqu-sz", "aqu-sz", PB_TL_QUEUE, 1},
	{PB_TL_DISK, "avgqu-sz", "avgqu-sz", PB_TL_QUEUE, 1},
	{PB_TL_DISK, "await", "await", PB_TL_IO_S, 1e-3},
	{PB_TL_DISK, "%util", "util-percent", PB_TL_BUSY, 0.01},
	{PB_TL_DISK, NULL, NULL, 0, 0},
};

_Static_assert(sizeof(pb_sar_fields) / sizeof(pb_sar_fields[0]) <= PB_SAR_FIELDS, "raise PB_SAR_FIELDS");

bool pb_sar_wanted(enum pb_timeline_kind kind, const char *name)
{
	return kind == PB_TL_DISK ? name[0] != '\0' : name[0] && !name[strspn(name, "0123456789")];
}

int pb_sar_put(struct pb_importing *im, enum pb_timeline_kind kind, const char *name, int64_t t_ns,
	       const double *v, const bool *has, struct pb_err *err)
{
	struct pb_timeline *t = im->timeline;
	int entity = pb_timeline_entity(t, kind, name, err);
	uint32_t taken = 0;
	bool apart = false; /* user and nice without guests */

	if (entity < 0)
		return entity;
	for (size_t i = 0; pb_sar_fields[i].text; i++) {
		const struct pb_sar_field *f = &pb_sar_fields[i];

		if (f->kind != kind || !has[i] || taken >> f->input & 1)
			continue;
		taken |= UINT32_C(1) << f->input;
		pb_timeline_declare(t, entity, f->input);
		pb_timeline_set(t, entity, f->input, v[i] * f->scale);
		apart |= strcmp(f->text, "%usr") == 0;
	}
	if (kind == PB_TL_CPU && apart && taken >> PB_TL_GUEST & 1)
		pb_timeline_set(t, entity, PB_TL_USER,
				pb_timeline_get(t, entity, PB_TL_USER) +
					pb_timeline_get(t, entity, PB_TL_GUEST));
	if (kind == PB_TL_CPU && apart && taken >> PB_TL_GUEST_NICE & 1)
		pb_timeline_set(t, entity, PB_TL_NICE,
				pb_timeline_get(t, entity, PB_TL_NICE) +
					pb_timeline_get(t, entity, PB_TL_GUEST_NICE));
	return pb_timeline_row(t, entity, t_ns, err);
}
