/*
 * Fuzz target for importing fio: any bytes are refused with one sentence, or become a run directory.
 */
#define FORMAT "fio"
#include "tests/fuzz/importfuzz.h"
