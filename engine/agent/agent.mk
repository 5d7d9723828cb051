# The agent: static, so that it runs in any x86-64 Linux guest.

AGENT_LIBS := -ljansson -lblkid -luuid -lpthread

$(B)/passbench-agent: $(call obj,$(AGENT_SRC)) $(B)/libpb.a
	$(CC) $(SAN) $(if $(SAN),,-static) -o $@ $^ $(AGENT_LIBS)
