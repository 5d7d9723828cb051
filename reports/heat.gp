# Interrupts of the disk on each host CPU over time from heat.csv, heat-cpus.csv and heat-vars.gp: the highest rate in a
# cell as its colour. White: no sample.
# Redo: gnuplot heat.gp
reset
load 'style.gp'
load 'timeline-vars.gp'
load 'heat-vars.gp'
# the legend has six lines
each = n_cpus > 12 ? 15.0 : 130.0 / n_cpus > 24 ? 130.0 / n_cpus : 24.0
top = 26.0
bottom = 62.0
height = top + bottom + n_cpus * each
set terminal svg size 1080,height dynamic noenhanced name 'heat' font 'sans-serif,13'
set output 'heat.svg'
set lmargin at screen 0.085
set rmargin at screen 0.86
set tmargin at screen 1 - top / height
set bmargin at screen bottom / height
set label 1 l_interrupts_s at screen 0.872, screen 1 - 14.0 / height left textcolor rgb ink
set xrange [t_min:t_max]
set yrange [-0.5:n_cpus - 0.5]
set xlabel l_seconds
set ylabel l_host_cpu
set ytics scale 0
unset grid
set key at screen 0.868, graph 1.0 left top vertical Left reverse samplen 1 spacing 0.95
# Five steps of a round number: 1, 2, 2.5 or 5 times a power of ten.
power = 10.0 ** floor(log10(max_rate / 5.0))
part = max_rate / 5.0 / power
step = (part <= 1 ? 1 : part <= 2 ? 2 : part <= 2.5 ? 2.5 : part <= 5 ? 5 : 10) * power
unit = unit_of(5 * step)
rate_of(v) = sprintf('%g%s', v / unit, suffix_of(5 * step))
shade(v) = v <= 0 ? 0 : ceil(v / step - 1e-9) > 5 ? 5 : ceil(v / step - 1e-9)
plot 'heat.csv' using (($1 + $2) / 2):(shade($5) == 0 ? $3 : NaN):1:2:($3 - 0.46):($3 + 0.46) with boxxyerror fillcolor rgb band notitle, \
     for [k = 1:5] '' using (($1 + $2) / 2):(shade($5) == k ? $3 : NaN):1:2:($3 - 0.46):($3 + 0.46) with boxxyerror fillcolor rgb shade_of[k] notitle, \
     'heat-cpus.csv' using (t_min - 1):1:ytic(2) with dots lc rgb ink notitle, \
     keyentry with boxes fillcolor rgb band title l_none, \
     for [k = 1:5] keyentry with boxes fillcolor rgb shade_of[k] title '≤ '.rate_of(step * k)
set output
