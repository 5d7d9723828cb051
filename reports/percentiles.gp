# Latency percentiles of each interval from percentiles.csv, with the windows of windows.csv, on the timeline's axis.
# Redo: gnuplot percentiles.gp
reset
load 'style.gp'
load 'timeline-vars.gp'
set terminal svg size 1080,300 dynamic noenhanced name 'percentiles' font 'sans-serif,13'
set output 'percentiles.svg'
set lmargin at screen 0.085
set rmargin at screen 0.86
set xrange [t_min:t_max]
set xlabel l_seconds
set label 1 l_latency at screen 0.014, graph 0.5 center rotate textcolor rgb ink
stats 'percentiles.csv' using ($2 > 0 ? $2 * 1e-6 : NaN) nooutput
low = STATS_min / 1.6
high = STATS_max * 1.6
set logscale y 10
set yrange [low:high]
set ytics ('' 1)
do for [e = -9:2] {
	do for [m in (high / low > 1e3 ? "1" : "1 2 5")] {
		set ytics add (gprintf('%.0s %cs', m * 10.0 ** e) m * 10.0 ** e)
	}
}
set key at screen 0.868, graph 1.0 left top Left reverse
array colour_of[3] = [c3, c2, c4]
plot 'windows.csv' using 1:(low):1:2:(low):(high) with boxxyerror fillcolor rgb band notitle, \
     for [i = 0:2] 'percentiles.csv' index i using 1:($2 * 1e-6) with lines lw 1.4 lc rgb colour_of[i + 1] title columnheader(2)
set output
