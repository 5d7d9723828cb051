/*
 * Runs a fuzz target over files: its corpus as an ordinary test, without a fuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data, *exact;
	size_t len;

	if (!f) {
		perror(path);
		return 1;
	}
	data = malloc(INPUT_MAX);
	if (!data) {
		fclose(f);
		return 1;
	}
	len = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	fprintf(stderr, "%s\n", path); /* the last name in the log is the one that crashed */
	/* A buffer of just that size, so that reading past the end is seen. */
	exact = malloc(len ? len : 1);
	if (exact)
		memcpy(exact, data, len);
	free(data);
	if (!exact)
		return 1;
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	printf("%d inputs\n", argc - 1);
	return failed;
}
