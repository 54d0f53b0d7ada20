# SPDX-License-Identifier: GPL-2.0-or-later
# What the product is made of, each file named once.  The make files and the layer check derive their lists from these.

# liblull.a: the engine alone, for kernels that patch themselves again at run time.
ENGINE_SOURCES := \
	pv/engine/mask.c pv/engine/plan.c pv/engine/nest.c pv/engine/arena.c pv/engine/group.c pv/engine/sort.c pv/engine/commit.c \
	pv/engine/journal.c pv/engine/sites_lull.c pv/engine/rendezvous.c pv/engine/repatch.c pv/engine/boot_plan.c \
	pv/engine/x86/evtchn.c pv/engine/x86/flag.c pv/engine/x86/serialise.c

# The compressions of shim/payload/compression_list.h, one file each, and the libraries that these link.
FORMATS := gzip bzip2 lzma xz lzo lz4 zstd
SHIM_LIBRARIES := deflate bz2 lzma lzo2 zstd
FORMAT_LIBRARIES := $(SHIM_LIBRARIES) lz4

# Bytes in, struct and error out: compiled unchanged for the shim, the host command, the unit tests and the fuzzers.
PURE_SOURCES := \
	pv/engine/plan.c pv/engine/nest.c pv/engine/arena.c pv/engine/group.c pv/engine/sites_lull.c pv/engine/sort.c \
	pv/engine/linux/linux_alternatives.c pv/engine/linux/sites_linux.c pv/engine/linux/sites_linux_plan.c \
	pv/clock.c pv/hypervisor_list.c pv/virtio/virtio_ring.c pv/xen/blk_ring.c pv/xen/store_reply.c \
	efi/load_options.c efi/memory_map.c efi/picture.c \
	shim/handover/kaslr.c shim/handover/move_order.c shim/handover/place.c shim/handover/place_xen_pv.c shim/handover/protocol.c \
	shim/memory/free_memory.c shim/memory/memory_map.c \
	shim/payload/addon.c shim/payload/bsd_symbols.c shim/payload/cmdline.c shim/payload/cmdline_linux.c shim/payload/cmdline_memory.c \
	shim/payload/cmdline_passed.c shim/payload/compression.c shim/payload/elf.c shim/payload/elf_sections.c shim/payload/linux.c shim/payload/linux_relocs.c \
	shim/payload/linux_tables.c shim/payload/line_out.c shim/payload/lull_notes.c shim/payload/modules.c \
	shim/payload/multiboot.c shim/payload/multiboot1.c shim/payload/multiboot2.c shim/payload/named_sites.c shim/payload/payload.c \
	shim/payload/payload_move.c shim/payload/pe.c shim/payload/stored.c shim/payload/stored_checksum.c shim/payload/uki.c \
	shim/payload/version.c \
	shim/payload/xen_guest_string.c shim/payload/xen_notes.c shim/payload/xen_pv.c \
	shim/unpack/extents.c shim/unpack/unpack.c shim/unpack/job.c shim/unpack/lz4_block.c shim/unpack/stream.c \
	shim/unpack/x86_filter.c \
	$(FORMATS:%=shim/unpack/%.c)

# Disks, and what is on them, as pure as these.
DISK_SOURCES := \
	shim/disk/cache.c shim/disk/checksum.c shim/disk/gpt.c shim/disk/mbr.c shim/disk/partition.c \
	shim/disk/ext.c shim/disk/ext_directory.c shim/disk/ext_map.c shim/disk/fat.c shim/disk/fat_directory.c \
	shim/disk/fs.c shim/disk/fs_run.c shim/disk/fs_unread.c \
	shim/disk/btrfs.c shim/disk/btrfs_chunk.c shim/disk/btrfs_file.c shim/disk/btrfs_tree.c shim/disk/btrfs_unpack.c \
	shim/disk/iso.c shim/disk/iso_directory.c shim/disk/iso_rock.c \
	shim/disk/xfs.c shim/disk/xfs_directory.c shim/disk/xfs_log.c shim/disk/xfs_map.c \
	shim/disk/entry.c shim/disk/entry_bls.c shim/disk/entry_choose.c shim/disk/entry_extlinux.c shim/disk/entry_kernels.c \
	shim/disk/entry_addons.c shim/disk/entry_uki.c shim/disk/extlinux_label.c \
	shim/disk/grub.c shim/disk/grub_default.c shim/disk/grub_environment.c shim/disk/grub_menu.c shim/disk/grub_script.c \
	shim/disk/grub_test.c shim/disk/grub_variable.c \
	shim/disk/version_order.c shim/disk/volume.c

# Errors in words: for the shim's console, and for the host command's.
SAY_SOURCES := shim/say/error_text.c shim/say/format.c

# Not pure, but without an instruction that a host could not run: unit-tested on it, with stubs of the machine.
HOSTED_SOURCES := \
	arch/x86/acpi.c arch/x86/door_linux.c arch/x86/door_multiboot1.c arch/x86/door_multiboot2.c arch/x86/door_multiboot2_linux.c \
	arch/x86/door_pvh.c arch/x86/door_string.c arch/x86/door_xen_pv.c \
	pv/engine/commit.c pv/engine/journal.c pv/engine/mask.c pv/engine/x86/evtchn.c pv/engine/x86/flag.c \
	pv/virtio/blk.c pv/xen/blk_read.c pv/xen/blkfront.c pv/xen/grants.c pv/xen/hvm_sharing.c pv/xen/pv_tables.c pv/xen/store.c \
	shim/boot_disk.c shim/boot_entry.c shim/boot_menu.c shim/boot_say.c shim/handover/linux64.c shim/handover/loader_params.c \
	shim/handover/multiboot1.c shim/handover/multiboot2.c shim/handover/told.c \
	shim/memory/work_memory.c shim/patch/linux.c shim/patch/patch.c shim/patch/sites.c

