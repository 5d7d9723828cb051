# Tests and checks. `make test` runs everything that must pass; `make check` adds what only
# developers and CI need: format, lint, static analysis, sanitizers.

UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))
LAB_TEST_BIN := $(patsubst tests/lab/%.c,$(B)/lab/%,$(wildcard tests/lab/*.c))
FUZZ_NAMES := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 20

# Programs' own files, less their main, for the tests that look inside them.
$(B)/libpbcli.a: $(call obj,$(filter-out %/main.c,$(CLI_SRC)))
	@rm -f $@; ar rcs $@ $^

$(B)/libpbagent.a: $(call obj,$(filter-out %/main.c,$(AGENT_SRC)))
	@rm -f $@; ar rcs $@ $^

TEST_LIBS := $(B)/libpbcli.a $(B)/libpbagent.a $(B)/libpbhost.a $(B)/libpb.a

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(TEST_LIBS)
	@mkdir -p $(@D)
	@$(CC) $(SAN) -o $@ $^ $(HOST_LIBS) -lcmocka

$(B)/lab/%: $(B)/obj/tests/lab/%.o $(TEST_LIBS)
	@mkdir -p $(@D)
	@$(CC) $(SAN) -o $@ $^ $(HOST_LIBS) -lcmocka

$(B)/score/%: $(B)/obj/tests/score/%.o $(TEST_LIBS)
	@mkdir -p $(@D)
	@$(CC) $(SAN) -o $@ $^ $(HOST_LIBS)

# Programs that benches run, here or in the lab.
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(B)/libpbhost.a $(B)/libpb.a
	@mkdir -p $(@D)
	@$(CC) $(SAN) -o $@ $^ $(HOST_LIBS)

bench-build: $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))

# A fuzz target over its corpus needs no fuzzer: a main that reads files is enough.
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/fuzz/corpus_main.o $(B)/libpbagent.a $(B)/libpbhost.a $(B)/libpb.a
	@mkdir -p $(@D)
	@$(CC) $(SAN) -o $@ $^ $(HOST_LIBS)

unit-build: $(UNIT_BIN)
lab-test-build: $(LAB_TEST_BIN)
fuzz-build: $(addprefix $(B)/fuzz/,$(FUZZ_NAMES))

# Sanitized objects live in build folders of their own, made by this same Makefile. Instrumented code
# hides lengths from gcc, whose warnings about truncation are then guesses (gcc's manual says so).
ASAN := $(MAKE) B=$(B)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer -Wno-format-truncation' SAN='-fsanitize=address,undefined -fno-sanitize-recover=all'
TSAN := $(MAKE) B=$(B)/tsan CFLAGS='-O1 -g -Wno-format-truncation' SAN='-fsanitize=thread'

fuzz-corpus-build:
	+@$(ASAN) --no-print-directory fuzz-build

test-structure:
	@tests/run.sh $(B) structure
test-unit: unit-build
	@tests/run.sh $(B) unit
fuzz-corpus: fuzz-corpus-build
	@tests/run.sh $(B) corpus
test-lab: all lab-test-build $(B)/score/score deps-test
	@tests/run.sh $(B) scripts

# Scenarios of the lab whose truth is known, found or not: all of them. What they measured stays in $(B)/score-results.
score: all $(B)/score/score deps-test
	@$(B)/score/score $(B) $(B)/score-results $(SCENARIOS)

# One run of everything, so that the last line counts it all.
test: all unit-build fuzz-corpus-build lab-test-build $(B)/score/score deps-test
	@tests/run.sh $(B) structure unit corpus scripts

# clang's libFuzzer drives the same targets; what it finds stays in $(B)/libfuzzer/NAME.
$(B)/fuzzer/%: $(B)/obj/tests/fuzz/%.o $(B)/libpbagent.a $(B)/libpbhost.a $(B)/libpb.a
	@mkdir -p $(@D)
	@$(CC) $(SAN) -fsanitize=fuzzer -o $@ $^ $(HOST_LIBS)

fuzz: deps-check-tools
	+@$(MAKE) --no-print-directory B=$(B)/libfuzzer CC=clang CFLAGS='-O1 -g' \
		SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
		$(addprefix $(B)/libfuzzer/fuzzer/,$(FUZZ_NAMES))
	@for name in $(FUZZ_NAMES:fuzz_%=%); do \
		out=$(B)/libfuzzer/$$name; mkdir -p $$out/corpus; \
		$(B)/libfuzzer/fuzzer/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=2048 \
			-print_final_stats=1 -artifact_prefix=$$out/ $$out/corpus tests/fuzz/corpus/$$name >$$out/log 2>&1 || \
		{ tail -n 40 $$out/log; exit 1; }; \
		echo "fuzz $$name: $$(sed -n 's/.*number_of_executed_units: *//p' $$out/log) inputs in $(FUZZ_SECONDS) s, no failure"; \
	done

# Everything checked, less the engine where a tool would have to parse fio's headers.
CHECK_C := $(LIB_SRC) $(HOST_SRC) $(CLI_SRC) $(AGENT_SRC)
CHECK_H := $(wildcard engine/*/*.h engine/run/*/*.h analyzers/*.h reports/*.h tests/*/*.h)
CHECK_TESTS := $(UNIT_SRC) $(wildcard tests/fuzz/*.c tests/lab/*.c tests/bench/*.c tests/score/*.c)
CHECK_SH := .ci/run $(wildcard tests/*.sh tests/*/*.sh engine/*/*.sh docs/*.sh docs/*/*.sh)
CHECK_FLAGS = -std=gnu11 $(CPPFLAGS) $(PKG_CFLAGS)

check-format: deps-check-tools
	@echo clang-format; clang-format --dry-run -Werror $(CHECK_C) $(CHECK_H) $(CHECK_TESTS) $(ENGINE_SRC)
check-clang: deps-check-tools
	@echo clang; clang -fsyntax-only $(CHECK_FLAGS) $(WARN) -Wmissing-variable-declarations $(CHECK_C) $(CHECK_TESTS)
check-tidy: deps-check-tools
	@echo clang-tidy; printf '%s\n' $(CHECK_C) | xargs -P2 -n8 sh -c 'clang-tidy --quiet "$$@" -- -DPB_STATIC_ANALYSIS $(subst ','"'"',$(CHECK_FLAGS)) 2>/dev/null' sh
# comparePointers: image.c takes the length between two symbols that the assembler puts around one text.
check-cppcheck: deps-check-tools
	@echo cppcheck; cppcheck --quiet --std=c11 --language=c -j2 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
		--suppress=comparePointers:engine/lab/image.c --include=/usr/include/jansson.h \
		-I. -D_GNU_SOURCE -DPB_VERSION='"0"' $(CHECK_C)
# malloc-leak: gcc 12 loses sight of memory that is stored behind a pointer; ASan's leak check sees the real ones.
check-analyzer:
	@echo gcc -fanalyzer; printf '%s\n' $(CHECK_C) | xargs -P2 -n1 sh -c '$(CC) -fanalyzer -Wno-analyzer-malloc-leak -DPB_STATIC_ANALYSIS -Werror -O1 $(subst ','"'"',$(CHECK_FLAGS)) -c "$$1" -o /dev/null' sh
check-shell: deps-check-tools
	@echo shellcheck; shellcheck -S warning $(CHECK_SH)
# all: some tests load the engine that users get.
check-asan: all
	+@$(ASAN) --no-print-directory test-unit
# Only tests whose code has threads have anything to race.
TSAN_BIN = $(patsubst tests/unit/%.c,%,$(shell grep -lE 'pthread|sampler\.h|transport|cli/terminal\.h' $(UNIT_SRC)))
check-tsan:
	+@$(TSAN) --no-print-directory $(addprefix $(B)/tsan/unit/,$(TSAN_BIN))
	@for t in $(TSAN_BIN); do echo "TSan $$t"; $(B)/tsan/unit/$$t >$(B)/tsan/$$t.log 2>&1 || { tail -n 60 $(B)/tsan/$$t.log; exit 1; }; done

check-engine-san: all
	@bash tests/check_engine_san.sh $(B) || [ $$? -eq 77 ]

check: test-structure check-format check-clang check-shell check-cppcheck check-analyzer check-tidy check-asan check-tsan check-engine-san
	@echo "check: all clean"

.SECONDARY:
.PHONY: unit-build lab-test-build bench-build fuzz-build fuzz-corpus-build test test-structure test-unit fuzz-corpus test-lab score fuzz \
	check check-format check-clang check-tidy check-cppcheck check-analyzer check-shell check-asan check-tsan check-engine-san
