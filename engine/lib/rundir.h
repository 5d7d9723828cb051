/*
 * The run directory (docs/run-directory.md): every file is written to a
 * temporary name and renamed when complete; manifest.json says "incomplete"
 * until pb_rundir_seal has hashed every other file. Readers get a directory
 * that is whole, or one sentence saying what is wrong with it.
 */
#ifndef PB_LIB_RUNDIR_H
#define PB_LIB_RUNDIR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "engine/lib/err.h"

#define PB_SCHEMA 1

struct pb_rundir {
	int fd; /* the directory */
	char path[1024];
	json_t *manifest; /* owned */
};

/*
 * Makes the directory (parents too) and an "incomplete" manifest with
 * {schema, passbench, state}. An existing directory is accepted when it is
 * empty or holds an incomplete run (whose files, undo.log excepted, are then removed); anything
 * else is refused with PB_USAGE, unchanged.
 */
int pb_rundir_create(struct pb_rundir *d, const char *path, struct pb_err *err);
/* Opens a complete run: schema known, state complete, every hash right. PB_USAGE otherwise. */
int pb_rundir_open(struct pb_rundir *d, const char *path, struct pb_err *err);
/* Does path hold a complete run, every file as its hash says? */
bool pb_rundir_complete(const char *path);
void pb_rundir_close(struct pb_rundir *d);

/* A stream onto a temporary name of `name` (sub-directories are made); finish with pb_rundir_commit. */
FILE *pb_rundir_begin(struct pb_rundir *d, const char *name, struct pb_err *err);
/* Flushes, fsyncs, closes f and renames it to `name`. On failure the temporary is removed. */
int pb_rundir_commit(struct pb_rundir *d, FILE *f, const char *name, struct pb_err *err);
/* Writes a whole file in one go. */
int pb_rundir_put(struct pb_rundir *d, const char *name, const void *data, size_t len, struct pb_err *err);
/* Saves the manifest as it is, still incomplete (a checkpoint). */
int pb_rundir_save(struct pb_rundir *d, struct pb_err *err);
/*
 * Hashes every file present (sha256; except manifest.json, findings.json, log.txt, undo.log,
 * report/ and tune/, which other stages own) into manifest["files"], sets state "complete", saves.
 */
int pb_rundir_seal(struct pb_rundir *d, struct pb_err *err);

#endif
