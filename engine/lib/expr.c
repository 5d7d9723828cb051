/*
 * Formulas by recursive descent into postfix order. There are no functions, no
 * comparisons and no loops; what is longer or deeper than the limits is refused.
 */
#include "engine/lib/expr.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct pb_expr *e;
	const char *at;
	const char *const *vars;
	size_t n_vars;
	unsigned nesting;
	size_t depth, deepest; /* values on the stack after what has been read so far */
	char *why;
	size_t size;
};

static int sum(struct reader *r);

static void skip_blanks(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

static int refuse(struct reader *r, const char *what, const char *text, size_t len)
{
	snprintf(r->why, r->size, "%s%.*s%s", what, (int)(len < 40 ? len : 40), text, len ? "'" : "");
	return -EINVAL;
}

/* An operator takes `takes` values from the stack and leaves one. */
static int emit(struct reader *r, struct pb_expr_op op, size_t takes)
{
	if (r->e->n == PB_EXPR_OPS_MAX)
		return refuse(r, "the formula is too long", "", 0);
	r->e->op[r->e->n++] = op;
	r->depth += 1 - takes;
	if (r->depth > r->deepest)
		r->deepest = r->depth;
	return r->deepest > PB_EXPR_STACK_MAX ? refuse(r, "the formula is nested too deeply", "", 0) : 0;
}

static int name(struct reader *r)
{
	size_t len = 0;

	while (isalnum((unsigned char)r->at[len]) || r->at[len] == '_')
		len++;
	for (size_t i = 0; i < r->n_vars; i++)
		if (strlen(r->vars[i]) == len && !memcmp(r->vars[i], r->at, len)) {
			r->at += len;
			return emit(r, (struct pb_expr_op){.kind = 'v', .var = (unsigned)i}, 0);
		}
	return refuse(r, "no such name: '", r->at, len);
}

/* Decimal only: strtod alone would also take inf, nan and hexadecimal. */
static int number(struct reader *r)
{
	size_t len = strspn(r->at, "0123456789.");
	char *end;
	double v;

	if (tolower((unsigned char)r->at[len]) == 'e')
		len += 1 + strspn(r->at + len + 1, "+-0123456789");
	v = strtod(r->at, &end);
	if (end != r->at + len || !isfinite(v))
		return refuse(r, "not a number: '", r->at, len);
	r->at = end;
	return emit(r, (struct pb_expr_op){.kind = 'n', .num = v}, 0);
}

static int primary(struct reader *r)
{
	int rc;

	skip_blanks(r);
	if (isalpha((unsigned char)*r->at) || *r->at == '_')
		return name(r);
	if (isdigit((unsigned char)*r->at) || *r->at == '.')
		return number(r);
	if (!*r->at)
		return refuse(r, "the formula ends too early", "", 0);
	if (*r->at != '(' && *r->at != '-')
		return refuse(r, "a number, a name or '(' must stand before '", r->at, strlen(r->at));
	if (++r->nesting > PB_EXPR_STACK_MAX)
		return refuse(r, "the formula is nested too deeply", "", 0);
	if (*r->at++ == '-') {
		rc = primary(r);
		r->nesting--;
		return rc ? rc : emit(r, (struct pb_expr_op){.kind = '~'}, 1);
	}
	rc = sum(r);
	if (!rc && *r->at != ')')
		rc = refuse(r, "a ')' is missing", "", 0);
	r->at += !rc;
	r->nesting--;
	return rc;
}

static int product(struct reader *r)
{
	int rc = primary(r);

	for (skip_blanks(r); !rc && (*r->at == '*' || *r->at == '/'); skip_blanks(r)) {
		char kind = *r->at++;

		rc = primary(r);
		if (!rc)
			rc = emit(r, (struct pb_expr_op){.kind = kind}, 2);
	}
	return rc;
}

static int sum(struct reader *r)
{
	int rc = product(r);

	while (!rc && (*r->at == '+' || *r->at == '-')) {
		char kind = *r->at++;

		rc = product(r);
		if (!rc)
			rc = emit(r, (struct pb_expr_op){.kind = kind}, 2);
	}
	return rc;
}

int pb_expr_parse(struct pb_expr *e, const char *text, const char *const *vars, size_t n_vars, char *why,
		  size_t size)
{
	struct reader r = {.e = e, .at = text, .vars = vars, .n_vars = n_vars, .why = why, .size = size};
	int rc;

	e->n = 0;
	rc = sum(&r);
	if (!rc && *r.at)
		rc = refuse(&r, "cannot be read from '", r.at, strlen(r.at));
	return rc;
}

static double apply(char kind, double a, double b)
{
	switch (kind) {
	case '+':
		return a + b;
	case '-':
		return a - b;
	case '*':
		return a * b;
	default:
		return b == 0.0 ? (double)NAN : a / b;
	}
}

double pb_expr_eval(const struct pb_expr *e, const double *vars)
{
	double stack[PB_EXPR_STACK_MAX + 1] = {0};
	size_t n = 0;

	for (size_t i = 0; i < e->n; i++) {
		const struct pb_expr_op *op = &e->op[i];

		if (op->kind == 'n' || op->kind == 'v') {
			stack[n++] = op->kind == 'n' ? op->num : vars[op->var];
		} else if (op->kind == '~') {
			stack[n - 1] = -stack[n - 1];
		} else {
			stack[n - 2] = apply(op->kind, stack[n - 2], stack[n - 1]);
			n--;
		}
	}
	return n == 1 && isfinite(stack[0]) ? stack[0] : (double)NAN;
}
