/*
 * Drawing on standard error. The text of a line of progress is bar.c's.
 */
#include "engine/cli/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/cli/bar.h"
#include "engine/lib/ui_record.h"

#define MS INT64_C(1000000)
#define FIRST_NS (500 * MS)   /* work that ends sooner shows nothing */
#define FRAME_NS (100 * MS)   /* between two drawings */
#define CLOCK_NS (1000 * MS)  /* without news: the clock goes on */
#define RECORD_NS (500 * MS)  /* between two records */
#define PLAIN_NS (10000 * MS) /* of silence before a plain line */
#define NEVER INT64_MAX
#define COLUMNS_DEFAULT 80
#define ECHO_COLUMNS 2 /* what the terminal itself writes at Ctrl-C */

struct pb_terminal {
	int fd;
	enum pb_terminal_mode mode;
	locale_t utf8; /* 0: ASCII only */

	/* Held while something is written; taken before `lock`. */
	pthread_mutex_t output;
	unsigned drawn; /* columns of the line that stands there; 0 = none */

	pthread_mutex_t lock; /* of all below; never held while something is written */
	pthread_cond_t wake;
	pthread_t thread;
	bool started, ending;
	bool active, news; /* there is progress; it has not been drawn */
	char text[256];
	double share, left_s;
	int64_t given_ns, began_ns, shown_ns, said_ns;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

enum pb_terminal_mode pb_terminal_mode_of(int fd)
{
	const char *term = getenv("TERM"), *asked = getenv(PB_UI_RECORD_ENV);
	struct stat st;

	/* the lab's port is a character device; where a script inside has diverted the output, a log is
	 * wanted
	 */
	if (asked && !strcmp(asked, "records") && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode))
		return PB_TERMINAL_RECORDS;
	if (!isatty(fd) || !term || !*term || !strcmp(term, "dumb"))
		return PB_TERMINAL_PLAIN;
	return PB_TERMINAL_LINE;
}

/* Whatever cannot be written is lost: nobody could be told. */
static void put(const struct pb_terminal *t, const struct pb_buf *b)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(t->fd, b->data + done, b->len - done);

		if (n < 0 && errno != EINTR)
			return;
		done += n > 0 ? (size_t)n : 0;
	}
}

/* Asked each time, so that a window may change its size at any moment and no signal is needed. */
static unsigned columns_of(const struct pb_terminal *t)
{
	struct winsize w = {0};

	return ioctl(t->fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col : COLUMNS_DEFAULT;
}

static void add_spaces(struct pb_buf *b, unsigned n)
{
	pb_buf_printf(b, "%*s", (int)n, "");
}

/* Removes the line that stands there. A window that has become too narrow for it has wrapped it: then it is
 * left behind, rather than something else erased. */
static void add_erase(struct pb_terminal *t, struct pb_buf *b)
{
	unsigned columns;

	if (!t->drawn)
		return;
	columns = columns_of(t);
	if (t->drawn >= columns) {
		pb_buf_str(b, "\n");
	} else {
		pb_buf_str(b, "\r");
		add_spaces(b, columns - 1);
		pb_buf_str(b, "\r");
	}
	t->drawn = 0;
}

/* A shell that was given the terminal back (Ctrl-Z, &) must not be drawn over. */
static bool in_background(const struct pb_terminal *t)
{
	pid_t owner = tcgetpgrp(t->fd);

	return owner >= 0 && owner != getpgrp();
}

static void draw_line(struct pb_terminal *t, const struct pb_bar *bar)
{
	unsigned columns = columns_of(t), taken, before;
	struct pb_buf b = {0};

	if (in_background(t))
		return;
	if (t->drawn >= columns)
		add_erase(t, &b);
	before = t->drawn ? t->drawn + ECHO_COLUMNS : 0;
	pb_buf_str(&b, "\r");
	/* the last column stays empty: writing there would move to the next row */
	taken = pb_bar_render(&b, bar, columns - 1, t->utf8);
	if (before > columns - 1)
		before = columns - 1;
	if (before > taken)
		add_spaces(&b, before - taken);
	put(t, &b);
	t->drawn = taken;
	pb_buf_fini(&b);
}

static void draw_text(struct pb_terminal *t, const struct pb_bar *bar)
{
	struct pb_buf b = {0};

	if (t->mode == PB_TERMINAL_RECORDS) {
		pb_ui_record_add(&b, bar->text, bar->share, bar->left_s);
	} else {
		pb_bar_plain(&b, bar);
		pb_buf_str(&b, "\n");
	}
	put(t, &b);
	pb_buf_fini(&b);
}

/* A time that has run out was wrong: then nothing is said of it. */
static double left_now(const struct pb_terminal *t, int64_t now)
{
	double left_s = t->left_s - (double)(now - t->given_ns) / 1e9;

	return t->left_s >= 0 && left_s >= 0 ? left_s : -1;
}

static void draw(struct pb_terminal *t)
{
	int64_t now = now_ns();
	struct pb_bar bar;
	char text[256];
	bool active;

	pthread_mutex_lock(&t->output);
	pthread_mutex_lock(&t->lock);
	active = t->active;
	memcpy(text, t->text, sizeof(text));
	bar = (struct pb_bar){.text = text,
			      .share = t->share,
			      .left_s = left_now(t, now),
			      .spent_s = (double)(now - t->began_ns) / 1e9};
	t->shown_ns = t->said_ns = now;
	t->news = false;
	pthread_mutex_unlock(&t->lock);
	if (active && t->mode == PB_TERMINAL_LINE)
		draw_line(t, &bar);
	else if (active)
		draw_text(t, &bar);
	pthread_mutex_unlock(&t->output);
}

/* When to draw next. */
static int64_t due(const struct pb_terminal *t)
{
	int64_t at;

	if (!t->active)
		return NEVER;
	if (t->mode == PB_TERMINAL_PLAIN)
		return t->said_ns + PLAIN_NS;
	if (t->mode == PB_TERMINAL_RECORDS)
		return t->news ? t->shown_ns + RECORD_NS : NEVER;
	at = t->shown_ns + (t->news ? FRAME_NS : CLOCK_NS);
	return at > t->began_ns + FIRST_NS ? at : t->began_ns + FIRST_NS;
}

static void wait_until(struct pb_terminal *t, int64_t at)
{
	struct timespec ts = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};

	if (at == NEVER)
		pthread_cond_wait(&t->wake, &t->lock);
	else
		pthread_cond_timedwait(&t->wake, &t->lock, &ts);
}

