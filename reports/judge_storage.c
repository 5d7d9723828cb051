/*
 * What lies between a write and its survival: caches, redundancy, snapshots, encryption, the disk's own
 * health.
 */
#include <string.h>

#include "engine/lib/csv.h"
#include "reports/facts.h"
#include "reports/format.h"
#include "reports/judge.h"

/* Bits of critical_warning in the SMART log of NVMe (NVM Express base specification, log page 02h). */
#define WARN_SPARE 0x01
#define WARN_HEAT 0x02
#define WARN_RELIABILITY 0x04
#define WARN_READ_ONLY 0x08
#define WARN_BACKUP 0x10
#define WARN_REGION 0x20
/* A disk whose rated writes are used up may still work; nothing is promised any more. */
#define USED_UP_PCT 100

/* What the family "cache" found goes before what the mode alone says. */
enum pb_level pb_judge_cache(struct pb_judging *j)
{
	static const char *const loud[] = {"R-C3", "R-C4"};
	const struct pb_inventory *v = j->v;
	const struct pb_finding *f = NULL;

	if (!strcmp(v->path, "local"))
		return PB_LEVEL_NONE;
	for (size_t i = 0; !f && i < sizeof(loud) / sizeof(loud[0]); i++)
		f = pb_judge_finding(j, loud[i], PB_SEV_CRITICAL);
	if (f)
		return pb_judge_say(j, HIGH, RISK_FOUND, f->title);
	f = pb_judge_finding(j, "cache-vfio", PB_SEV_ADVICE);
	if (f)
		return pb_judge_say(j, MEDIUM, RISK_FOUND, f->title);
	if (!strcmp(v->path, "vfio")) {
		if (!v->guest_view[0])
			return pb_judge_say(j, UNKNOWN, RISK_CACHE_GUEST_UNKNOWN);
		return !strcmp(v->guest_view, "write back") ? pb_judge_say(j, LOW, RISK_CACHE_VOLATILE)
							    : pb_judge_say(j, LOW, RISK_CACHE_NONE);
	}
	if (!v->cache[0])
		return pb_judge_say(j, UNKNOWN, RISK_CACHE_UNKNOWN);
	if (strcmp(v->cache, "unsafe") != 0)
		return pb_judge_say(j, LOW, RISK_CACHE_MODE, v->cache);
	return v->safety == 'N' ? pb_judge_say(j, MEDIUM, RISK_CACHE_DISPOSABLE)
				: pb_judge_say(j, HIGH, RISK_CACHE_UNSAFE);
}

enum pb_level pb_judge_raid(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (!v->stack_known)
		return pb_judge_say(j, UNKNOWN, RISK_STACK_UNKNOWN);
	if (!v->raid[0])
		return v->file[0] ? pb_judge_say(j, UNKNOWN, RISK_STACK_FILE, v->file)
				  : pb_judge_say(j, MEDIUM, RISK_RAID_NONE);
	if (v->raid_degraded > 0)
		return pb_judge_say(j, HIGH, RISK_RAID_DEGRADED, v->raid, pb_format_int(v->raid_degraded).s);
	if (!strcmp(v->raid_level, "raid0") || !strcmp(v->raid_level, "linear"))
		return pb_judge_say(j, HIGH, RISK_RAID_STRIPE, v->raid);
	if (!v->raid_level[0] || v->raid_degraded == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_RAID_UNKNOWN, v->raid);
	return pb_judge_say(j, LOW, RISK_RAID_OK, v->raid);
}

enum pb_level pb_judge_snapshot(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (!v->stack_known)
		return pb_judge_say(j, UNKNOWN, RISK_STACK_UNKNOWN);
	if (v->snapshot[0])
		return pb_judge_say(j, MEDIUM, RISK_SNAPSHOT, v->snapshot);
	return v->file[0] ? pb_judge_say(j, UNKNOWN, RISK_STACK_FILE, v->file)
			  : pb_judge_say(j, LOW, RISK_SNAPSHOT_NONE);
}

