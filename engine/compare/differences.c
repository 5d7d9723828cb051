/*
 * Values of each name of the environment, counted per arm; and the order in time of all runs.
 */
#include "engine/compare/differences.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The distinct values of one name in an arm with how many runs have them. */
struct values {
	struct pb_strv text;
	unsigned *runs;
	size_t known; /* runs that know it */
};

static void values_fini(struct values *v)
{
	pb_strv_fini(&v->text);
	free(v->runs);
}

static int values_read(struct values *v, const struct pb_arm *arm, const char *name)
{
	v->runs = calloc(arm->n + 1, sizeof(*v->runs));
	if (!v->runs)
		return -ENOMEM;
	for (size_t i = 0; i < arm->n; i++) {
		const char *text = pb_environment_get(&arm->v[i].environment, name);
		size_t k = 0;

		if (!text)
			continue;
		while (k < v->text.n && strcmp(v->text.v[k], text) != 0)
			k++;
		if (k == v->text.n && pb_strv_add(&v->text, text) < 0)
			return -ENOMEM;
		v->runs[k]++;
		v->known++;
	}
	return 0;
}

static bool same_values(const struct values *a, const struct values *b)
{
	for (size_t i = 0; i < a->text.n; i++) {
		size_t k = 0;

		while (k < b->text.n && strcmp(a->text.v[i], b->text.v[k]) != 0)
			k++;
		if (k == b->text.n)
			return false;
	}
	return a->text.n == b->text.n;
}

/* Owned by the caller; NULL on no memory. */
static char *shown(const struct values *v, size_t runs)
{
	struct pb_buf b = {0};

	if (v->text.n == 1 && v->known == runs)
		return strdup(v->text.v[0]);
	for (size_t i = 0; i < v->text.n; i++)
		pb_buf_printf(&b, "%s%s (%u of %zu runs)", i ? ", " : "", v->text.v[i], v->runs[i], runs);
	if (!b.failed)
		return b.data;
	pb_buf_fini(&b);
	return NULL;
}

static int add_difference(struct pb_differences *d, const char *name, const struct values *base,
			  size_t n_base, const struct values *new_values, size_t n_new)
{
	struct pb_difference *v = realloc(d->v, (d->n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	d->v = v;
	v = &d->v[d->n++];
	*v = (struct pb_difference){.name = strdup(name),
				    .base = shown(base, n_base),
				    .new_value = shown(new_values, n_new),
				    .subject = pb_environment_is_subject(name)};
	return v->name && v->base && v->new_value ? 0 : -ENOMEM;
}

static int add_mixed(struct pb_differences *d, const char *name, const struct values *base, size_t n_base,
		     const struct values *new_values, size_t n_new)
{
	char *a = shown(base, n_base), *b = shown(new_values, n_new);
	int rc = a && b ? pb_strv_addf(&d->mixed, "%s: BASE %s; NEW %s", name, a, b) : -ENOMEM;

	free(a);
	free(b);
	return rc;
}

static int compare_name(struct pb_differences *d, const char *name, const struct pb_arm *base,
			const struct pb_arm *new_arm)
{
	struct values a = {0}, b = {0};
	int rc = values_read(&a, base, name);

	if (rc == 0)
		rc = values_read(&b, new_arm, name);
	if (rc == 0 && a.text.n && b.text.n) {
		if (!same_values(&a, &b))
			rc = add_difference(d, name, &a, base->n, &b, new_arm->n);
		else if (a.text.n > 1)
			rc = add_mixed(d, name, &a, base->n, &b, new_arm->n);
	}
	values_fini(&a);
	values_fini(&b);
	return rc;
}

/* Names of BASE are enough: one that NEW alone has is no difference. */
static bool seen_before(const struct pb_arm *arm, size_t run, const char *name)
{
	for (size_t i = 0; i < run; i++)
		if (pb_environment_get(&arm->v[i].environment, name))
			return true;
	return false;
}

static int add_during(struct pb_differences *d, const struct pb_arm *arm)
{
	for (size_t i = 0; i < arm->n; i++)
		for (size_t k = 0; k < arm->v[i].changes.n; k++)
			if (pb_strv_addf(&d->during, "%s: %s", arm->v[i].dir, arm->v[i].changes.v[k]) < 0)
				return -ENOMEM;
	return 0;
}

int pb_differences_find(struct pb_differences *d, const struct pb_arm *base, const struct pb_arm *new_arm,
			struct pb_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < base->n; i++) {
		const struct pb_strv *kv = &base->v[i].environment.kv;

		for (size_t k = 0; k + 1 < kv->n && rc == 0; k += 2)
			if (!seen_before(base, i, kv->v[k]))
				rc = compare_name(d, kv->v[k], base, new_arm);
	}
	if (rc == 0)
		rc = add_during(d, base);
	if (rc == 0)
		rc = add_during(d, new_arm);
	return rc < 0 ? pb_fail(err, PB_MISSING, -rc, "no memory to compare environments") : 0;
}

void pb_differences_fini(struct pb_differences *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->v[i].name);
		free(d->v[i].base);
		free(d->v[i].new_value);
	}
	free(d->v);
	pb_strv_fini(&d->mixed);
	pb_strv_fini(&d->during);
	*d = (struct pb_differences){0};
}

struct moment {
	const char *utc;
	bool base;
};

/* RFC 3339 in UTC sorts as text. */
static int by_time(const void *va, const void *vb)
{
	const struct moment *a = va, *b = vb;
	int order = strcmp(a->utc, b->utc);

	return order ? order : (int)a->base - (int)b->base;
}

static size_t moments(struct moment *m, const struct pb_arm *arm, bool base, bool *known)
{
	for (size_t i = 0; i < arm->n; i++) {
		m[i] = (struct moment){arm->v[i].started_utc, base};
		*known = *known && arm->v[i].started_utc[0];
	}
	return arm->n;
}

struct pb_turns pb_differences_turns(const struct pb_arm *base, const struct pb_arm *new_arm)
{
	struct moment *m = calloc(base->n + new_arm->n + 1, sizeof(*m));
	struct pb_turns turns = {.known = m && base->n && new_arm->n};
	size_t n = 0;

	if (turns.known) {
		n = moments(m, base, true, &turns.known);
		n += moments(m + n, new_arm, false, &turns.known);
		qsort(m, n, sizeof(*m), by_time);
		for (size_t i = 1; i < n; i++)
			turns.n += m[i].base != m[i - 1].base;
		turns.separated = turns.known && turns.n == 1;
		turns.base_first = m[0].base;
	}
	free(m);
	return turns;
}
