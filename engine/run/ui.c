/*
 * Formatting for the user-interface hooks.
 */
#include "engine/run/ui.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/lib/stats.h"

void pb_ui_line(const struct pb_ui *ui, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!ui || !ui->line)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ui->line(ui->arg, text);
}

void pb_ui_progress(const struct pb_ui *ui, double share, double left_s, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!ui || !ui->progress)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ui->progress(ui->arg, text, share, left_s);
}

void pb_ui_measuring(const struct pb_ui *ui, double share, double left_s, const char *what,
		     const struct pb_ci *iops, double p99_ns)
{
	char rate[64] = "", within[32] = "", p99[32] = "";

	if (iops && isfinite(iops->hi - iops->lo) && iops->est > 0)
		snprintf(within, sizeof(within), " +- %.1f%%", 50 * (iops->hi - iops->lo) / iops->est);
	if (iops && iops->est > 0)
		snprintf(rate, sizeof(rate), ": %.0f IOPS%s", iops->est, within);
	if (p99_ns > 0)
		snprintf(p99, sizeof(p99), ", p99 %.0f us", p99_ns / 1e3);
	pb_ui_progress(ui, share, left_s, "%s%s%s", what, rate, p99);
}
