/*
 * Comparison of paths: the same disk and job on the host itself, through VFIO
 * and through virtio-blk in its cache and aio modes, each visited several times in balanced order; and of
 * guests with different numbers of vCPUs, each with a fio job for every vCPU.
 * Every visit is a run directory below DIR/paths or DIR/vcpus; what is concluded from them is the analyzers'.
 */
#ifndef PB_RUN_PATHS_H
#define PB_RUN_PATHS_H

#include "engine/run/session.h"

#define PB_PATHS_MAX 10
#define PB_PATHS_ROUNDS 5 /* visits of each arm: fewer than 4 can never be significant (tuning.md F5) */
#define PB_VCPUS_ROUNDS 3 /* visits of each number of vCPUs: a mean with an interval; nothing is compared */
#define PB_VCPUS_LEAST 3  /* numbers that a model needs */

/* One way to the disk. */
struct pb_path_arm {
	char name[40];   /* "bare-metal", "vfio", "virtio-blk-none-native": also part of folder names */
	char guest[512]; /* --guest and --attach of its visits; attach "" = none */
	char attach[96];
	unsigned vcpus; /* and fio jobs for each section of the profile; 0 = not what is compared */
	char failed[sizeof(((struct pb_err *)0)->msg)]; /* why it could not be visited; "" = it could */
};

struct pb_paths_opts {
	struct pb_session_opts
		session;   /* guest: the launch guest of the VM arms; attach and out are not used */
	const char *list;  /* "vfio,virtio-blk" as typed; NULL with vcpus */
	const char *vcpus; /* "1,2,4" as typed: guests of these sizes, attached as session.attach says */
	const char *dir;   /* the run directory that the visits go below; its run is complete */
	unsigned rounds;
	unsigned depths[2]; /* 1 and the one the run recommends; equal = one. With vcpus no less than the jobs
			       of the largest guest: each has an I/O of its own */
	int window_ms;
};

/* True when --attach names several paths: then it is a comparison, not one attachment. */
bool pb_paths_wanted(const char *attach);
/*
 * The arms that the list, the profile and its safety allow; the host's own driver comes first. Cache modes
 * that would lose what the profile wants to survive are left out. Number of arms, or -errno with a message.
 */
int pb_paths_arms(struct pb_path_arm arms[PB_PATHS_MAX], const char *list, const char *guest,
		  const struct pb_profile *profile, struct pb_err *err);
/*
 * The arms of "1,2,4": guests like `guest` with so many vCPUs each. The profile's sections times the largest
 * number may not exceed 64 fio jobs. Number of arms, or -errno with a message.
 */
int pb_vcpus_arms(struct pb_path_arm arms[PB_PATHS_MAX], const char *list, const char *guest,
		  const char *attach, const struct pb_profile *profile, struct pb_err *err);
/* fio jobs of a guest with so many vCPUs. */
unsigned pb_vcpus_jobs(const struct pb_profile *profile, unsigned vcpus);
/* The profile as a job file with so many jobs for each of its sections, appended to out. 0 or -ENOMEM. */
int pb_vcpus_job(const struct pb_profile *profile, unsigned jobs, struct pb_buf *out);
/* Position of the arm that is visited k-th in a round: forwards, backwards, shifted, so that drift falls on
 * all alike. */
unsigned pb_paths_order(unsigned arms, unsigned round, unsigned k);
/*
 * Visits all and writes DIR/paths/paths.json or DIR/vcpus/vcpus.json (docs/run-directory.md). Visits that are
 * complete already are not repeated. An arm that cannot be visited is recorded with the reason and left out;
 * all failing is an error, and so are an interruption and a refusal.
 */
int pb_paths_run(const struct pb_paths_opts *o, struct pb_err *err);

#endif
