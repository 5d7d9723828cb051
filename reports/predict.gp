# What the model predicts (predict.csv) over what was measured (curve.csv), with their intervals.
# Redo: gnuplot predict.gp
reset
load 'style.gp'
set terminal svg size 470,310 dynamic noenhanced name 'predict' font 'sans-serif,14'
set output 'predict.svg'
set logscale x 2
set xtics 2
set format x '%.0f'
set xlabel l_depth
set ylabel l_iops
set offsets graph 0.04, graph 0.04, 0, 0
set key bottom right
stats 'curve.csv' using (column('iops')) nooutput
unit = unit_of(STATS_max)
set format y '%g'.suffix_of(STATS_max)
set yrange [0:*]
set ytics add ('0' 0)
ok(v) = column('valid') == 1 ? v : NaN
plot 'predict.csv' using 'depth':(column('iops') / unit):(column('iops_lo') / unit):(column('iops_hi') / unit) with yerrorbars pt 9 ps 0.6 lw 1.3 lc rgb c2 title l_predicted, \
     'curve.csv' using 'depth':(ok(column('iops')) / unit):(column('iops_lo') / unit):(column('iops_hi') / unit) with yerrorbars pt 7 ps 0.45 lw 1.3 lc rgb c1 title l_measured
set output
