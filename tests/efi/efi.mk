# SPDX-License-Identifier: GPL-2.0-or-later
# The two EFI applications of tests/efi, built as lull.efi is.

EFI_APPS := build/efi/launcher.efi build/efi/kernel.efi
.PHONY: efi-apps
efi-apps: $(EFI_APPS)

$(EFI_APPS): build/efi/%.efi: build/efi/tests/efi/%.c.o build/efi/tests/efi/app.c.o build/efi/efi/start.S.o \
		build/efi/arch/x86/string.c.o tests/efi/app.lds
	$(LD) -nostdlib -pie --no-dynamic-linker -z noexecstack -z norelro --build-id=none --no-warn-rwx-segments \
		-T tests/efi/app.lds $(filter %.o,$^) -o $@.debug
	objcopy -O binary $@.debug $@

build/efi/launcher.efi: build/efi/tests/efi/clock.c.o

# The stack protector's guard is lull.efi's.
build/efi/tests/efi/%.o: EFI_CFLAGS += -fno-stack-protector

-include $(wildcard build/efi/tests/efi/*.d)
