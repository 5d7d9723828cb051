# Interrupts per second on each host CPU from irq.csv, stacked by vector.
# Redo: gnuplot irq.gp
reset
load 'style.gp'
set terminal svg size 470,310 dynamic noenhanced name 'irq' font 'sans-serif,14'
set output 'irq.svg'
stats 'irq.csv' using 0 skip 1 nooutput
vectors = STATS_columns - 1
set style data histograms
set style histogram rowstacked
set boxwidth 0.7 relative
set yrange [0:*]
stats 'irq.csv' using (sum [i = 2:vectors + 1] column(i)) skip 1 nooutput
unit = unit_of(STATS_max)
set format y '%g'.suffix_of(STATS_max)
set ylabel l_interrupts_s
set xlabel l_host_cpu
set xtics scale 0
set ytics add ('0' 0)
set key outside top center horizontal maxrows 3
plot for [i = 2:vectors + 1] 'irq.csv' using (column(i) / unit):xtic(1) lc rgb palette_of[(i - 2) % 8 + 1] title columnheader(i)
set output
