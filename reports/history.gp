# A metric over the runs of a series, from the CSV file beside this script. A dot is a run, the line the median
# between two changes, a dashed line a change, a grey one a change of the environment, with what changed.
base = ARG0[1:strlen(ARG0) - 3]
csv = base.'.csv'
series = ''
metric = ''
unit = ''
stats csv using (series = strcol('series'), metric = strcol('metric'), unit = strcol('unit'), column('value')) nooutput
runs = STATS_records
low = STATS_min
high = STATS_max
to_seconds = unit eq 'ns' ? 1e-9 : unit eq 'us' ? 1e-6 : 1
shown = to_seconds < 1 ? 's' : unit eq '1/s' ? '/s' : unit
set terminal svg size 1080,420 dynamic noenhanced name 'history' background rgb 'white' font 'sans-serif,13'
set output base.'.svg'
set title sprintf('%s: %s', series, metric) textcolor rgb ink
digits = high - low < 0.02 * abs(high) ? 3 : high - low < 0.2 * abs(high) ? 2 : 1
set format y sprintf('%%.%ds %%c%s', digits, shown)
set xlabel 'run'
set xrange [0.5:runs + 0.5]
margin = high > low ? (high - low) * 0.12 : (abs(high) > 0 ? abs(high) * 0.1 : 1)
set yrange [(low - margin) * to_seconds:(high + margin) * to_seconds]
set key outside bottom center horizontal
set xtics rotate by -30 nomirror
set bmargin 7
y(v) = v * to_seconds
# A vertical line over the whole height where the column says so.
where(name) = strlen(strcol(name)) > 0
at(name) = where(name) ? column('n') - 0.5 : NaN
plot csv using (at('changed')):(y(low - margin)):(0):(y(high - low + 2 * margin)) with vectors nohead lw 3 lc rgb faint title 'environment changed', \
     '' using (column('change') == 1 ? column('n') - 0.5 : NaN):(y(low - margin)):(0):(y(high - low + 2 * margin)) with vectors nohead dashtype 2 lw 1.4 lc rgb c2 title 'change', \
     '' using 'n':(y(column('value'))) with points pt 7 ps 0.4 lc rgb c6 title metric, \
     '' using 'n':(y(column('level'))) with histeps lw 2.2 lc rgb c1 title 'median', \
     '' using (strlen(strcol('tick')) > 0 ? column('n') : NaN):(y(low)):xticlabels(strlen(strcol('tick')) > 0 ? strcol('tick') : NaN) with points pt 0 notitle, \
     '' using (at('changed')):(y(high + margin)):(strcol('changed')[1:40]) with labels rotate by 90 right offset -0.8, -0.4 font ',10' textcolor rgb ink notitle
set output
