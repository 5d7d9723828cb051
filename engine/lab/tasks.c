/*
 * A file in the machine's share asks, another one answers.
 */
#include "engine/lab/tasks.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/run/host/stop.h"

#define LINES_MAX 300
#define STEP_MS 100

/* The guest's own text: what does not print is not passed on. */
static void show_line(const struct pb_ui *ui, char *line)
{
	line[strcspn(line, "\r\n")] = '\0';
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	pb_ui_line(ui, "%s", line);
}

void pb_lab_tasks_show(const char *workdir, int wait_ms, const struct pb_ui *ui)
{
	char path[128], line[240];
	FILE *f;

	snprintf(path, sizeof(path), "%s/share/tell", workdir);
	f = fopen(path, "we");
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "%s/share/tasks", workdir);
	for (int waited = 0; waited < wait_ms && access(path, R_OK) < 0; waited += STEP_MS)
		if (pb_stop_sleep_ms(STEP_MS))
			return;
	f = fopen(path, "re");
	if (!f) {
		pb_ui_line(ui, "the lab's machine does not say what its processes wait for");
		return;
	}
	for (int n = 0; n < LINES_MAX && fgets(line, sizeof(line), f); n++)
		show_line(ui, line);
	fclose(f);
}
