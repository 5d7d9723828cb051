/*
 * Options that run, poc and verify share, because all three open a session:
 * which disk, in which guest, attached how, and what may be written. `s` is a struct pb_session_opts.
 */
#ifndef PB_CLI_SESSION_OPTIONS_H
#define PB_CLI_SESSION_OPTIONS_H

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

#endif
