/*
 * The stop flag. The handler only sets it; every stage looks at it between
 * steps and unwinds in its own order, so that hosts are left as they were.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

#include "engine/run/host/stop.h"

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t asked;

static void on_signal(int sig)
{
	(void)sig;
	asked = 1;
}

void pb_stop_install(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigemptyset(&sa.sa_mask);
	for (unsigned i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++)
		sigaction(stop_signals[i], &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	/* a write beyond the limit of a file's size fails with EFBIG instead, and is cleaned up after */
	sigaction(SIGXFSZ, &sa, NULL);
}

bool pb_stop_asked(void)
{
	return asked != 0;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The signals are blocked between looking at the flag and sleeping, so none can fall into the gap. */
bool pb_stop_sleep_ms(int ms)
{
	int64_t end = now_ns() + (int64_t)ms * 1000000;
	sigset_t block, old;

	sigemptyset(&block);
	for (unsigned i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++)
		sigaddset(&block, stop_signals[i]);
	pthread_sigmask(SIG_BLOCK, &block, &old);
	for (int64_t left = end - now_ns(); !asked && left > 0; left = end - now_ns()) {
		struct timespec ts = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};

		ppoll(NULL, 0, &ts, &old);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return asked != 0;
}

int pb_stop_check(struct pb_err *err)
{
	return asked ? pb_fail(err, PB_INTERRUPTED, EINTR, "interrupted") : 0;
}
