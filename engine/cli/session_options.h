/*
 * Options that run, poc and verify share, because all three open a session:
 * which disk, in which guest, attached how, and what may be written. `s` is a struct pb_session_opts.
 */
#ifndef PB_CLI_SESSION_OPTIONS_H
#define PB_CLI_SESSION_OPTIONS_H

#include "engine/lib/err.h"
#include "engine/run/run.h"

#define PB_SESSION_OPTIONS(s)                                                                                \
	{.name = "disk",                                                                                     \
	 .arg = "D",                                                                                         \
	 .help = "PCI address, /dev path, by-id name or serial",                                             \
	 .text = &(s).disk},                                                                                 \
		{.name = "guest",                                                                            \
		 .arg = "G",                                                                                 \
		 .help = "launch[:cpus=2,..] (default), local, ssh:USER@HOST, vsock:CID, serial:PATH",       \
		 .text = &(s).guest},                                                                        \
		{.name = "attach",                                                                           \
		 .arg = "A",                                                                                 \
		 .help = "vfio (default) or virtio-blk[,cache=..,aio=..]",                                   \
		 .text = &(s).attach},                                                                       \
		{.name = "erase",                                                                            \
		 .arg = "SERIAL",                                                                            \
		 .help = "allow writing to the disk with this serial: its data are lost",                    \
		 .text = &(s).erase},                                                                        \
		{.name = "counters",                                                                         \
		 .arg = "GROUP,..",                                                                          \
		 .help = "counter groups (passbench list counters)",                                         \
		 .text = &(s).counters},                                                                     \
	{                                                                                                    \
		.name = "overwrite-signature", .arg = "NAME",                                                \
		.help = "with --erase: also when the disk carries this (ext4)", .text = &(s).overwrite       \
	}

/* Times as typed, NULL where the default is taken. */
struct pb_run_texts {
	const char *duration, *interval, *round;
};

/* What is measured and how: options that run and poc share. `o` is a struct pb_run_opts, `t` its texts. */
#define PB_RUN_OPTIONS(o, t)                                                                                 \
	{.name = "profile",                                                                                  \
	 .arg = "P",                                                                                         \
	 .help = "job file or name (passbench list profiles)",                                               \
	 .text = &(o).session.profile},                                                                      \
		{.name = "depth",                                                                            \
		 .arg = "N|N,N|auto",                                                                        \
		 .help = "queue depths (default auto)",                                                      \
		 .text = &(o).depth},                                                                        \
		{.name = "slo",                                                                              \
		 .arg = "p99=2ms",                                                                           \
		 .help = "latency the chosen depth must keep",                                               \
		 .text = &(o).slo},                                                                          \
		{.name = "duration",                                                                         \
		 .arg = "TIME",                                                                              \
		 .help = "per depth; with auto the most it may take (5s)",                                   \
		 .text = &(t).duration},                                                                     \
		{.name = "interval",                                                                         \
		 .arg = "TIME",                                                                              \
		 .help = "sampling interval (100ms)",                                                        \
		 .text = &(t).interval},                                                                     \
		{.name = "backend",                                                                          \
		 .arg = "B",                                                                                 \
		 .help = "how the engine does I/O (auto; passbench list backends)",                          \
		 .text = &(o).session.backend},                                                              \
		{.name = "steady",                                                                           \
		 .help = "rounds until the disk is steady come first",                                       \
		 .flag = &(o).steady},                                                                       \
		{.name = "round", .arg = "TIME", .help = "length of a round (60s)", .text = &(t).round},     \
		{.name = "precondition",                                                                     \
		 .help = "write the whole disk twice first, then --steady (writing profiles)",               \
		 .flag = &(o).session.precondition},                                                         \
		{.name = "solo",                                                                             \
		 .arg = "DIR",                                                                               \
		 .help = "run of this disk alone: says what neighbours cost",                                \
		 .text = &(o).solo},                                                                         \
	{                                                                                                    \
		.name = "quick", .help = "neither of them (default); the report says so", .flag = &(o).quick \
	}

/* Fills o's times and judges what was typed. PB_USAGE with a sentence. */
int pb_run_options_take(struct pb_run_opts *o, const struct pb_run_texts *t, struct pb_err *err);

#endif
