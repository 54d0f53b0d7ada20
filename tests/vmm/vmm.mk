# The monitor that stands for Firecracker and Cloud Hypervisor (vmm.h).
VMM_OBJECTS := $(patsubst %,build/vmm/%.o,vmm load tables cpu devices)

guests: build/vmm/vmm

build/vmm/%.o: tests/vmm/%.c tests/vmm/vmm.mk
	@mkdir -p $(@D)
	$(HOST_CC) $(HOST_CFLAGS) -Itests/vmm -MMD -MP -c $< -o $@

build/vmm/vmm: $(VMM_OBJECTS)
	$(HOST_CC) -static $^ -pthread -o $@

-include $(VMM_OBJECTS:.o=.d)
