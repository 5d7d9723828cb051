/*
 * How the run tells its user what it does. Filled by engine/cli; every
 * function may be NULL. Nothing below engine/cli prints.
 */
#ifndef PB_RUN_UI_H
#define PB_RUN_UI_H

struct pb_ui {
	void *arg;
	/* One finished line of what happened; also kept in log.txt. */
	void (*line)(void *arg, const char *text);
	/* Progress of long work: share 0..1 done, seconds left (negative = unknown). */
	void (*progress)(void *arg, const char *text, double share, double left_s);
};

void pb_ui_line(const struct pb_ui *ui, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pb_ui_progress(const struct pb_ui *ui, double share, double left_s, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Progress of a measurement: "what: IOPS +- half-width, p99". What is not known yet (NULL, NAN, 0) is left
 * out. */
struct pb_ci;
void pb_ui_measuring(const struct pb_ui *ui, double share, double left_s, const char *what,
		     const struct pb_ci *iops, double p99_ns);

#endif
