/*
 * Parser of /proc/interrupts (kernel/irq/proc.c show_interrupts). Counters are read
 * from the left, action names from the right end, because the chip part in between changes between
 * kernels ("IR-PCI-MSI 34078720-edge", "IR-PCI-MSIX-0000:41:00.0 1-edge").
 */
#include "engine/collectors/irqtext.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *line_end(const struct pb_irqtext *it)
{
	const char *nl = memchr(it->p, '\n', (size_t)(it->end - it->p));

	return nl ? nl : it->end;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* Decimal number at p, saturating; returns the first byte after it, or p when there is none. */
static const char *number(const char *p, const char *end, uint64_t *v)
{
	uint64_t x = 0;

	for (; p < end && *p >= '0' && *p <= '9'; p++)
		x = x > UINT64_MAX / 16 ? x : 10 * x + (uint64_t)(*p - '0');
	*v = x;
	return p;
}

/* Columns of "CPU0 CPU1 ..."; with cpu NULL only counts them. */
static size_t header(const char *p, const char *end, unsigned *cpu)
{
	size_t n = 0;
	uint64_t id;

	while (n < PB_IRQ_CPUS_MAX) {
		const char *q;

		p = skip_blanks(p, end);
		if (end - p < 4 || memcmp(p, "CPU", 3))
			break;
		q = number(p + 3, end, &id);
		if (q == p + 3 || id >= PB_IRQ_CPUS_MAX)
			break;
		if (cpu)
			cpu[n] = (unsigned)id;
		n++;
		p = q;
	}
	return n;
}

int pb_irqtext_begin(struct pb_irqtext *it, const char *text, size_t len)
{
	struct pb_irqtext x = {.p = text, .end = text + len};
	const char *end = line_end(&x);

	x.ncpu = header(x.p, end, NULL);
	if (!x.ncpu)
		return -EINVAL;
	x.cpu = calloc(x.ncpu, sizeof(*x.cpu));
	x.count = calloc(x.ncpu, sizeof(*x.count));
	x.zero = calloc(x.ncpu / PB_IRQ_BLOCK + 1, 1);
	if (!x.cpu || !x.count || !x.zero) {
		pb_irqtext_fini(&x);
		return -ENOMEM;
	}
	header(x.p, end, x.cpu);
	x.p = end;
	*it = x;
	return 0;
}

void pb_irqtext_fini(struct pb_irqtext *it)
{
	free(it->cpu);
	free(it->count);
	free(it->zero);
	it->cpu = NULL;
	it->count = NULL;
	it->zero = NULL;
	it->ncpu = 0;
}

/* Is the last word "1-edge" or "34078720-fasteoi", as on a line without a handler? */
static bool ends_with_flow(const char *p, size_t len)
{
	const char *blank = memrchr(p, ' ', len);
	size_t i = 0;

	if (blank) {
		len -= (size_t)(blank + 1 - p);
		p = blank + 1;
	}
	while (i < len && isdigit((unsigned char)p[i]))
		i++;
	if (!i || i + 1 >= len || p[i] != '-')
		return false;
	for (i++; i < len; i++)
		if (!islower((unsigned char)p[i]))
			return false;
	return true;
}

/*
 * Action names start behind the last run of two blanks: the kernel prints
 * "  %s" for the first one and ", %s" for the others, and names hold single blanks at most.
 */
static void action(const char *p, const char *end, struct pb_irq_line *l)
{
	const char *q;
	size_t len;

	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	for (q = end; q - p >= 2; q--)
		if (q[-1] == ' ' && q[-2] == ' ')
			break;
	if (q - p < 2)
		q = p;
	len = (size_t)(end - q);
	if (ends_with_flow(q, len))
		len = 0;
	if (len >= sizeof(l->name))
		len = sizeof(l->name) - 1;
	memcpy(l->name, q, len);
	l->name[len] = '\0';
}

/* A block of counters that are all 0, as the kernel pads them: a blank and ten columns each. */
#define ZERO "          0"
static const char zeros[] = ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO ZERO;
#define ZERO_LEN (sizeof(ZERO) - 1)
#define ZEROS_LEN (sizeof(zeros) - 1)

/*
 * The counters of a line; the first byte behind them. On a machine with hundreds of CPUs nearly all are 0:
 * whole blocks of them are recognized by one comparison.
 */
static const char *counters(struct pb_irqtext *it, const char *p, const char *end, size_t *n)
{
	const char *q;
	uint64_t v;
	size_t i = 0;

	for (; i < it->ncpu; p = q) {
		if (i % PB_IRQ_BLOCK == 0) {
			bool zero = it->ncpu - i >= PB_IRQ_BLOCK && (size_t)(end - p) > ZEROS_LEN &&
				    (p[ZEROS_LEN] == ' ' || p[ZEROS_LEN] == '\t') &&
				    !memcmp(p, zeros, ZEROS_LEN);

			it->zero[i / PB_IRQ_BLOCK] = zero;
			if (zero) {
				memset(it->count + i, 0, PB_IRQ_BLOCK * sizeof(*it->count));
				i += PB_IRQ_BLOCK;
				q = p + ZEROS_LEN;
				continue;
			}
		}
		if ((size_t)(end - p) > ZERO_LEN && p[ZERO_LEN] == ' ' && !memcmp(p, ZERO, ZERO_LEN)) {
			it->count[i++] = 0;
			q = p + ZERO_LEN;
			continue;
		}
		p = skip_blanks(p, end);
		q = number(p, end, &v);
		if (q == p || (q < end && *q != ' ' && *q != '\t'))
			break;
		it->count[i++] = (uint32_t)v;
	}
	*n = i;
	return p;
}

static bool parse_line(struct pb_irqtext *it, const char *p, const char *end, struct pb_irq_line *l)
{
	const char *colon, *q;
	uint64_t v;
	size_t len;

	p = skip_blanks(p, end);
	colon = memchr(p, ':', (size_t)(end - p));
	len = colon ? (size_t)(colon - p) : 0;
	if (!len || len >= sizeof(l->label) || memchr(p, ' ', len))
		return false;
	memcpy(l->label, p, len);
	l->label[len] = '\0';
	q = number(p, colon, &v);
	l->irq = q == colon && v <= INT32_MAX ? (int)v : -1;
	p = counters(it, colon + 1, end, &l->n);
	if (!l->n)
		return false;
	l->count = it->count;
	l->zero = it->zero;
	action(p, end, l);
	return true;
}

int pb_irqtext_next(struct pb_irqtext *it, struct pb_irq_line *line)
{
	while (it->p < it->end) {
		const char *p = it->p, *end;

		if (*p == '\n') {
			it->p++;
			continue;
		}
		end = line_end(it);
		it->p = end;
		if (parse_line(it, p, end, line))
			return 1;
	}
	return 0;
}
