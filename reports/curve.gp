# Depth curve from curve.csv: IOPS (curve-iops.svg) and latency (curve-latency.svg) over queue depth.
# A dot is a window; the line joins the means of the windows of each depth.
# Redo: gnuplot curve.gp
reset
load 'style.gp'
set terminal svg size 470,310 dynamic noenhanced name 'curve' font 'sans-serif,14'
ok(v) = column('valid') == 1 ? v : NaN
no(v) = column('valid') == 1 ? NaN : v

set logscale x 2
set xtics 2
set format x '%.0f'
set xlabel l_depth
set offsets graph 0.04, graph 0.04, 0, 0
set key bottom right

set output 'curve-iops.svg'
set ylabel l_iops
stats 'curve.csv' using (column('iops')) skip 0 nooutput
unit = unit_of(STATS_max)
set format y '%g'.suffix_of(STATS_max)
set yrange [0:*]
set ytics add ('0' 0)
plot 'curve.csv' using 'depth':(ok(column('iops') / unit)):(column('iops_lo') / unit):(column('iops_hi') / unit) with yerrorbars pt 7 ps 0.01 lw 1.3 lc rgb c1 notitle, \
     '' using 'depth':(ok(column('iops') / unit)) smooth unique with lines lw 1.8 lc rgb c1 notitle, \
     '' using 'depth':(ok(column('iops') / unit)) with points pt 7 ps 0.55 lc rgb c1 title l_iops, \
     '' using 'depth':(no(column('iops') / unit)) with points pt 6 ps 0.7 lc rgb c1 notitle

set output 'curve-latency.svg'
set ylabel l_latency
stats 'curve.csv' using (column('p50_us')):(column('p99_us')) nooutput
low = STATS_min_x > 0 ? STATS_min_x * 1e-6 : 1e-6
high = STATS_max_y > low * 1e6 ? STATS_max_y * 1e-6 : low * 10
set logscale y 10
set yrange [low / 1.6:high * 1.8]
set offsets graph 0.04, graph 0.04, 0, 0
# 1, 2, 5 in each decade, so that a narrow range still has numbers
set ytics ('' 1)
do for [e = -9:2] {
	do for [m in (high / low > 1e3 ? "1" : "1 2 5")] {
		set ytics add (gprintf('%.0s %cs', m * 10.0 ** e) m * 10.0 ** e)
	}
}
set key top left
s(v) = v * 1e-6
plot 'curve.csv' using 'depth':(ok(s(column('p50_us')))):(s(column('p50_lo_us'))):(s(column('p50_hi_us'))) with yerrorbars pt 7 ps 0.01 lw 1.3 lc rgb c3 notitle, \
     '' using 'depth':(ok(s(column('p50_us')))) smooth unique with lines lw 1.8 lc rgb c3 notitle, \
     '' using 'depth':(ok(s(column('p50_us')))) with points pt 7 ps 0.55 lc rgb c3 title 'p50', \
     '' using 'depth':(ok(s(column('p99_us')))):(s(column('p99_lo_us'))):(s(column('p99_hi_us'))) with yerrorbars pt 5 ps 0.01 lw 1.3 lc rgb c2 notitle, \
     '' using 'depth':(ok(s(column('p99_us')))) smooth unique with lines lw 1.8 lc rgb c2 notitle, \
     '' using 'depth':(ok(s(column('p99_us')))) with points pt 5 ps 0.5 lc rgb c2 title 'p99', \
     '' using 'depth':(no(s(column('p50_us')))) with points pt 6 ps 0.7 lc rgb c3 notitle, \
     '' using 'depth':(no(s(column('p99_us')))) with points pt 4 ps 0.6 lc rgb c2 notitle
set output
