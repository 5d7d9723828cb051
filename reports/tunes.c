/*
 * Reads what tune left behind. It does not judge: the verdict is tune's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/buf.h"
#include "engine/lib/json.h"
#include "reports/translate.h"
#include "reports/tunes.h"

/* Names below tune/, sorted; none when the folder does not exist. */
static int list(struct pb_strv *names, int dirfd)
{
	int fd = openat(dirfd, "tune", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return 0;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return 0;
	}
	while (!ret && (e = readdir(d)))
		if (e->d_name[0] != '.' && strlen(e->d_name) < 128)
			ret = pb_strv_add(names, e->d_name);
	closedir(d);
	pb_strv_sort(names);
	return ret;
}

static void read_one(struct pb_tune *t, int dirfd, const char *name)
{
	struct pb_err why = PB_ERR_INIT;
	char path[192];

	snprintf(t->dir, sizeof(t->dir), "tune/%s", name);
	snprintf(path, sizeof(path), "%s/tune.json", t->dir);
	if (pb_json_read(&t->doc, dirfd, path, &why) < 0) {
		t->doc = NULL;
		snprintf(t->broken, sizeof(t->broken), "%.255s",
			 why.msg[0] ? why.msg : "there is no tune.json");
		return;
	}
	pb_translate_tune(t->doc);
	snprintf(path, sizeof(path), "%s/steps.csv", t->dir);
	if (pb_steps_read(&t->steps, dirfd, path, &why) < 0)
		snprintf(t->broken, sizeof(t->broken), "%.255s", why.msg);
}

int pb_tunes_read(struct pb_tunes *t, int dirfd, struct pb_err *err)
{
	struct pb_strv names = {0};
	int ret;

	memset(t, 0, sizeof(*t));
	ret = list(&names, dirfd);
	if (!ret && names.n) {
		t->v = calloc(names.n, sizeof(*t->v));
		ret = t->v ? 0 : -ENOMEM;
	}
	for (; !ret && t->n < names.n; t->n++)
		read_one(&t->v[t->n], dirfd, names.v[t->n]);
	pb_strv_fini(&names);
	if (!ret)
		return 0;
	pb_tunes_fini(t);
	return pb_fail(err, PB_MISSING, -ret, "no memory for the folders below tune/");
}

void pb_tunes_fini(struct pb_tunes *t)
{
	size_t i;

	for (i = 0; t->v && i < t->n; i++) {
		json_decref(t->v[i].doc);
		pb_steps_fini(&t->v[i].steps);
	}
	free(t->v);
	memset(t, 0, sizeof(*t));
}
