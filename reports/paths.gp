# Each path's ratio to the first one, for each depth, from paths.csv and paths-vars.gp: a panel for each metric.
# Redo: gnuplot paths.gp
reset
load 'style.gp'
load 'paths-vars.gp'
top = 34.0
bottom = 30.0
height = top + bottom + n_rows * 20.0
set terminal svg size 1080,height dynamic noenhanced name 'paths' font 'sans-serif,13'
set output 'paths.svg'
array title_of[4] = [l_iops, 'p50', 'p99', l_cpu_per_io]
array column_of[4] = ['iops', 'lat_p50', 'lat_p99', 'cpu_us_per_io']
set logscale x 2
set xrange [ratio_min / 1.15:ratio_max * 1.15]
octaves = log(ratio_max / ratio_min) / log(2)
each = octaves > 9 ? 4 : octaves > 4 ? 2 : octaves > 1.5 ? 1 : 0.25
set xtics ('×1' 1)
do for [k = 1:12] {
	set xtics add (sprintf('×%.3g', 2.0 ** (k * each)) 2.0 ** (k * each))
	set xtics add (sprintf('×%.3g', 2.0 ** (-k * each)) 2.0 ** (-k * each))
}
set yrange [n_rows - 0.5:-0.5]
set tmargin at screen 1 - top / height
set bmargin at screen bottom / height
set ytics scale 0
unset grid
set grid xtics lc rgb faint lt 1 lw 0.6
unset key
set multiplot
do for [m = 1:4] {
	set lmargin at screen 0.25 + (m - 1) * 0.1875
	set rmargin at screen 0.25 + m * 0.1875 - 0.02
	set title title_of[m] textcolor rgb ink
	if (m > 1) {
		set format y ''
	}
	set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead lc rgb ink lw 1
	name = column_of[m]
	if (m == 1) {
		plot 'paths.csv' using (column(name)):'row':(column(name.'_lo')):(column(name.'_hi')):ytic(sprintf('%s, %g', strcol('path'), column('depth'))) with xerrorbars pt 7 ps 0.5 lw 1.4 lc rgb c1
	} else {
		plot 'paths.csv' using (column(name)):'row':(column(name.'_lo')):(column(name.'_hi')) with xerrorbars pt 7 ps 0.5 lw 1.4 lc rgb c1
	}
}
unset multiplot
set output
