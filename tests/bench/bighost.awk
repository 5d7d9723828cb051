# A synthetic host for bench_bighost.sh: /proc/interrupts as Linux 6.12 prints it for CPUS CPUs and IRQS vectors.
# Each vector has fired on a few CPUs (nine of ten on one or two, the tenth on 32); architecture rows on all.
BEGIN {
	srand(1)
	line = sprintf("%*s", 5, "")
	for (c = 0; c < CPUS; c++) line = line sprintf(" %-10s", "CPU" c)
	print line
	zero = sprintf(" %10u", 0)
	for (i = 0; i < IRQS; i++) {
		split("", hot)
		k = i % 10 ? 1 + i % 2 : 32
		for (j = 0; j < k; j++) hot[int(rand() * CPUS)] = 1 + int(rand() * 400000000)
		line = sprintf("%4d:", i + 24)
		for (c = 0; c < CPUS; c++) line = line (c in hot ? sprintf(" %10u", hot[c]) : zero)
		printf "%s IR-PCI-MSIX-0000:%02x:00.0 %4d-edge      nvme%dq%d\n", line, int(i / 128), i % 128, int(i / 128), i % 128
	}
	n = split("NMI LOC SPU PMI IWI RTR RES CAL TLB TRM THR DFR MCE MCP PIN NPI PIW", arch, " ")
	for (i = 1; i <= n; i++) {
		line = sprintf("%4s:", arch[i])
		for (c = 0; c < CPUS; c++) line = line sprintf(" %10u", int(rand() * 4000000000))
		print line "  " arch[i] " interrupts"
	}
}
