/*
 * Agent and fio of an existing guest: put there and taken away, over ssh. Both are static, so that
 * the guest needs no package; they stay in one folder and nothing else of the guest is touched.
 */
#ifndef PB_RUN_GUEST_INSTALL_H
#define PB_RUN_GUEST_INSTALL_H

#include "engine/lib/err.h"
#include "engine/run/guest/ssh.h"
#include "engine/lib/ui.h"

struct pb_installed {
	char agent[128]; /* what the agent there says its version is */
	char fio[512];   /* and which fio it uses */
};

/*
 * Copies both files into s->dir of the guest, each under a temporary name until its SHA-256 is right, and
 * asks the agent what it will use. An earlier installation is replaced. PB_MISSING with one sentence.
 */
int pb_install(const struct pb_ssh *s, const struct pb_ui *ui, struct pb_installed *done, struct pb_err *err);
/* Removes the files and the folder. 1 = done, 0 = there was nothing, -errno (other files lie in the folder).
 */
int pb_install_remove(const struct pb_ssh *s, struct pb_err *err);

#endif
