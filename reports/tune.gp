# IOPS of the A (before) and B (after) window of each pair from tune.csv, one panel per applied change.
# Redo: gnuplot tune.gp
reset
load 'style.gp'
stats 'tune.csv' using 1:3 nooutput
changes = STATS_blocks > 0 ? STATS_blocks : 1
set terminal svg size 540,40 + 220 * changes dynamic noenhanced name 'tune' font 'sans-serif,13'
set output 'tune.svg'
unit = unit_of(STATS_max_y)
set format y '%g'.suffix_of(STATS_max_y)
set ylabel 'IOPS'
set xlabel 'pair'
set xtics 1
set key outside top right horizontal
set yrange [0:*]
set offsets 0.5, 0.5, graph 0.15, 0
set multiplot layout changes,1
do for [i = 0:changes - 1] {
	plot 'tune.csv' index i using ($2 == 0 ? $1 - 0.08 : NaN):($3 / unit):($4 / unit):($5 / unit) with yerrorbars pt 7 ps 0.5 lw 1.4 lc rgb c7 title 'before', \
	     '' index i using ($2 == 1 ? $1 + 0.08 : NaN):($3 / unit):($4 / unit):($5 / unit) with yerrorbars pt 5 ps 0.5 lw 1.4 lc rgb c1 title 'after'
}
unset multiplot
set output
