/*
 * What keeps a passed-through disk from reaching into the host or another guest, and what the hardware
 * reported.
 */
#include <math.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "reports/facts.h"
#include "reports/format.h"
#include "reports/judge.h"

static bool is_passed_through(const struct pb_judging *j)
{
	return !strcmp(j->v->path, "vfio");
}

enum pb_level pb_judge_iommu(struct pb_judging *j)
{
	if (!j->v->iommu[0])
		return pb_judge_say(j, UNKNOWN, RISK_IOMMU_UNKNOWN);
	if (strcmp(j->v->iommu, "none") != 0)
		return pb_judge_say(j, LOW, RISK_IOMMU_ON, j->v->iommu);
	return is_passed_through(j) ? pb_judge_say(j, HIGH, RISK_IOMMU_NONE)
				    : pb_judge_say(j, LOW, RISK_IOMMU_UNUSED);
}

/* The kernel refuses VFIO without remapping unless told otherwise (vfio_iommu_type1.allow_unsafe_interrupts).
 */
enum pb_level pb_judge_remapping(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (!is_passed_through(j))
		return PB_LEVEL_NONE;
	if (v->unsafe_interrupts == 1 && v->remapping != 1)
		return pb_judge_say(j, HIGH, RISK_UNSAFE_INTERRUPTS);
	if (v->remapping == 0)
		return pb_judge_say(j, HIGH, RISK_NO_REMAPPING);
	if (v->remapping == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_REMAPPING_UNKNOWN);
	return v->unsafe_interrupts == 1 ? pb_judge_say(j, MEDIUM, RISK_UNSAFE_ALLOWED)
					 : pb_judge_say(j, LOW, RISK_REMAPPING_ON);
}

enum pb_level pb_judge_group(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;
	struct pb_text group = pb_format_int(v->group);

	if (!is_passed_through(j))
		return PB_LEVEL_NONE;
	if (v->group == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_GROUP_UNKNOWN);
	return v->group_others.n ? pb_judge_say(j, MEDIUM, RISK_GROUP_SHARED, group.s, v->group_others.text)
				 : pb_judge_say(j, LOW, RISK_GROUP_ALONE, group.s);
}

enum pb_level pb_judge_acs_override(struct pb_judging *j)
{
	if (!is_passed_through(j))
		return PB_LEVEL_NONE;
	if (j->v->acs_override == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_ACS_UNKNOWN);
	return j->v->acs_override ? pb_judge_say(j, HIGH, RISK_ACS_OVERRIDE)
				  : pb_judge_say(j, LOW, RISK_ACS_REAL);
}

enum pb_level pb_judge_pcie_errors(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (v->aer_uncorrectable > 0)
		return pb_judge_say(j, HIGH, RISK_AER_FATAL, pb_format_int(v->aer_uncorrectable).s);
	if (v->aer_correctable > 0)
		return pb_judge_say(j, MEDIUM, RISK_AER, pb_format_int(v->aer_correctable).s);
	return v->aer_correctable == PB_NA || v->aer_uncorrectable == PB_NA
		       ? pb_judge_say(j, UNKNOWN, RISK_AER_UNKNOWN)
		       : pb_judge_say(j, LOW, RISK_AER_NONE);
}

enum pb_level pb_judge_iommu_faults(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;

	if (!strcmp(v->iommu, "none"))
		return PB_LEVEL_NONE;
	if (v->faults_disk > 0)
		return pb_judge_say(j, HIGH, RISK_FAULTS_DISK, pb_format_int(v->faults_disk).s);
	if (v->faults_host > 0)
		return pb_judge_say(j, MEDIUM, RISK_FAULTS_HOST, pb_format_int(v->faults_host).s);
	return v->faults_host == PB_NA ? pb_judge_say(j, UNKNOWN, RISK_FAULTS_UNKNOWN)
				       : pb_judge_say(j, LOW, RISK_FAULTS_NONE);
}

static struct pb_text link_text(double gts, double width)
{
	struct pb_text t;

	snprintf(t.s, sizeof(t.s), "%g GT/s x%g", gts, width);
	return t;
}

enum pb_level pb_judge_link(struct pb_judging *j)
{
	const struct pb_hops *h = &j->v->hops;
	const struct pb_hop *known = NULL;

	for (size_t i = 0; i < h->n; i++) {
		const struct pb_hop *p = &h->v[i];

		if (!isfinite(p->gts) || !isfinite(p->width))
			continue;
		if (p->degraded)
			return pb_judge_say(j, MEDIUM, RISK_LINK_SLOW, p->bdf, link_text(p->gts, p->width).s,
					    link_text(p->max_gts, p->max_width).s);
		if (!known || p->gts * p->width < known->gts * known->width)
			known = p;
	}
	return known ? pb_judge_say(j, LOW, RISK_LINK_OK, link_text(known->gts, known->width).s)
		     : pb_judge_say(j, UNKNOWN, RISK_LINK_UNKNOWN);
}

enum pb_level pb_judge_vectors(struct pb_judging *j)
{
	const struct pb_inventory *v = j->v;
	struct pb_text queues = pb_format_int(v->queues), vcpus = pb_format_int(v->vcpus);

	if (!strcmp(v->path, "local"))
		return PB_LEVEL_NONE;
	if (v->queues == PB_NA || v->vcpus == PB_NA)
		return pb_judge_say(j, UNKNOWN, RISK_QUEUES_UNKNOWN);
	if (v->queues < v->vcpus)
		return pb_judge_say(j, MEDIUM, RISK_QUEUES_FEW, queues.s, vcpus.s);
	return v->vectors == PB_NA
		       ? pb_judge_say(j, LOW, RISK_QUEUES, queues.s, vcpus.s)
		       : pb_judge_say(j, LOW, RISK_VECTORS, queues.s, vcpus.s, pb_format_int(v->vectors).s);
}
