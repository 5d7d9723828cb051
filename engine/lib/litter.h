/*
 * Work folders of processes that were killed before they could remove them.
 */
#ifndef PB_LIB_LITTER_H
#define PB_LIB_LITTER_H

/*
 * Removes, with everything in them, the folders parent/PREFIXpid* that this user owns and whose process is
 * gone. What cannot be removed stays: the next one tries again.
 */
void pb_litter_sweep(const char *parent, const char *prefix);

#endif
