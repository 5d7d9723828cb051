/*
 * The plan of jobs with a rate. Does not pace anything: fio does.
 */
#include "engine/ioengine/pace.h"

int pb_pace_open(struct thread_data *td, struct pb_job *job)
{
	unsigned d;

	for (d = 0; d < DDIR_RWDIR_CNT; d++)
		job->paced |= td->o.rate[d] || td->o.rate_iops[d];
	if (!job->paced)
		return 0;
	if (td->o.rate_process == RATE_PROCESS_POISSON) {
		log_err("passthru: rate_process=poisson cannot be steered: fio draws anew whenever the "
			"engine is "
			"busy, and the rate would not be the one asked for; use rate_process=linear\n");
		td_verror(td, EINVAL, "passthru rate");
		return 1;
	}
	job->planned_ns = calloc(td->o.iodepth, sizeof(*job->planned_ns));
	if (job->planned_ns)
		return 0;
	td_verror(td, ENOMEM, "passthru rate");
	return 1;
}

void pb_pace_close(struct pb_job *job)
{
	free(job->planned_ns);
}

/* Seconds and the rest apart, so that nothing overflows. */
static uint64_t bytes_to_ns(uint64_t bytes, uint64_t bytes_s)
{
	return bytes / bytes_s * 1000000000u + (uint64_t)((double)(bytes % bytes_s) * 1e9 / (double)bytes_s);
}

void pb_pace_restart(struct thread_data *td, struct pb_job *job)
{
	uint64_t us = utime_since_now(&td->epoch);
	unsigned d;

	for (d = 0; d < DDIR_RWDIR_CNT; d++) {
		uint64_t bytes_s = td->rate_bps[d];

		job->pace[d] = (struct pb_pace){.start_ns = 0};
		/* what fio would have issued by now, had it kept its rate */
		td->rate_io_issue_bytes[d] =
			us / 1000000 * bytes_s + (uint64_t)((double)(us % 1000000) / 1e6 * (double)bytes_s);
	}
}

void pb_pace_submit(const struct thread_data *td, struct pb_job *job, const struct io_u *io_u,
		    uint64_t now_ns)
{
	uint64_t due_ns = now_ns, bytes_s;
	struct pb_pace *p;

	if (!ddir_rw(io_u->ddir) || io_u->index >= td->o.iodepth)
		return;
	p = &job->pace[io_u->ddir];
	bytes_s = td->rate_bps[io_u->ddir];
	if (bytes_s) {
		if (!p->start_ns)
			p->start_ns = now_ns;
		due_ns = p->start_ns + bytes_to_ns(p->bytes, bytes_s);
		p->bytes += io_u->buflen;
	}
	job->planned_ns[io_u->index] = due_ns < now_ns ? due_ns : now_ns;
}
