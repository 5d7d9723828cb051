/*
 * Formatting for the user-interface hooks.
 */
#include "engine/run/ui.h"

#include <stdarg.h>
#include <stdio.h>

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
