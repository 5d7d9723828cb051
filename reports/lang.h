/*
 * The language a report is written in: which one, its texts, the names of its files. One report is written at
 * a time, so there is one language at a time, chosen before a report and put back after it
 * (docs/architecture.md says why it is not a parameter). Not for use by two threads at once.
 */
#ifndef PB_REPORTS_LANG_H
#define PB_REPORTS_LANG_H

#include "engine/lib/err.h"

/* 1.21 M or 121 万: which powers have a name. */
enum pb_digits { PB_DIGITS_THOUSANDS, PB_DIGITS_MYRIADS };

struct pb_lang {
	const char *name; /* "zh", as --lang takes it */
	const char *tag;  /* "zh-CN", for <html lang> */
	enum pb_digits digits;
};

extern const struct pb_lang pb_langs[]; /* ends with name NULL */

/*
 * Chooses a language and reads its texts; NULL or "en" is English, which frees what another one held. Texts
 * handed out before are gone then. PB_USAGE for one that does not exist, PB_MISSING for texts that cannot be
 * read; the language is then English.
 */
int pb_lang_use(const char *name, struct pb_err *err);
const struct pb_lang *pb_lang(void);

/* The translation of exactly this text; the text itself where there is none. Borrowed. */
const char *pb_lang_message(const char *english);

/*
 * A sentence that passbench wrote into a run directory ("Depth 8 is ..."), in the language of the report:
 * found by its printf format, what was put in stays as it is unless it is a phrase with a translation of its
 * own. Anything unknown is returned as it is. Borrowed until the next pb_lang_use, or `english` itself.
 */
const char *pb_lang_say(const char *english);

struct pb_lang_file {
	char s[96];
};
/* "report/index.html" is "report/index.zh.html" in Chinese; a folder "report/charts" is "report/charts.zh".
 */
struct pb_lang_file pb_lang_file(const char *name);

#endif
