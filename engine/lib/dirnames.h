/*
 * The names in an open directory, as a list.
 */
#ifndef PB_LIB_DIRNAMES_H
#define PB_LIB_DIRNAMES_H

#include <dirent.h>

#include "engine/lib/buf.h"

/* Appends all names but . and .., unsorted. Closes the stream. 0 or -errno. */
int pb_dir_names(DIR *dir, struct pb_strv *names);

#endif
