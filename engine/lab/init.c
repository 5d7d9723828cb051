/* The text of init.sh as data. */
#include "engine/lab/machine.h"

__asm__(".pushsection .rodata\n"
	".global pb_lab_init\n"
	"pb_lab_init:\n"
	".incbin \"engine/lab/init.sh\"\n"
	".byte 0\n"
	".popsection\n");
