/*
 * Fuzz target for importing sar: any bytes are refused with one sentence, or become a run directory.
 */
#define FORMAT "sar"
#include "tests/fuzz/importfuzz.h"
