/*
 * PB_N marks a text that a report may have to say in another language, where no function that takes such
 * texts stands around it. It changes nothing: tests/texts.sh looks for it.
 */
#ifndef PB_LIB_TEXTS_H
#define PB_LIB_TEXTS_H

#ifndef PB_TEXTS /* tests/texts.sh keeps the marks */
#define PB_N(text) text
#endif

#endif
