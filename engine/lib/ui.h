/*
 * How work tells its user what it does: lines of what happened, progress of what takes long. Filled by
 * engine/cli; a hook may be NULL, and so may the whole struct. Nothing below engine/cli prints.
 */
#ifndef PB_LIB_UI_H
#define PB_LIB_UI_H

#include <stdbool.h>
#include <stdint.h>

struct pb_ui {
	void *arg;
	/* One finished line of what happened; a run also keeps it in log.txt. */
	void (*line)(void *arg, const char *text);
	/*
	 * Progress of long work: share 0..1 done (NAN = not known), seconds left (negative = not known).
	 * Cheap enough for every step of the work. Stays on the screen until it is cleared.
	 */
	void (*progress)(void *arg, const char *text, double share, double left_s);
	/* The work is over, or something else is about to write to the terminal. */
	void (*clear)(void *arg);
	bool live; /* progress is redrawn on a terminal, so that it is worth having often */
};

void pb_ui_line(const struct pb_ui *ui, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pb_ui_progress(const struct pb_ui *ui, double share, double left_s, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void pb_ui_clear(const struct pb_ui *ui);

/* Progress of a measurement: "what: IOPS +- half-width, p99". What is not known yet (NULL, NAN, 0) is left
 * out. */
struct pb_ci;
void pb_ui_measuring(const struct pb_ui *ui, double share, double left_s, const char *what,
		     const struct pb_ci *iops, double p99_ns);

/*
 * Seconds left if the rest goes as fast as what is done. -1 before there is something to go by: a
 * hundredth of the work, and a second of time.
 */
double pb_ui_left(double share, double spent_s);

/* Work whose size is known: bytes of a file, repetitions. Shown with its share and the time left. */
struct pb_ui_work {
	const struct pb_ui *ui;
	double first; /* what was done before, by an interrupted command: says nothing about the speed */
	int64_t start_ns, shown_ns;
};

void pb_ui_work_begin(struct pb_ui_work *w, const struct pb_ui *ui, double done_before);
/* Shows the work ten times a second at most, however often it is called: fit for every chunk of a file.
 * all <= 0: the size is not known, only the text is shown. */
void pb_ui_work_show(struct pb_ui_work *w, double done, double all, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void pb_ui_work_end(struct pb_ui_work *w);

#endif
