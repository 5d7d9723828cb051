# Depth curve from curve.csv: IOPS (curve-iops.svg) and latency (curve-latency.svg) over queue depth.
# Redo: gnuplot curve.gp
reset
load 'style.gp'
set terminal svg size 540,340 dynamic noenhanced name 'curve' font 'sans-serif,13'
ok(v) = column('valid') == 1 ? v : NaN
no(v) = column('valid') == 1 ? NaN : v

set logscale x 2
set xtics 2
set format x '%.0f'
set xlabel 'queue depth'
set offsets graph 0.04, graph 0.04, 0, 0
set yrange [0:*<1e300]
set format y '%.0s %c'
set key bottom right

set output 'curve-iops.svg'
set ylabel 'IOPS'
set format y '%.3s%c'
plot 'curve.csv' using 'depth':(ok(column('iops'))):'iops_lo':'iops_hi' with yerrorbars pt 7 ps 0.01 lw 1.3 lc rgb c1 notitle, \
     '' using 'depth':(ok(column('iops'))) with linespoints pt 7 ps 0.55 lw 1.8 lc rgb c1 title 'IOPS', \
     '' using 'depth':(no(column('iops'))) with points pt 6 ps 0.7 lc rgb c1 notitle

set output 'curve-latency.svg'
set ylabel 'latency'
set logscale y 10
set yrange [*:*]
set offsets graph 0.04, graph 0.04, graph 0.06, graph 0.04
# microseconds in the file; the axis names its own unit
set format y '%.0s %cs'
set key top left
s(v) = v * 1e-6
plot 'curve.csv' using 'depth':(ok(s(column('p50_us')))):(s(column('p50_lo_us'))):(s(column('p50_hi_us'))) with yerrorbars pt 7 ps 0.01 lw 1.3 lc rgb c3 notitle, \
     '' using 'depth':(ok(s(column('p50_us')))) with linespoints pt 7 ps 0.55 lw 1.8 lc rgb c3 title 'p50', \
     '' using 'depth':(ok(s(column('p99_us')))):(s(column('p99_lo_us'))):(s(column('p99_hi_us'))) with yerrorbars pt 5 ps 0.01 lw 1.3 lc rgb c2 notitle, \
     '' using 'depth':(ok(s(column('p99_us')))) with linespoints pt 5 ps 0.5 lw 1.8 lc rgb c2 title 'p99', \
     '' using 'depth':(no(s(column('p50_us')))) with points pt 6 ps 0.7 lc rgb c3 notitle, \
     '' using 'depth':(no(s(column('p99_us')))) with points pt 4 ps 0.6 lc rgb c2 notitle
set output
