/*
 * The import from the first file to the sealed directory. It is made in a folder of its own beside the place
 * where it is to be, and moved there when it is whole.
 */
#include "engine/import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/import/origin.h"
#include "engine/import/recording.h"
#include "engine/lib/dirnames.h"
#include "engine/lib/litter.h"
#include "engine/lib/remove_tree.h"

#define WORK_PREFIX ".passbench-import-"
#define FILES_MAX 128

struct import {
	const struct pb_import_opts *o;
	struct pb_importing im;
	struct pb_rundir dir;
	char work[PATH_MAX], run[PATH_MAX];
	struct pb_input *in[FILES_MAX];
	const struct pb_importer *by[FILES_MAX];
	bool load;     /* some file has the steps: recordings give host tables only */
	json_t *files; /* for the manifest */
	uint64_t skipped;
};

/* The output must not exist, or be an empty directory. */
static int check_out(const char *out, struct pb_err *err)
{
	struct pb_strv names = {0};
	struct stat st;
	DIR *dir;
	size_t n;

	if (!*out || strlen(out) >= PATH_MAX - 64)
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "-o: the path must have 1 to %d bytes",
			       PATH_MAX - 65);
	if (lstat(out, &st) != 0)
		return errno == ENOENT ? 0 : pb_fail(err, PB_USAGE, errno, "-o %s: %m", out);
	dir = S_ISDIR(st.st_mode) ? opendir(out) : NULL;
	if (!dir)
		return pb_fail(err, PB_USAGE, ENOTDIR, "-o %s: exists and is no directory that can be read",
			       out);
	if (pb_dir_names(dir, &names) < 0)
		return pb_fail(err, PB_USAGE, EIO, "-o %s: cannot be listed", out);
	n = names.n;
	pb_strv_fini(&names);
	return n ? pb_fail(err, PB_USAGE, EEXIST, "-o %s: is not empty; give another directory", out) : 0;
}

/* The nearest directory above `path` that exists. */
static void existing_parent(char *parent, const char *path)
{
	struct stat st;
	char *slash;

	strcpy(parent, path);
	do {
		slash = strrchr(parent, '/');
		if (!slash) {
			strcpy(parent, ".");
			return;
		}
		slash[slash == parent] = '\0';
	} while (stat(parent, &st) != 0 && strcmp(parent, "/") != 0);
}

static int make_work(struct import *i, struct pb_err *err)
{
	char parent[PATH_MAX];

	existing_parent(parent, i->o->out);
	pb_litter_sweep(parent, WORK_PREFIX);
	snprintf(i->work, sizeof(i->work), "%.*s/" WORK_PREFIX "%ld-XXXXXX", PATH_MAX - 64, parent,
		 (long)getpid());
	if (!mkdtemp(i->work)) {
		i->work[0] = '\0';
		return pb_fail(err, PB_USAGE, errno, "cannot make a folder in %s: %m", parent);
	}
	snprintf(i->run, sizeof(i->run), "%.*s/run", PATH_MAX - 8, i->work);
	return pb_rundir_create(&i->dir, i->run, err);
}

static int open_files(struct import *i, struct pb_err *err)
{
	const struct pb_importer *recording = NULL;
	int rc = 0;

	for (size_t k = 0; k < i->o->n_files && rc == 0; k++) {
		rc = pb_input_open(&i->in[k], i->o->files[k], &i->o->watch, err);
		if (rc == 0)
			rc = i->o->format ? pb_importer_named(&i->by[k], i->o->format, err)
					  : pb_importer_detect(&i->by[k], i->in[k], err);
		if (rc)
			continue;
		i->load |= !i->by[k]->recording;
		if (i->by[k]->recording && recording && recording != i->by[k])
			rc = pb_fail(err, PB_USAGE, EINVAL,
				     "%s is of %s, another of %s: both hold a host's counters, and one run "
				     "has one host; "
				     "import one of them",
				     i->o->files[k], i->by[k]->name, recording->name);
		if (i->by[k]->recording)
			recording = i->by[k];
	}
	if (rc == 0 && i->o->disk && !recording)
		rc = pb_fail(err, PB_USAGE, EINVAL,
			     "--disk %s: none of the files is a recording of disks; leave it out",
			     i->o->disk);
	return rc;
}

/* The step of a recording, and the next file's clean slate. */
static int end_recording(struct import *i, const char *file, struct pb_err *err)
{
	struct pb_timeline_disk disk;
	struct pb_import_step s;
	bool found = false;
	int rc = pb_recording_disk(&i->im, file, !i->load, &disk, &found, err);

	if (rc == 0 && found)
		pb_importing_fact(&i->im, "disk", "block", json_string(disk.name));
	if (rc == 0 && found && !i->load) {
		pb_recording_step(&disk, &s);
		rc = pb_stepfile_add(&i->im.steps, &s, err);
	}
	pb_timeline_next_file(i->im.timeline);
	return rc;
}

