/*
 * Removing a folder of our own with everything in it.
 */
#ifndef PB_LIB_REMOVE_TREE_H
#define PB_LIB_REMOVE_TREE_H

/* Follows no symbolic link and crosses no mount. 0 or -errno of the first failure. */
int pb_remove_tree(const char *path);

#endif
