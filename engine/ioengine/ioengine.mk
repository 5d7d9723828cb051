# The fio plugin, a static fio with the engine built in, and the guest's agent.
#
# Both are compiled against one configured copy of fio's source in $(B)/fio. The copy is
# never patched: the engine's objects join the link of the static fio through fio's own EXTLIBS.

FIO_VERSION ?= 3.33
FIO_SRC ?= $(CACHE)/fio-$(FIO_VERSION)
# As `fio --version` prints it.
PB_FIO_VERSION ?= fio-$(FIO_VERSION)

ENGINE_SRC := $(wildcard engine/ioengine/*.c)
ENGINE_PIC := $(patsubst %.c,$(B)/obj/plugin/%.o,$(ENGINE_SRC))
ENGINE_OBJ := $(patsubst %.c,$(B)/obj/builtin/%.o,$(ENGINE_SRC))
FIO_CONFIG := $(B)/fio/config-host.h
FIO_LOG = $(B)/fio.log

# fio's headers are not ours to keep free of warnings: they come as system headers.
ENGINE_CPPFLAGS = -D_GNU_SOURCE -DPB_FIO_VERSION='"$(PB_FIO_VERSION)"' -include $(FIO_CONFIG) -I. -isystem $(B)/fio

# Optional libraries are left out: nothing that a static binary could not carry.
FIO_CONFIGURE := --disable-native --build-static --disable-numa --disable-rdma --disable-rados --disable-rbd \
	--disable-http --disable-gfapi --disable-pmem --disable-libzbc --disable-xnvme --disable-tcmalloc \
	--disable-libnfs --disable-dfs --disable-lex

$(FIO_CONFIG): | deps-check
	@test -d $(FIO_SRC) || { echo "no fio source in $(FIO_SRC): run 'make deps' or set FIO_SRC" >&2; exit 1; }
	@mkdir -p $(B)
	rm -rf $(B)/fio $(B)/fio.new
	cp -r $(FIO_SRC) $(B)/fio.new
	cd $(B)/fio.new && ./configure $(FIO_CONFIGURE) >configure.log 2>&1 || { tail -n 20 configure.log; exit 1; }
	mv $(B)/fio.new $(B)/fio

$(B)/obj/plugin/%.o: %.c $(FIO_CONFIG)
	@mkdir -p $(@D)
	$(CC) $(ENGINE_CPPFLAGS) $(ALL_CFLAGS) -fPIC -c $< -o $@

$(B)/obj/builtin/%.o: %.c $(FIO_CONFIG)
	@mkdir -p $(@D)
	$(CC) $(ENGINE_CPPFLAGS) -DPB_BUILTIN $(ALL_CFLAGS) -c $< -o $@

# liburing is linked statically, so that the plugin runs where only fio is installed.
$(B)/passthru.so: $(ENGINE_PIC)
	$(CC) $(SAN) -shared -Wl,-Bsymbolic -o $@ $^ -Wl,-Bstatic -luring -Wl,-Bdynamic -lpthread

# fio's own makefile must not see our variables.
$(B)/fio-static: $(ENGINE_OBJ)
	@echo "building the static fio ($(FIO_LOG))"
	@rm -f $(B)/fio/fio
	@env -u MAKEFLAGS -u MAKELEVEL -u CFLAGS -u CPPFLAGS -u LDFLAGS $(MAKE) -j2 -C $(B)/fio fio \
		EXTLIBS='$(abspath $(ENGINE_OBJ)) -luring' >$(FIO_LOG) 2>&1 || { tail -n 20 $(FIO_LOG); exit 1; }
	strip -o $@ $(B)/fio/fio

engine-build: $(B)/passthru.so $(B)/fio-static

# Where profiles/ is when it is not beside the executable's folder.
PB_DATADIR ?= $(CURDIR)
CPPFLAGS += -DPB_DATADIR='"$(PB_DATADIR)"'

include engine/agent/agent.mk
