/*
 * sysfs descriptions of PMUs to perf_event_attr
 * (Documentation/ABI/testing/sysfs-bus-event_source-devices-format and -events of the kernel).
 */
#include "engine/collectors/uncore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/hostinfo.h"

#define PMUS "/sys/bus/event_source/devices"
#define MIB 1048576.0

/* "12" or "12-15" at *p, both below 64. */
static int parse_range(const char **p, unsigned *first, unsigned *last)
{
	char *end;
	unsigned long a, b;

	if (**p < '0' || **p > '9')
		return -EINVAL;
	a = b = strtoul(*p, &end, 10);
	if (*end == '-') {
		*p = end + 1;
		if (**p < '0' || **p > '9')
			return -EINVAL;
		b = strtoul(*p, &end, 10);
	}
	if (a > b || b > 63)
		return -EINVAL;
	*first = (unsigned)a;
	*last = (unsigned)b;
	*p = end;
	return 0;
}

int pb_uncore_format(const char *text, struct pb_uncore_field *f)
{
	struct pb_uncore_field x = {0};
	const char *p = text;
	unsigned first, last;

	if (strncmp(p, "config", 6))
		return -EINVAL;
	p += 6;
	if (*p == '1' || *p == '2')
		x.word = (unsigned)(*p++ - '0');
	do {
		p++; /* the colon, then commas */
		if (p[-1] != (x.nbits ? ',' : ':') || parse_range(&p, &first, &last) ||
		    x.nbits + last - first + 1 > 64)
			return -EINVAL;
		for (unsigned b = first; b <= last; b++)
			x.bit[x.nbits++] = (uint8_t)b;
	} while (*p == ',');
	if (*p && *p != '\n')
		return -EINVAL;
	memcpy(x.name, f->name, sizeof(x.name));
	*f = x;
	return 0;
}

int pb_uncore_find(const struct pb_root *root, const char *prefix, struct pb_strv *names)
{
	size_t len = strlen(prefix);
	struct pb_strv all = {0};
	int rc = pb_root_list(root, &all, PMUS);

	for (size_t i = 0; !rc && i < all.n; i++) {
		const char *rest = all.v[i] + len;

		if (strncmp(all.v[i], prefix, len))
			continue;
		rest += *rest == '_';
		if (strspn(rest, "0123456789") == strlen(rest))
			rc = pb_strv_add(names, all.v[i]);
	}
	pb_strv_fini(&all);
	return rc;
}

static void add_cpu(void *arg, unsigned cpu)
{
	struct pb_uncore_pmu *pmu = arg;

	if (pmu->ncpu < PB_UNCORE_CPUS)
		pmu->cpu[pmu->ncpu++] = cpu;
}

static void load_fields(const struct pb_root *root, struct pb_uncore_pmu *pmu)
{
	struct pb_strv names = {0};

	pb_root_list(root, &names, PMUS "/%s/format", pmu->name);
	for (size_t i = 0; i < names.n && pmu->nfield < PB_UNCORE_FIELDS; i++) {
		struct pb_uncore_field *f = &pmu->field[pmu->nfield];
		char text[256];

		if ((size_t)snprintf(f->name, sizeof(f->name), "%s", names.v[i]) < sizeof(f->name) &&
		    pb_root_read(root, text, sizeof(text), PMUS "/%s/format/%s", pmu->name, names.v[i]) > 0 &&
		    pb_uncore_format(text, f) == 0)
			pmu->nfield++;
	}
	pb_strv_fini(&names);
}