enum pb_level pb_judge_encryption(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (!v->stack_known)
		return pb_judge_say(j, UNKNOWN, RISK_STACK_UNKNOWN);
	if (v->crypt[0])
		return pb_judge_say(j, LOW, RISK_CRYPT, v->crypt);
	return v->file[0] ? pb_judge_say(j, UNKNOWN, RISK_STACK_FILE, v->file)
			  : pb_judge_say(j, MEDIUM, RISK_CRYPT_NONE);
}

static const char *warning_name(int64_t bit)
{
	switch (bit) {
	case WARN_SPARE:
		return pb_messages_get(PB_MSG_WARN_SPARE);
	case WARN_RELIABILITY:
		return pb_messages_get(PB_MSG_WARN_RELIABILITY);
	case WARN_READ_ONLY:
		return pb_messages_get(PB_MSG_WARN_READ_ONLY);
	case WARN_BACKUP:
		return pb_messages_get(PB_MSG_WARN_BACKUP);
	default:
		return pb_messages_get(PB_MSG_WARN_REGION);
	}
}

enum pb_level pb_judge_health(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;
	struct pb_names warnings = {0};

	if (!v->smart_known)
		return pb_judge_say(j, UNKNOWN, RISK_SMART_UNKNOWN);
	for (int64_t bit = WARN_SPARE; bit <= WARN_REGION; bit <<= 1)
		if ((v->smart_warning & bit) && bit != WARN_HEAT)
			pb_names_add(&warnings, warning_name(bit));
	if (warnings.n)
		return pb_judge_say(j, HIGH, RISK_SMART_WARNS, warnings.text);
	if (v->media_grown > 0)
		return pb_judge_say(j, HIGH, RISK_MEDIA_GREW, pb_format_int(v->media_grown).s);
	if (v->media_errors > 0)
		return pb_judge_say(j, MEDIUM, RISK_MEDIA_OLD, pb_format_int(v->media_errors).s);
	if (v->used_pct >= USED_UP_PCT)
		return pb_judge_say(j, MEDIUM, RISK_WORN, pb_format_int(v->used_pct).s);
	return pb_judge_say(j, LOW, RISK_SMART_OK, pb_format_int(v->used_pct).s);
}

enum pb_level pb_judge_heat(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;
	struct pb_text before = pb_format_int(v->temp_before_c), after = pb_format_int(v->temp_after_c);

	if (!v->smart_known)
		return pb_judge_say(j, UNKNOWN, RISK_SMART_UNKNOWN);
	if (v->smart_warning & WARN_HEAT)
		return pb_judge_say(j, HIGH, RISK_TOO_HOT, before.s, after.s);
	if (v->throttled > 0)
		return pb_judge_say(j, MEDIUM, RISK_THROTTLED, pb_format_int(v->throttled).s, after.s);
	return pb_judge_say(j, LOW, RISK_COOL, before.s, after.s);
}

enum pb_level pb_judge_firmware(struct pb_judging *j)
{
	return j->v->firmware[0] ? pb_judge_say(j, LOW, RISK_FIRMWARE, j->v->firmware)
				 : pb_judge_say(j, UNKNOWN, RISK_FIRMWARE_UNKNOWN);
}

enum pb_level pb_judge_failed_io(struct pb_judging *j)
{
	const struct pb_finding *f = pb_judge_finding(j, "valid-failed-io", PB_SEV_CRITICAL);

	if (j->v->failed_ios > 0)
		return pb_judge_say(j, HIGH, RISK_FAILED, pb_format_int(j->v->failed_ios).s);
	if (f)
		return pb_judge_say(j, HIGH, RISK_FOUND, f->title);
	return j->v->failed_ios == 0 ? pb_judge_say(j, LOW, RISK_FAILED_NONE)
				     : pb_judge_say(j, UNKNOWN, RISK_FAILED_UNKNOWN);
}

enum pb_level pb_judge_integrity(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;
	struct pb_text checked = pb_format_int(v->blocks_checked);

	if (v->blocks_bad > 0)
		return pb_judge_say(j, HIGH, RISK_CORRUPT, pb_format_int(v->blocks_bad).s, checked.s);
	return v->blocks_checked > 0 ? pb_judge_say(j, LOW, RISK_INTACT, checked.s)
				     : pb_judge_say(j, UNKNOWN, RISK_UNVERIFIED);
}
