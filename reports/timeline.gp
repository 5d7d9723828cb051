# Timeline from timeline-*.csv, windows.csv and timeline-vars.gp: one panel per source that has data, one time axis.
# Redo: gnuplot timeline.gp
reset
load 'style.gp'
load 'timeline-vars.gp'
panels = (n_iops > 0) + (n_irq > 0) + (n_threads > 0) + (n_cpu > 0)
panels = panels > 0 ? panels : 1
top = 26.0
bottom = 46.0
each = 132.0
height = top + bottom + panels * each
set terminal svg size 1080,height dynamic noenhanced name 'timeline' font 'sans-serif,13'
set output 'timeline.svg'
set xrange [t_min:t_max]
set lmargin at screen 0.075
set rmargin at screen 0.86
set key at screen 0.868, graph 1.0 left top Left reverse
set format y '%.3s%c'
set ytics autofreq
set border 3
set multiplot
done = 0
# Label a window only where its number fits.
name_of(t0, t1, d) = (t1 - t0) / (t_max - t_min) > 0.012 ? sprintf('%g', d) : ''

do for [k = 1:4] {
	n = k == 1 ? n_iops : k == 2 ? n_irq : k == 3 ? n_threads : n_cpu
	high = k == 1 ? max_iops : k == 2 ? max_irq : k == 3 ? max_threads : max_cpu
	file = k == 1 ? 'timeline-iops.csv' : k == 2 ? 'timeline-irq.csv' : k == 3 ? 'timeline-threads.csv' : 'timeline-cpu.csv'
	if (n > 0) {
		high = high > 0 ? high * 1.08 : 1
		set yrange [0:high]
		set tmargin at screen 1 - (top + done * each) / height
		set bmargin at screen 1 - (top + (done + 1) * each - 16) / height
		set ylabel (k == 1 ? 'guest IOPS' : k == 2 ? 'interrupts/s' : k == 3 ? 'threads, % CPU' : 'host, CPUs') offset 1.2,0
		last = done + 1 == panels
		if (last) {
			set format x '%g'
			set xlabel 'seconds since the first sample'
		} else {
			set format x ''
			unset xlabel
		}
		unset label 1
		if (done == 0) {
			set label 1 'depth' at graph -0.006, graph 1.07 right textcolor rgb ink
		}
		plot 'windows.csv' using 1:(0):1:2:(0):(high) with boxxyerror fillcolor rgb band notitle, \
		     '' using (($1 + $2) / 2):(high * 1.07):(done == 0 ? name_of($1, $2, $3) : '') with labels textcolor rgb ink noenhanced notitle, \
		     for [i = 0:n-1] file index i using 1:2 with lines lw 1.3 lc rgb palette_of[i % 8 + 1] title (k == 1 ? 'guest IOPS' : columnheader(2))
		done = done + 1
	}
}
unset multiplot
set output