# The shim's own: the story, and the machine below it.
MACHINE_SOURCES := \
	arch/x86/head.S arch/x86/leave.S arch/x86/traps_entry.S arch/x86/xen_pv.S \
	arch/x86/door.c arch/x86/apic.c arch/x86/leave.c arch/x86/paging.c arch/x86/ports.c \
	arch/x86/string.c arch/x86/thread.c arch/x86/traps.c \
	pv/engine/x86/serialise.c \
	pv/virtio/mmio.c pv/virtio/pci.c \
	pv/machine.c pv/cpu_features.c pv/hypervisor.c pv/self.c pv/apic_proof.c pv/pc.c pv/native.c pv/kvm.c pv/vmware.c pv/hyperv.c \
	pv/xen/guest.c pv/xen/hvm.c pv/xen/hypercall.c pv/xen/pv_sharing.c \
	pv/xen/pv.c pv/xen/pv_memory.c pv/xen/pv_proof.c pv/xen/pv_leave.c \
	shim/main.c shim/find.c \
	shim/handover/handover.c shim/handover/pvh.c shim/handover/randomize.c shim/handover/xen_pv.c \
	shim/say/console.c shim/say/panic.c shim/say/receipt.c shim/say/steps.c shim/say/unused.c \
	shim/unpack/kernel.c shim/unpack/libraries.c

SHIM_SOURCES := $(MACHINE_SOURCES) $(HOSTED_SOURCES) $(SAY_SOURCES) $(PURE_SOURCES) $(DISK_SOURCES)

# The host command's own parsers: as pure as the shim's, and unit-tested as they are.
TOOL_PURE_SOURCES := tools/boot_list.c tools/boot_log.c tools/boot_marks.c tools/log_text.c

# The host command, beside what it shares with the shim.
TOOL_SOURCES := $(TOOL_PURE_SOURCES) \
	tools/boots.c tools/boots_json.c tools/page.c tools/timeline.c \
	tools/boot_file.c tools/check.c tools/check_own.c tools/check_predict.c tools/cpio.c tools/disk_file.c tools/doors.c \
	tools/embed.c tools/embed_bzimage.c tools/entries.c tools/extract.c \
	tools/file.c tools/initrd.c tools/inspect.c tools/inspect_elf.c tools/json.c tools/judge.c \
	tools/libelf.c tools/loaders.c tools/loaders_efi.c tools/loaders_grub.c tools/loaders_grub_xen.c tools/loaders_kexec.c \
	tools/loaders_qemu.c tools/loaders_rust_vmm.c tools/loaders_xen.c \
	tools/main.c tools/message.c tools/modules_write.c tools/options.c tools/output.c tools/output_commit.c tools/own_file.c \
	tools/pack.c tools/pack_efi.c tools/pack_modules.c tools/pack_options.c tools/pack_store.c \
	tools/progress.c tools/report.c tools/sha256.c tools/store.c tools/store_lz4.c tools/stream.c tools/stream_block.c \
	tools/subject.c tools/uki_stub.c tools/uki_write.c tools/unpacked.c tools/utf8.c tools/verdict.c

# lull.efi: the story of efi/, and what it shares with lull.elf.
EFI_SOURCES := \
	efi/start.S efi/traps_entry.S efi/leave.S efi/shim_image.S \
	efi/addon_files.c efi/addons.c efi/boot_params.c efi/console.c efi/firmware.c efi/image.c efi/image_file.c efi/initrd.c \
	efi/kernel.c efi/load_options.c efi/machine.c efi/main.c efi/measure.c efi/memory_map.c efi/options.c efi/picture.c efi/quiet.c \
	efi/shim.c efi/splash.c efi/traps.c efi/trust.c \
	arch/x86/acpi.c arch/x86/apic.c arch/x86/ports.c arch/x86/string.c arch/x86/thread.c \
	pv/apic_proof.c pv/clock.c pv/cpu_features.c pv/hypervisor.c pv/hypervisor_list.c pv/pc.c pv/self.c \
	pv/engine/arena.c pv/engine/commit.c pv/engine/journal.c pv/engine/mask.c pv/engine/nest.c pv/engine/plan.c pv/engine/sites_lull.c \
	pv/engine/sort.c \
	pv/engine/x86/flag.c pv/engine/x86/serialise.c \
	shim/payload/addon.c shim/payload/bsd_symbols.c shim/payload/cmdline.c shim/payload/cmdline_passed.c shim/payload/compression.c \
	shim/payload/elf.c shim/payload/elf_sections.c \
	shim/payload/linux.c shim/payload/line_out.c shim/payload/lull_notes.c shim/payload/modules.c shim/payload/multiboot.c \
	shim/payload/multiboot1.c \
	shim/payload/multiboot2.c shim/payload/payload.c shim/payload/pe.c shim/payload/stored.c shim/payload/uki.c shim/payload/version.c \
	shim/payload/xen_guest_string.c shim/payload/xen_notes.c shim/payload/xen_pv.c \
	shim/unpack/gzip.c shim/unpack/job.c shim/unpack/libraries.c \
	shim/say/console.c shim/say/panic.c shim/say/receipt.c shim/say/steps.c shim/say/unused.c $(SAY_SOURCES)
