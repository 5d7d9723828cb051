# Share of I/Os slower than a given latency from latency.csv, both axes logarithmic.
# Redo: gnuplot latency.gp
reset
load 'style.gp'
set terminal svg size 470,310 dynamic noenhanced name 'latency' font 'sans-serif,14'
set output 'latency.svg'
set logscale xy 10
set format x '%.0s %cs'
set yrange [*<1e-3:1]
set ytics (l_all 1, '10 %%' 0.1, '1 %%' 0.01, '0.1 %%' 1e-3, '0.01 %%' 1e-4, '1e-5' 1e-5, '1e-6' 1e-6, '1e-7' 1e-7)
set xlabel l_latency
set ylabel l_share_slower
set grid xtics lc rgb faint lt 1 lw 0.6
unset key
plot 'latency.csv' using ($1 * 1e-6):2 with steps lw 1.8 lc rgb c1
set output
