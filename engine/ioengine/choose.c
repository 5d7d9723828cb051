/*
 * The table of backends, and the choice among them. A backend that was asked
 * for is taken or refused; only `auto` goes on to the next one.
 */
#include "engine/ioengine/choose.h"
#include "engine/ioengine/slot.h"

static const struct pb_backend *const backends[] = {
#define PB_BACKEND(id) &pb_backend_##id,
#include "engine/ioengine/backends.def"
#undef PB_BACKEND
};

static const struct {
	const char *name;
	unsigned bit;
} modes[] = {{"iopoll", PB_MODE_IOPOLL}, {"sqpoll", PB_MODE_SQPOLL}};

static int unknown(struct thread_data *td, const char *wanted)
{
	size_t i;

	log_err("passthru: no backend is called '%s'; known: auto", wanted);
	for (i = 0; i < PB_COUNT(backends); i++)
		log_err(", %s", backends[i]->name);
	log_err("; modes after a comma: iopoll, sqpoll\n");
	td_verror(td, ENOENT, "passthru backend");
	return 1;
}

/* ",iopoll,sqpoll" to bits; -EINVAL for anything else. */
static int parse_modes(const char *text, unsigned *bits)
{
	while (*text) {
		size_t len = strcspn(++text, ","), i = 0;

		while (i < PB_COUNT(modes) &&
		       (strlen(modes[i].name) != len || strncmp(text, modes[i].name, len)))
			i++;
		if (i == PB_COUNT(modes))
			return -EINVAL;
		*bits |= modes[i].bit;
		text += len;
	}
	return 0;
}

static void explain(const struct pb_backend *b, int rc, char *why, size_t size)
{
	if (b->explain)
		b->explain(rc, why, size);
	else
		snprintf(why, size, "%s", strerror(-rc));
}

static int take(struct thread_data *td, struct pb_job *job, const struct pb_backend *b)
{
	int rc = b->open(td, job);

	if (rc)
		return rc;
	job->backend = b;
	if (b->depth_max && b->depth_max < td->o.iodepth)
		pb_slot_cap(job, b->depth_max);
	snprintf(job->slot->backend, sizeof(job->slot->backend), "%s%s%s", b->name,
		 job->modes & PB_MODE_IOPOLL ? ",iopoll" : "", job->modes & PB_MODE_SQPOLL ? ",sqpoll" : "");
	return 0;
}

static int choose_auto(struct thread_data *td, struct pb_job *job)
{
	char *why = job->slot->backend_why;
	size_t i, used, size = sizeof(job->slot->backend_why);
	int rc = -ENOENT;

	snprintf(why, size, "auto:");
	for (i = 0; i < PB_COUNT(backends); i++) {
		char reason[96];

		if (backends[i]->by_name_only)
			continue;
		rc = take(td, job, backends[i]);
		if (!rc)
			break;
		explain(backends[i], rc, reason, sizeof(reason));
		used = strlen(why);
		snprintf(why + used, size - used, " no %s: %s;", backends[i]->name, reason);
	}
	if (rc) {
		log_err("passthru: no backend works here: %s\n", why);
		td_verror(td, -rc, "passthru backend");
		return 1;
	}
	used = strlen(why);
	snprintf(why + used, size - used, " %s", i ? "the best that works here" : "the best there is");
	return 0;
}

static int choose_named(struct thread_data *td, struct pb_job *job, const struct pb_backend *b)
{
	char reason[128];
	int rc;

	if (job->modes & ~b->modes) {
		log_err("passthru: the backend %s does not know the mode %s\n", b->name,
			job->modes & ~b->modes & PB_MODE_IOPOLL ? "iopoll" : "sqpoll");
		td_verror(td, EINVAL, "passthru backend");
		return 1;
	}
	rc = take(td, job, b);
	if (!rc) {
		snprintf(job->slot->backend_why, sizeof(job->slot->backend_why), "asked for");
		return 0;
	}
	explain(b, rc, reason, sizeof(reason));
	log_err("passthru: the backend %s does not work here: %s\n", b->name, reason);
	td_verror(td, -rc, "passthru backend");
	return 1;
}

int pb_choose_backend(struct thread_data *td, struct pb_job *job, const char *wanted)
{
	size_t i, len = strcspn(wanted, ",");

	if (parse_modes(wanted + len, &job->modes))
		return unknown(td, wanted);
	if (!*wanted || !strcmp(wanted, "auto"))
		return choose_auto(td, job);
	for (i = 0; i < PB_COUNT(backends); i++)
		if (strlen(backends[i]->name) == len && !strncmp(wanted, backends[i]->name, len))
			return choose_named(td, job, backends[i]);
	return unknown(td, wanted);
}