static int read_file(struct import *i, size_t k, struct pb_err *err)
{
	const struct pb_importer *by = i->by[k];
	int rc;

	i->im.skipped = 0;
	rc = by->read(&i->im, i->in[k], err);
	if (rc == 0 && by->recording)
		rc = end_recording(i, i->o->files[k], err);
	if (rc)
		return rc;
	i->skipped += i->im.skipped;
	if (json_array_append_new(i->files, json_pack("{s:s,s:s,s:s,s:I,s:I}", "file", i->o->files[k], "tool",
						      by->tool, "encoding", pb_input_encoding(i->in[k]),
						      "bytes", (json_int_t)pb_input_bytes(i->in[k]),
						      "skipped_lines", (json_int_t)i->im.skipped)))
		return pb_fail(err, PB_USAGE, EINVAL, "the name of %s is not UTF-8: rename the file",
			       i->o->files[k]);
	pb_input_close(i->in[k]);
	i->in[k] = NULL;
	return 0;
}

static const struct pb_importer *main_importer(const struct import *i)
{
	for (size_t k = 0; k < i->o->n_files; k++)
		if (!i->by[k]->recording)
			return i->by[k];
	return i->by[0];
}

static int read_all(struct import *i, struct pb_err *err)
{
	int rc = pb_timeline_new(&i->im.timeline, &i->dir, i->o->disk, err);

	for (size_t k = 0; k < i->o->n_files && rc == 0; k++)
		rc = read_file(i, k, err);
	if (rc == 0)
		rc = pb_stepfile_finish(&i->im.steps, err);
	if (rc == 0)
		rc = pb_timeline_finish(i->im.timeline, err);
	if (rc)
		return rc;
	return pb_origin_put(&(struct pb_origin){.im = &i->im,
						 .importer = main_importer(i),
						 .files = i->files,
						 .skipped = i->skipped,
						 .command = i->o->command,
						 .n_command = i->o->n_command},
			     i->dir.manifest, err);
}

/* Makes the directories above `out`, then moves the run there. */
static int move_out(struct import *i, struct pb_err *err)
{
	char part[PATH_MAX];
	const char *out = i->o->out;

	for (size_t n = 1; out[n]; n++) {
		if (out[n] != '/')
			continue;
		memcpy(part, out, n);
		part[n] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return pb_fail(err, PB_USAGE, errno, "cannot make directory %s: %m", part);
	}
	if (rename(i->run, out) != 0)
		return pb_fail(err, PB_MISSING, errno, "cannot move the imported run to %s: %m", out);
	return 0;
}

static void fini(struct import *i)
{
	for (size_t k = 0; k < i->o->n_files && k < FILES_MAX; k++)
		pb_input_close(i->in[k]);
	pb_stepfile_cancel(&i->im.steps);
	pb_timeline_free(i->im.timeline);
	pb_rundir_close(&i->dir);
	pb_strv_fini(&i->im.examples);
	pb_strv_fini(&i->im.notes);
	json_decref(i->im.facts);
	json_decref(i->files);
	if (i->work[0])
		pb_remove_tree(i->work);
	free(i);
}

int pb_import(const struct pb_import_opts *o, struct pb_import_result *result, struct pb_err *err)
{
	struct import *i;
	int rc;

	if (o->n_files == 0 || o->n_files > FILES_MAX)
		return pb_fail(err, PB_USAGE, EINVAL, "name 1 to %d files to import", FILES_MAX);
	i = calloc(1, sizeof(*i));
	if (!i)
		return pb_fail(err, PB_MISSING, ENOMEM, "importing: out of memory");
	i->o = o;
	i->dir.fd = -1;
	i->im = (struct pb_importing){.disk = o->disk, .lenient = o->lenient, .facts = json_object()};
	i->im.steps.dir = &i->dir;
	i->files = json_array();
	rc = check_out(o->out, err);
	if (rc == 0)
		rc = open_files(i, err);
	if (rc == 0)
		rc = make_work(i, err);
	if (rc == 0)
		rc = read_all(i, err);
	if (rc == 0)
		rc = pb_rundir_seal(&i->dir, err);
	if (rc == 0)
		rc = move_out(i, err);
	if (rc == 0) {
		*result = (struct pb_import_result){.skipped = i->skipped, .steps = i->im.steps.n};
		for (int k = 0; k < PB_TL_KINDS; k++)
			result->host_rows += pb_timeline_rows(i->im.timeline, (enum pb_timeline_kind)k);
	}
	fini(i);
	return rc;
}
