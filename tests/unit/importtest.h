/*
 * Importing in tests: fixtures or texts in, the run directory's tables out.
 */
#ifndef PB_TESTS_IMPORTTEST_H
#define PB_TESTS_IMPORTTEST_H

#include "engine/import/import.h"
#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "tests/unit/tmpdir.h"

#define FIXTURES "tests/fixtures/import/"

struct importtest {
	struct tmpdir tmp;
	char out[96];
	struct pb_import_result result;
	struct pb_err err;
};

static inline void importtest_init(struct importtest *t)
{
	tmpdir_make(&t->tmp);
	snprintf(t->out, sizeof(t->out), "%s/run", t->tmp.path);
}

static inline void importtest_fini(struct importtest *t)
{
	tmpdir_remove(&t->tmp);
}

/* As cmocka's setup and teardown. */
static inline int importtest_setup(void **state)
{
	struct importtest *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	importtest_init(t);
	*state = t;
	return 0;
}

static inline int importtest_teardown(void **state)
{
	importtest_fini(*state);
	free(*state);
	return 0;
}

/* Imports into the directory "run"; options may be NULL. */
static inline int importtest_files(struct importtest *t, char *const *files, size_t n,
				   const struct pb_import_opts *options)
{
	struct pb_import_opts o = options ? *options : (struct pb_import_opts){0};

	o.files = files;
	o.n_files = n;
	o.out = t->out;
	t->err = (struct pb_err)PB_ERR_INIT;
	return pb_import(&o, &t->result, &t->err);
}

static inline int importtest_file(struct importtest *t, const char *file,
				  const struct pb_import_opts *options)
{
	char *files[] = {(char *)file};

	return importtest_files(t, files, 1, options);
}

/* Imports a text, as a file of that name. */
static inline int importtest_text(struct importtest *t, const char *name, const char *text,
				  const struct pb_import_opts *options)
{
	char path[160];

	tmpdir_write(&t->tmp, name, text);
	snprintf(path, sizeof(path), "%s/%s", t->tmp.path, name);
	return importtest_file(t, path, options);
}

/* Refused as bad input, with these words in one sentence, and nothing left but the inputs. */
static inline void importtest_refused(struct importtest *t, int rc, const char *words)
{
	DIR *dir = opendir(t->tmp.path);
	struct dirent *e;

	assert_true(rc < 0);
	if (!strstr(t->err.msg, words))
		print_error("'%s' does not say '%s'\n", t->err.msg, words);
	assert_non_null(strstr(t->err.msg, words));
	assert_null(strchr(t->err.msg, '\n'));
	assert_int_equal(t->err.status, PB_USAGE);
	assert_false(tmpdir_exists(&t->tmp, "run"));
	while ((e = readdir(dir)))
		assert_null(strstr(e->d_name, "passbench-import"));
	closedir(dir);
}

static inline struct pb_table *importtest_table(const struct importtest *t, const char *file)
{
	struct pb_table *table = NULL;
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", t->out, file);
	assert_int_equal(pb_table_read(&table, AT_FDCWD, path, NULL), 0);
	return table;
}

/* One cell as a number; NAN when it is empty. */
static inline double importtest_num(const struct importtest *t, const char *file, size_t row,
				    const char *column)
{
	struct pb_table *table = importtest_table(t, file);
	int col = pb_table_col(table, column);
	double v;

	assert_true(col >= 0);
	assert_true(row < pb_table_rows(table));
	v = pb_table_num(table, row, col);
	pb_table_free(table);
	return v;
}

/* The last row whose column `key` is `value`, as a number of another column. */
static inline double importtest_last(const struct importtest *t, const char *file, const char *key,
				     const char *value, const char *column)
{
	struct pb_table *table = importtest_table(t, file);
	int k = pb_table_col(table, key), c = pb_table_col(table, column);
	double v = NAN;

	assert_true(k >= 0 && c >= 0);
	for (size_t row = 0; row < pb_table_rows(table); row++)
		if (strcmp(pb_table_str(table, row, k), value) == 0)
			v = pb_table_num(table, row, c);
	pb_table_free(table);
	return v;
}

/* The manifest, a new reference. */
static inline json_t *importtest_manifest(const struct importtest *t)
{
	json_t *j = NULL;
	char path[160];

	snprintf(path, sizeof(path), "%s/manifest.json", t->out);
	assert_int_equal(pb_json_read(&j, AT_FDCWD, path, NULL), 0);
	return j;
}

#define assert_near(a, b) assert_float_equal(a, b, 1e-6 * (fabs((double)(b)) + 1e-9))

#endif
