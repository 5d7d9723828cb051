/*
 * Guests of several sizes as arms of a comparison. Throughput can follow the number of vCPUs only when each
 * has something to submit, so the profile gets a fio job for every vCPU.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/paths.h"

#define JOBS_MAX 64 /* of one fio: the engine steers no more (engine/lib/profile.c) */
#define VCPUS_MAX 64

static bool is_section(const char *line)
{
	return line[0] == '[' && strncmp(line, "[global]", 8) != 0;
}

static const char *body_of(const struct pb_profile *p)
{
	return p->body.data ? p->body.data : "";
}

unsigned pb_vcpus_jobs(const struct pb_profile *profile, unsigned vcpus)
{
	unsigned n = 0;

	for (const char *at = body_of(profile); *at; at += strcspn(at, "\n"), at += *at == '\n')
		n += is_section(at);
	return n * vcpus;
}

int pb_vcpus_job(const struct pb_profile *profile, unsigned jobs, struct pb_buf *out)
{
	const char *at = body_of(profile);

	pb_buf_printf(out, "# title: %s\n# safety: %s\n# durability: %s\n", profile->title, profile->safety,
		      profile->durability);
	while (*at) {
		size_t len = strcspn(at, "\n");

		if (strncmp(at, "numjobs=", 8) != 0) {
			pb_buf_add(out, at, len);
			pb_buf_str(out, "\n");
		}
		if (is_section(at))
			pb_buf_printf(out, "numjobs=%u\n", jobs);
		at += len + (at[len] == '\n');
	}
	return out->failed ? -ENOMEM : 0;
}

static int add(struct pb_path_arm *arms, unsigned n, unsigned vcpus, const char *guest, const char *attach,
	       struct pb_err *err)
{
	struct pb_path_arm *a = &arms[n];
	int len;

	memset(a, 0, sizeof(*a));
	a->vcpus = vcpus;
	snprintf(a->name, sizeof(a->name), "vcpus-%u", vcpus);
	snprintf(a->attach, sizeof(a->attach), "%s", attach ? attach : "");
	/* The last of two equal options counts. */
	len = snprintf(a->guest, sizeof(a->guest), "%s%ccpus=%u", guest, strchr(guest, ':') ? ',' : ':',
		       vcpus);
	if (len < 0 || (size_t)len >= sizeof(a->guest))
		return pb_fail(err, PB_USAGE, EINVAL, "--guest is too long");
	return 0;
}

/* The next number of the list: larger than the one before, with no more jobs than fio may start. */
static int next(const char *list, const char *item, unsigned before, unsigned per_vcpu, unsigned *vcpus,
		struct pb_err *err)
{
	char *end;
	unsigned long v = item[0] >= '0' && item[0] <= '9' ? strtoul(item, &end, 10) : 0;

	if (v < 1 || v > VCPUS_MAX || *end || v <= before)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--vcpus %s: '%s' does not fit: say rising numbers of 1 to %d, such as 1,2,4",
			       list, item, VCPUS_MAX);
	if (v * per_vcpu > JOBS_MAX)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--vcpus %s: %lu fio jobs for %lu vCPUs; %d is the most", list, v * per_vcpu,
			       v, JOBS_MAX);
	*vcpus = (unsigned)v;
	return 0;
}

int pb_vcpus_arms(struct pb_path_arm arms[PB_PATHS_MAX], const char *list, const char *guest,
		  const char *attach, const struct pb_profile *profile, struct pb_err *err)
{
	unsigned n = 0, vcpus = 0, per_vcpu = pb_vcpus_jobs(profile, 1);
	char copy[128], *save = NULL;
	int rc = 0;

	if (guest && strncmp(guest, "launch", 6) != 0)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--vcpus starts guests of its own, and --guest %s is none: say "
			       "launch[:OPTIONS]",
			       guest);
	if ((size_t)snprintf(copy, sizeof(copy), "%s", list) >= sizeof(copy))
		return pb_fail(err, PB_USAGE, EINVAL, "--vcpus is too long");
	for (char *item = strtok_r(copy, ",", &save); item && rc == 0; item = strtok_r(NULL, ",", &save)) {
		if (n == PB_PATHS_MAX)
			return pb_fail(err, PB_USAGE, EINVAL, "--vcpus %s: more than %d numbers", list,
				       PB_PATHS_MAX);
		rc = next(list, item, vcpus, per_vcpu, &vcpus, err);
		if (rc == 0)
			rc = add(arms, n++, vcpus, guest ? guest : "launch", attach, err);
	}
	if (rc == 0 && n < PB_VCPUS_LEAST)
		rc = pb_fail(err, PB_USAGE, EINVAL,
			     "--vcpus %s: a curve needs %d numbers at least, such as 1,2,4", list,
			     PB_VCPUS_LEAST);
	return rc < 0 ? rc : (int)n;
}
