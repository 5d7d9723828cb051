/*
 * Profiles: plain fio job files that any fio can run, with `# key: value`
 * comments in front that say what they are for. Here they are read, judged
 * (do they write?) and rendered into the job that passbench runs. Does not
 * run anything and does not check option values: fio does.
 */
#ifndef PB_LIB_PROFILE_H
#define PB_LIB_PROFILE_H

#include <stdbool.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

struct pb_profile {
	char name[64];      /* file name without .fio */
	char title[128];    /* metadata; the name when there is none */
	char about[512];    /* metadata, "" */
	char rw[64];        /* directions of its jobs, "," between different ones: "randread" */
	char bs[64];        /* block sizes, likewise: "4k" */
	char durability[8]; /* metadata, else from fsync: "none" | "flush" | "power" */
	char safety[2];     /* what must survive: "N" nothing, "C" guest crash, "P" power loss; metadata, else
			       from durability */
	bool writes;        /* any job writes or trims */
	bool fsync;         /* any job flushes or writes synchronously */
	bool direct;        /* as rendered: always true */
	bool paced;         /* any job has a rate: its latencies count from the plan */
	unsigned jobs;      /* sections times numjobs */
	struct pb_buf body; /* the sections without what passbench decides itself */
};

/*
 * Loads a profile by path (when the text holds a slash or ends in .fio) or by name from the profiles folder:
 * $PASSBENCH_DATA/profiles, else next to the executable's folder, else where it was installed. PB_USAGE with
 * the file and line when it is not a job file or uses an option that cannot work under steering. *p needs
 * _fini also after failure.
 */
int pb_profile_load(struct pb_profile *p, const char *path_or_name, struct pb_err *err);
/* Parses a profile's text; name is used for messages and as its name. */
int pb_profile_parse(struct pb_profile *p, const char *name, const char *text, size_t len,
		     struct pb_err *err);
void pb_profile_fini(struct pb_profile *p);

/*
 * Appends the job file: ioengine=${PASSBENCH_ENGINE}, page=${PASSBENCH_PAGE} and filename=${PASSBENCH_DISK}
 * (environment variables that the agent sets), iodepth, direct, thread, endless run time. 0 or -ENOMEM.
 */
int pb_profile_render(const struct pb_profile *p, unsigned iodepth, struct pb_buf *out);

/* Names of the profiles there are, sorted. 0 or -errno with a message. */
int pb_profile_names(struct pb_strv *names, struct pb_err *err);

#endif
