/*
 * Words of the kernel's command line. Quoted values with spaces are not understood: nothing here needs them.
 */
#include "engine/agent/cmdline.h"

#include <stdio.h>
#include <string.h>

#define SPACE " \t\n"

void pb_cmdline_module(const char *cmdline, const char *path, char *params, size_t size)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *word = cmdline;
	size_t len = strcspn(name, "."), used = 0, n;

	params[0] = '\0';
	for (word += strspn(word, SPACE); *word; word += n, word += strspn(word, SPACE)) {
		n = strcspn(word, SPACE);
		if (n <= len + 1 || strncmp(word, name, len) || word[len] != '.' || used + n - len > size)
			continue;
		used += (size_t)snprintf(params + used, size - used, "%s%.*s", used ? " " : "",
					 (int)(n - len - 1), word + len + 1);
	}
}
