/*
 * For bench_bighost.sh: takes a text of /proc/interrupts in again and again, as the collector does, and says
 * what one sample costs. Parsing only: the text is in memory. Some counters of each sample differ from the
 * one before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/collectors/irqcount.h"
#include "engine/lib/buf.h"

#define SAMPLES 41

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int slurp(const char *path, struct pb_buf *b)
{
	char part[1 << 16];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return -1;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		pb_buf_add(b, part, n);
	fclose(f);
	return b->failed || !b->len ? -1 : 0;
}

/* The last digit of every k-th counter that is not 0 goes on by one. */
static void advance(char *text, size_t len, unsigned k)
{
	const char *header = memchr(text, '\n', len);
	unsigned n = 0;

	for (size_t i = header ? (size_t)(header - text) + 1 : len; i + 1 < len; i++)
		if (text[i + 1] == ' ' && text[i] >= '1' && text[i] <= '9' && text[i - 1] != '-' &&
		    n++ % k == 0)
			text[i] = (char)(text[i] == '9' ? '1' : text[i] + 1);
}

int main(int argc, char **argv)
{
	struct pb_buf text = {0};
	struct pb_irqcount c;
	unsigned *cpu;
	size_t ncpu;
	double ms[SAMPLES];

	if (argc != 3 || slurp(argv[1], &text)) {
		fprintf(stderr, "usage: interrupts_parse FILE CPUS\n");
		return 2;
	}
	ncpu = strtoul(argv[2], NULL, 10);
	cpu = calloc(ncpu + 1, sizeof(*cpu));
	if (!cpu)
		return 1;
	for (size_t i = 0; i < ncpu; i++)
		cpu[i] = (unsigned)i;
	if (pb_irqcount_init(&c, cpu, ncpu) || pb_irqcount_add(&c, text.data, text.len))
		return 1;
	for (int i = 0; i < SAMPLES; i++) {
		advance(text.data, text.len, 3);
		ms[i] = now_ms();
		if (pb_irqcount_add(&c, text.data, text.len))
			return 1;
		ms[i] = now_ms() - ms[i];
	}
	qsort(ms, SAMPLES, sizeof(ms[0]), by_value);
	printf("%.2f ms median, %.2f ms at most, %zu series, %.1f MB of text\n", ms[SAMPLES / 2],
	       ms[SAMPLES - 1], c.n, (double)text.len / 1e6);
	pb_irqcount_fini(&c);
	pb_buf_fini(&text);
	free(cpu);
	return 0;
}
