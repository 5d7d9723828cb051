/*
 * Fuzz target for the parsers of a thread's /proc files: a thread chooses its own name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/tasktext.h"
#include "engine/lib/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int64_t v)
{
	if (v < 0 && v != PB_NA)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct pb_task_sched sched;
	struct pb_task_stat stat;
	struct pb_task_status status;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!pb_task_sched(text, &sched) && (sched.run_ns < 0 || sched.wait_ns < 0 || sched.switches < 0))
		abort();
	pb_task_stat(text, &stat);
	check(stat.user);
	check(stat.system);
	check(stat.guest);
	check(stat.cpu);
	pb_task_status(text, &status);
	check(status.voluntary);
	check(status.involuntary);
	if (strlen(status.allowed) >= sizeof(status.allowed))
		abort();
	free(text);
	return 0;
}