int pb_uncore_load(const struct pb_root *root, const char *name, struct pb_uncore_pmu *pmu)
{
	char cpus[1024];
	int64_t type;
	int rc;

	memset(pmu, 0, sizeof(*pmu));
	if ((size_t)snprintf(pmu->name, sizeof(pmu->name), "%s", name) >= sizeof(pmu->name))
		return -ENAMETOOLONG;
	rc = pb_root_i64(root, &type, PMUS "/%s/type", name);
	if (rc)
		return rc;
	if (type < 0 || type > UINT32_MAX)
		return -EINVAL;
	pmu->type = (uint32_t)type;
	if (pb_root_read(root, cpus, sizeof(cpus), PMUS "/%s/cpumask", name) <= 0 ||
	    pb_cpulist_each(cpus, add_cpu, pmu) || !pmu->ncpu) {
		pmu->ncpu = 1;
		pmu->cpu[0] = 0;
	}
	load_fields(root, pmu);
	return 0;
}

static const struct pb_uncore_field *find_field(const struct pb_uncore_pmu *pmu, const char *name)
{
	for (size_t i = 0; i < pmu->nfield; i++)
		if (!strcmp(pmu->field[i].name, name))
			return &pmu->field[i];
	return NULL;
}

unsigned pb_uncore_bits(const struct pb_uncore_pmu *pmu, const char *field)
{
	const struct pb_uncore_field *f = find_field(pmu, field);

	return f ? f->nbits : 0;
}

/* "config", "config1", "config2" take a whole word; -1 = no such word. */
static int whole_word(const char *name)
{
	static const char *const words[] = {"config", "config1", "config2"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(name, words[i]))
			return i;
	return -1;
}

static int put_term(const struct pb_uncore_pmu *pmu, uint64_t word[3], char *term)
{
	char *equals = strchr(term, '='), *end;
	const struct pb_uncore_field *f;
	unsigned long long v = 1;

	if (equals) {
		*equals = '\0';
		errno = 0;
		v = strtoull(equals + 1, &end, 0);
		if (errno || end == equals + 1 || *end || equals[1] == '-')
			return -EINVAL;
	}
	f = find_field(pmu, term);
	if (!f) {
		int whole = whole_word(term);

		if (whole < 0)
			return -ENOENT;
		word[whole] |= v;
		return 0;
	}
	if (f->nbits < 64 && v >> f->nbits)
		return -ERANGE;
	for (unsigned i = 0; i < f->nbits; i++)
		word[f->word] |= (uint64_t)(v >> i & 1) << f->bit[i];
	return 0;
}

int pb_uncore_encode(const struct pb_uncore_pmu *pmu, const char *terms, struct perf_event_attr *attr)
{
	uint64_t word[3] = {0};
	char copy[512], *save = NULL;
	int n = 0, rc = 0;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", terms) >= sizeof(copy))
		return -EINVAL;
	for (char *t = strtok_r(copy, ",\n", &save); !rc && t; t = strtok_r(NULL, ",\n", &save), n++)
		rc = put_term(pmu, word, t);
	if (rc || !n)
		return rc ? rc : -EINVAL;
	/* No exclude_ bit: these PMUs see all of the machine and refuse to be asked for less. */
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->type = pmu->type;
	attr->config = word[0];
	attr->config1 = word[1];
	attr->config2 = word[2];
	attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	return 0;
}

int pb_uncore_event(const struct pb_root *root, const struct pb_uncore_pmu *pmu, const char *event,
		    struct perf_event_attr *attr, double *bytes)
{
	char terms[512], text[64], *end;
	ssize_t n = pb_root_read(root, terms, sizeof(terms), PMUS "/%s/events/%s", pmu->name, event);
	double scale;
	int rc;

	if (n < 0)
		return (int)n;
	rc = pb_uncore_encode(pmu, terms, attr);
	if (rc)
		return rc;
	*bytes = 0;
	if (pb_root_read(root, text, sizeof(text), PMUS "/%s/events/%s.unit", pmu->name, event) <= 0 ||
	    strcmp(text, "MiB") != 0 ||
	    pb_root_read(root, text, sizeof(text), PMUS "/%s/events/%s.scale", pmu->name, event) <= 0)
		return 0;
	scale = strtod(text, &end);
	if (end != text && scale > 0 && scale <= 1)
		*bytes = scale * MIB;
	return 0;
}
