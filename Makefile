# passbench: build, deps, tests, checks. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
B ?= build
CACHE ?= /var/cache/passbench

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
CPPFLAGS += -I. -D_GNU_SOURCE -DPB_VERSION='"$(VERSION)"'
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(SAN) -MMD -MP
PKG := jansson hwloc gsl blkid liburing libarchive libkmod libmd sqlite3
PKG_CFLAGS = $(shell pkg-config --cflags $(PKG) 2>/dev/null)
HOST_LIBS = $(shell pkg-config --libs $(PKG) 2>/dev/null) -lpfm -lcsv -lpthread -lm

-include engine/lab/deps.mk

LIB_SRC := $(wildcard engine/lib/*.c)
HOST_PARTS := collectors run/host run/guest run run/tune lab compare history import
HOST_SRC := $(wildcard $(HOST_PARTS:%=engine/%/*.c) analyzers/*.c reports/*.c)
CLI_SRC := $(wildcard engine/cli/*.c)
AGENT_SRC := $(wildcard engine/agent/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

all: $(B)/passbench $(B)/passbench-agent engine-build

# make V=1 shows the commands
Q := $(if $(V),,@)

$(B)/obj/%.o: %.c | deps-check
	@mkdir -p $(@D)
	@$(if $(V),:,echo "  CC   $<")
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(B)/libpb.a: $(call obj,$(LIB_SRC))
	@rm -f $@; ar rcs $@ $^

$(B)/libpbhost.a: $(call obj,$(HOST_SRC))
	@rm -f $@; ar rcs $@ $^

$(B)/passbench: $(call obj,$(CLI_SRC)) $(B)/libpbhost.a $(B)/libpb.a
	@$(if $(V),:,echo "  LINK $@")
	$(Q)$(CC) $(SAN) -o $@ $^ $(HOST_LIBS)

-include engine/ioengine/ioengine.mk
-include tests/tests.mk

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# The main job: the lab, a disk passed through, measured, tuned, reported.
# Every run has a folder of its own; `latest` points at the last one.
RESULTS ?= passbench-results
run: all
	@mkdir -p $(RESULTS); out=$(RESULTS)/$$(date +%Y%m%d-%H%M%S); ln -sfn $$(basename $$out) $(RESULTS)/latest; \
	$(B)/passbench lab run --out $$out

bench: all bench-build deps-check-tools
	@bash tests/bench/run-all.sh $(B)

help:
	@echo 'make run    install what is missing, build, measure in the lab, say where the report is'
	@echo 'make test   install what is missing, build, run all tests'
	@echo 'make check  format, lint, sanitizers, static analysis     make fuzz   20 s of each fuzzer'
	@echo 'make bench  measured ratios                               make deps   only install'
	@echo 'make score  bottlenecks planted in the lab: found or not'

clean:
	rm -rf $(B)

.PHONY: all run bench help clean engine-build deps deps-check