static void *drawer(void *arg)
{
	struct pb_terminal *t = arg;

	pthread_mutex_lock(&t->lock);
	while (!t->ending) {
		int64_t at = due(t);

		if (at > now_ns()) {
			wait_until(t, at);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		draw(t);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Signals are for the thread that works: they cut its waiting short. */
static void start(struct pb_terminal *t)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	t->started = pthread_create(&t->thread, NULL, drawer, t) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void progress(void *arg, const char *text, double share, double left_s)
{
	struct pb_terminal *t = arg;

	pthread_mutex_lock(&t->lock);
	t->given_ns = now_ns();
	if (!t->began_ns)
		t->began_ns = t->said_ns = t->given_ns;
	snprintf(t->text, sizeof(t->text), "%s", text);
	t->share = share;
	t->left_s = left_s;
	t->active = t->news = true;
	if (!t->started)
		start(t);
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

static void clear(void *arg)
{
	struct pb_terminal *t = arg;
	struct pb_buf b = {0};

	pthread_mutex_lock(&t->output);
	pthread_mutex_lock(&t->lock);
	if (t->active && t->mode == PB_TERMINAL_RECORDS)
		pb_ui_record_add(&b, NULL, NAN, -1);
	t->active = t->news = false;
	pthread_mutex_unlock(&t->lock);
	add_erase(t, &b);
	put(t, &b);
	pthread_mutex_unlock(&t->output);
	pb_buf_fini(&b);
}

static void line(void *arg, const char *text)
{
	struct pb_terminal *t = arg;
	struct pb_buf b = {0};

	pthread_mutex_lock(&t->output);
	add_erase(t, &b);
	pb_buf_printf(&b, "%s\n", text);
	put(t, &b);
	pthread_mutex_lock(&t->lock);
	t->said_ns = now_ns();
	pthread_mutex_unlock(&t->lock);
	pthread_mutex_unlock(&t->output);
	pb_buf_fini(&b);
}

/* The terminal's own coding; one that is not UTF-8 gets ASCII. */
static locale_t utf8_locale(void)
{
	locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

	if (l && strcmp(nl_langinfo_l(CODESET, l), "UTF-8") != 0) {
		freelocale(l);
		l = (locale_t)0;
	}
	return l;
}

struct pb_terminal *pb_terminal_new(int fd, enum pb_terminal_mode mode)
{
	struct pb_terminal *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	if (!t)
		return NULL;
	t->fd = fd;
	t->mode = mode;
	t->utf8 = utf8_locale();
	pthread_mutex_init(&t->output, NULL);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	return t;
}

void pb_terminal_free(struct pb_terminal *t)
{
	if (!t)
		return;
	clear(t);
	pthread_mutex_lock(&t->lock);
	t->ending = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	if (t->started)
		pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	pthread_mutex_destroy(&t->output);
	if (t->utf8)
		freelocale(t->utf8);
	free(t);
}

struct pb_ui pb_terminal_ui(struct pb_terminal *t)
{
	if (!t)
		return (struct pb_ui){0};
	return (struct pb_ui){.arg = t,
			      .line = line,
			      .progress = progress,
			      .clear = clear,
			      .live = t->mode != PB_TERMINAL_PLAIN};
}
