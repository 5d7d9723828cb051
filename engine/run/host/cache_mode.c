/*
 * The table of cache modes. How fast they are is not looked at.
 */
#include "engine/run/host/cache_mode.h"

#include <stddef.h>
#include <string.h>

static const struct pb_cache_mode modes[] = {
	{"none", true, true, false},           {"writeback", true, false, false},
	{"writethrough", false, false, false}, {"directsync", false, true, false},
	{"unsafe", true, false, true},
};

#define N_MODES (sizeof(modes) / sizeof(modes[0]))

const struct pb_cache_mode *pb_cache_mode_find(const char *name)
{
	for (size_t i = 0; i < N_MODES; i++)
		if (!strcmp(modes[i].name, name))
			return &modes[i];
	return NULL;
}

const struct pb_cache_mode *pb_cache_mode_of(bool writeback, bool direct, bool no_flush)
{
	for (size_t i = 0; i < N_MODES; i++)
		if (modes[i].writeback == writeback && modes[i].direct == direct &&
		    modes[i].no_flush == no_flush)
			return &modes[i];
	return NULL;
}

bool pb_cache_mode_keeps(const struct pb_cache_mode *m, const struct pb_kept_data *d)
{
	if (!d->writes || d->safety == 'N')
		return true;
	if (m->no_flush)
		return false;
	/* who never flushes survives a power loss only when the host flushes for him */
	return d->safety != 'P' || d->flushes || !m->writeback;
}
