/*
 * Fuzz target for importing esxtop: any bytes are refused with one sentence, or become a run directory.
 */
#define FORMAT "esxtop"
#include "tests/fuzz/importfuzz.h"
