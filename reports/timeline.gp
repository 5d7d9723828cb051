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
set lmargin at screen 0.085
set rmargin at screen 0.86
set key at screen 0.868, graph 1.0 left top Left reverse spacing 0.9
set ytics autofreq
set ytics add ('0' 0)
set multiplot
done = 0
# Label a window only where its number fits.
name_of(t0, t1, d) = (t1 - t0) / (t_max - t_min) > 0.012 ? sprintf('%g', d) : ''

do for [k = 1:4] {
	n = k == 1 ? n_iops : k == 2 ? n_irq : k == 3 ? n_threads : n_cpu
	high = k == 1 ? max_iops : k == 2 ? max_irq : k == 3 ? max_threads : max_cpu
	file = k == 1 ? 'timeline-iops.csv' : k == 2 ? 'timeline-irq.csv' : k == 3 ? 'timeline-threads.csv' : 'timeline-cpu.csv'
	if (n > 0) {
		unit = unit_of(high)
		set format y '%g'.suffix_of(high)
		high = high > 0 ? high * 1.08 / unit : 1
		# room for the depths above the first panel's line
		room = done == 0 ? 1.2 : 1.0
		set yrange [0:high * room]
		set tmargin at screen 1 - (top + done * each) / height
		set bmargin at screen 1 - (top + (done + 1) * each - 16) / height
		set ylabel (k == 1 ? l_guest_iops : k == 2 ? l_interrupts_s : k == 3 ? l_threads : l_host_cpus) offset -0.3,0
		last = done + 1 == panels
		if (last) {
			set format x '%g'
			set xlabel l_seconds textcolor rgb ink
		} else {
			set format x ''
			unset xlabel
		}
		unset label 1
		set key at screen 0.868, graph (done == 0 ? 0.8 : 1.0) left top Left reverse spacing 0.9
		if (done == 0) {
			set label 1 l_depth_short at graph 1.006, first high * 1.1 left textcolor rgb ink
		}
		plot 'windows.csv' using 1:(0):1:2:(0):(high * room) with boxxyerror fillcolor rgb band notitle, \
		     '' using (($1 + $2) / 2):(high * 1.1):(done == 0 ? name_of($1, $2, $3) : '') with labels textcolor rgb ink noenhanced notitle, \
		     for [i = 0:n-1] file index i using 1:($2 / unit) with lines lw 1.4 dt i % 2 + 1 lc rgb palette_of[i % 8 + 1] title (k == 1 ? l_guest_iops : columnheader(2))
		done = done + 1
	}
}
unset multiplot
set output
