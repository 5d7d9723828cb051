/*
 * Formatting and arithmetic for the user-interface hooks. What a line looks like on a
 * terminal is engine/cli's.
 */
#include "engine/lib/ui.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "engine/lib/stats.h"

#define SHOW_NS 100000000
#define LEFT_SHARE 0.01
#define LEFT_SPENT_S 1.0

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

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

__attribute__((format(printf, 4, 0))) static void progress(const struct pb_ui *ui, double share,
							   double left_s, const char *fmt, va_list ap)
{
	char text[256];

	vsnprintf(text, sizeof(text), fmt, ap);
	ui->progress(ui->arg, text, share, left_s);
}

void pb_ui_progress(const struct pb_ui *ui, double share, double left_s, const char *fmt, ...)
{
	va_list ap;

	if (!ui || !ui->progress)
		return;
	va_start(ap, fmt);
	progress(ui, share, left_s, fmt, ap);
	va_end(ap);
}

void pb_ui_clear(const struct pb_ui *ui)
{
	if (ui && ui->clear)
		ui->clear(ui->arg);
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

double pb_ui_left(double share, double spent_s)
{
	if (!(share >= LEFT_SHARE && spent_s >= LEFT_SPENT_S))
		return -1;
	return share < 1 ? spent_s * (1 - share) / share : 0;
}

void pb_ui_work_begin(struct pb_ui_work *w, const struct pb_ui *ui, double done_before)
{
	*w = (struct pb_ui_work){.ui = ui, .first = done_before, .start_ns = now_ns()};
}

void pb_ui_work_show(struct pb_ui_work *w, double done, double all, const char *fmt, ...)
{
	double share = all > 0 ? fmin(done / all, 1) : NAN, own;
	int64_t now;
	va_list ap;

	if (!w->ui || !w->ui->progress)
		return;
	now = now_ns();
	if (w->shown_ns && now - w->shown_ns < SHOW_NS)
		return;
	w->shown_ns = now;
	own = all > w->first ? (done - w->first) / (all - w->first) : NAN;
	va_start(ap, fmt);
	progress(w->ui, share, pb_ui_left(own, (double)(now - w->start_ns) / 1e9), fmt, ap);
	va_end(ap);
}

void pb_ui_work_end(struct pb_ui_work *w)
{
	pb_ui_clear(w->ui);
}
