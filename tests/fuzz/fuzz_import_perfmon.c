/*
 * Fuzz target for importing perfmon: any bytes are refused with one sentence, or become a run directory.
 */
#define FORMAT "perfmon"
#include "tests/fuzz/importfuzz.h"
