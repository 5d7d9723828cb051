/*
 * What each backend is, in a sentence: for fio's option help, and for whoever
 * lists backends without fio's headers. One line for each line of backends.def.
 */
#ifndef PB_IOENGINE_BACKENDS_H
#define PB_IOENGINE_BACKENDS_H

#define PB_BACKEND_HELP_uring "io_uring with registered files and buffers; modes iopoll, sqpoll"
#define PB_BACKEND_HELP_libaio "Linux native AIO, for guests without io_uring"
#define PB_BACKEND_HELP_psync "pread and pwrite, one at a time: depth 1"
#define PB_BACKEND_HELP_uring_cmd                                                                            \
	"NVMe commands past the block layer (/dev/ngXnY); only when asked for; mode iopoll"

#endif
