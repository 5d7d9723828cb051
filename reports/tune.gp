# The A (before) and B (after) windows of each pair from tune.csv with their intervals, one panel per applied change.
# Redo: gnuplot tune.gp
reset
load 'style.gp'
stats 'tune.csv' using 1:3 nooutput
changes = STATS_blocks > 0 ? STATS_blocks : 1
set terminal svg size 470,20 + 260 * changes dynamic noenhanced name 'tune' font 'sans-serif,14'
set output 'tune.svg'
set xlabel l_pair
set xtics 1
set key outside top right horizontal
set offsets 0.5, 0.5, 0, 0
set multiplot layout changes,1
do for [i = 0:changes - 1] {
	name = ''
	goal = 'iops'
	stats 'tune.csv' index i using (goal = strcol('goal'), name = strcol('change'), column('value_lo')):(column('value_hi')) nooutput
	low = STATS_min_x
	high = STATS_max_y
	# A difference of some percent is what this is about: the axis does not begin at 0, and shows 5 % at least.
	room = high - low > 0.05 * high ? 0.15 * (high - low) : 0.05 * high
	# latencies in seconds, with a prefix; IOPS in thousands or millions
	unit = goal eq 'iops' ? unit_of(high) : 1e9
	set format y (goal eq 'iops' ? '%g'.suffix_of(high) : '%.1s %cs')
	set ylabel (goal eq 'iops' ? l_iops : goal eq 'lat_p50' ? 'p50' : 'p99')
	set yrange [(low - room) / unit:(high + room) / unit]
	set title name.'' noenhanced textcolor rgb ink
	plot 'tune.csv' index i using (column('arm') == 0 ? column('pair') - 0.12 : NaN):(column('value') / unit):(column('value_lo') / unit):(column('value_hi') / unit) with yerrorbars pt 7 ps 0.5 lw 1.4 lc rgb c7 title l_before, \
	     '' index i using (column('arm') == 1 ? column('pair') + 0.12 : NaN):(column('value') / unit):(column('value_lo') / unit):(column('value_hi') / unit) with yerrorbars pt 5 ps 0.5 lw 1.4 lc rgb c1 title l_after
}
unset multiplot
set output
