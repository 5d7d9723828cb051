/*
 * Formulas over named numbers: + - * / and parentheses, "1000 * misses / (ins_guest + ins_host)".
 * Read once, evaluated often; both are bounded, so that a formula from a file can do no harm.
 */
#ifndef PB_LIB_EXPR_H
#define PB_LIB_EXPR_H

#include <stddef.h>

#define PB_EXPR_OPS_MAX 64u   /* numbers, names and operators of one formula */
#define PB_EXPR_STACK_MAX 16u /* values waiting; parentheses nest as deep */

struct pb_expr_op {
	char kind;    /* 'n' number, 'v' name, '~' minus sign, or the operator itself */
	unsigned var; /* 'v': which of the names */
	double num;   /* 'n' */
};

struct pb_expr {
	struct pb_expr_op op[PB_EXPR_OPS_MAX]; /* in the order of evaluation */
	size_t n;
};

/*
 * Reads a formula whose names are those in vars[0..n_vars). 0, or -EINVAL with a short phrase in why
 * ("'misess' is no event of this group").
 */
int pb_expr_parse(struct pb_expr *e, const char *text, const char *const *vars, size_t n_vars, char *why,
		  size_t size);
/* NAN when a value it needs is NAN, when it divides by zero, or when the result is not finite. */
double pb_expr_eval(const struct pb_expr *e, const double *vars);

#endif
