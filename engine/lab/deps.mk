# What the build and the lab need, installed on the first make.
#
# The stamp is a makefile fragment (it says which fio source there is): make
# remakes it when it is missing and starts over, so everything below it can
# rely on the packages. Its name holds the sum of deps.sh: a new list of
# packages is a new stamp, a fresh clone of the same list is not.

DEPS_ID := $(shell sha256sum engine/lab/deps.sh | cut -c1-12)
DEPS_STAMP := $(CACHE)/deps-$(DEPS_ID).mk

CPPFLAGS += -DPB_CACHEDIR='"$(CACHE)"'

ifeq ($(filter clean help,$(MAKECMDGOALS)),)
include $(DEPS_STAMP)
endif
export FIO_VERSION FIO_SRC

$(DEPS_STAMP):
	@bash engine/lab/deps.sh base $(CACHE) $@

deps: $(DEPS_STAMP)
	@echo "deps: complete in $(CACHE)"

deps-check: $(DEPS_STAMP)

# Compilers and checkers that only `make lint` and friends use.
deps-check-tools: $(DEPS_STAMP)
	@bash engine/lab/deps.sh tools $(CACHE)

# Programs for tests/lab/test_interlock.sh, which skips the kinds of disks it cannot make without them.
deps-test: $(DEPS_STAMP)
	-@bash engine/lab/deps.sh test $(CACHE)

.PHONY: deps-check-tools deps-test

# init.c takes its text by .incbin, which -MMD does not see.
$(B)/obj/engine/lab/init.o: engine/lab/init.sh
