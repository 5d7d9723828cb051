# Look of every chart. The page replaces these colours by its own for light and dark;
# svg.c has the list, so a colour added here is added there. Words are in labels.gp.
set encoding utf8
load 'labels.gp'
set datafile separator comma
set datafile missing ''
ink = '#57606a'
faint = '#d0d7de'
band = '#eef1f4'
c1 = '#0072b2'
c2 = '#d55e00'
c3 = '#009e73'
c4 = '#b0609a'
c5 = '#b88700'
c6 = '#3a97cf'
c7 = '#7a7f87'
c8 = '#6a5acd'
# From few to many, for the heat map; none is `band`.
h1 = '#c6dbef'
h2 = '#8fc1e3'
h3 = '#4a98c9'
h4 = '#1764ab'
h5 = '#08306b'
array shade_of[5] = [h1, h2, h3, h4, h5]
array palette_of[8] = [c1, c2, c3, c4, c5, c6, c7, c8]
set border 3 lc rgb ink lw 0.8
set tics nomirror out scale 0.6 textcolor rgb ink
set key textcolor rgb ink noenhanced samplen 1.4 spacing 1.15
set grid ytics lc rgb faint lt 1 lw 0.6
set xlabel textcolor rgb ink
set ylabel textcolor rgb ink
set bars 0.6
set style fill solid 1.0 noborder

# Axis numbers in thousands or millions (labels.gp has the language's): values are divided by unit_of, labels get
# suffix_of.
unit_of(max) = max >= mega ? mega : max >= kilo ? kilo : 1.0
suffix_of(max) = max >= mega ? mega_name : max >= kilo ? kilo_name : ''
# No erased area around points: it would be white on a dark page.
set pointintervalbox 0

# The svg terminal begins a drawing with the pen of the one before. This one goes nowhere, so that a chart is the same
# drawn alone or behind others.
set terminal svg
set output '/dev/null'
plot [0:1] [0:1] 0.5 with lines lc rgb ink lw 1 notitle
set output
