/* SPDX-License-Identifier: MIT */
/*
 * Every error, included by error.h once for each use: ERROR_CODE(NAME, number, title, expected, found, action).
 * 1-19 and 190-199 doors, 20-59 payloads and containers, 60-79 placement and hand-over, 80-99 the engine, 100-119 the machine,
 * 120-139 unpacking and a kernel's notes for lull (lull/note.h), 140-159 Linux's tables, 160-169 the engine in a running
 * kernel, 170-179 multiboot kernels, 180-189 UEFI, 200-239 disks, what is on them, and entries, 240-259 their drivers, and
 * booting from them, 260-269 lists that the host command reads.  In use once, and not to be used again: 5 and 183.
 */
/* Doors. */
ERROR_CODE(START_INFO_MAGIC, 1, "start-info-magic",
	   "the PVH start_info magic %E", "%F",
	   "start this file by its PVH entry (xl type=\"pvh\", QEMU -kernel); another loader needs another door")
ERROR_CODE(START_INFO_REACH, 2, "start-info-reach",
	   "%S of the PVH start_info below 4 GiB and inside memory", "address %F",
	   "the loader handed over a broken start_info; report it to the loader")
ERROR_CODE(MEMORY_MAP_EMPTY, 3, "memory-map-empty",
	   "a memory map with at least one region of RAM", "%F regions and no RAM",
	   "give the guest memory, or fix the loader that passes the memory map")
ERROR_CODE(MEMORY_MAP_ENTRIES, 4, "memory-map-entries",
	   "at most %E regions in the memory map", "%F regions, or more",
	   "use a loader or firmware that merges its memory map")
ERROR_CODE(MEMORY_MAP_OVERLAP, 6, "memory-map-overlap",
	   "memory regions that do not overlap", "region %F shares memory with one before it",
	   "fix the loader that passes the memory map")
ERROR_CODE(MEMORY_MAP_WRAP, 7, "memory-map-wrap",
	   "memory regions that end below 2^64", "region %F wraps around",
	   "fix the loader that passes the memory map")
ERROR_CODE(MODULE_NONE, 8, "module-none",
	   "a kernel: a module, or an image inside lull.elf", "no module",
	   "pass a kernel or a UKI as ramdisk=/-initrd/module2, or build one image with lull pack")
ERROR_CODE(MODULE_REACH, 9, "module-reach",
	   "module %E inside the memory map, and not upon the shim", "it ends at %F",
	   "the loader handed over a module outside memory; report it to the loader")
ERROR_CODE(MULTIBOOT_MAGIC, 10, "multiboot-magic",
	   "the multiboot2 magic %E in eax, or multiboot1's", "%F",
	   "start lull.elf with GRUB's multiboot2 command, lull-mb1.elf with multiboot")
ERROR_CODE(MULTIBOOT_TAG, 11, "multiboot-tag",
	   "multiboot2 tags that lie inside their %E bytes", "a tag at offset %F that does not",
	   "the loader handed over broken boot information; report it to the loader")
ERROR_CODE(MODULE_COUNT, 12, "module-count",
	   "at most %E modules", "%F modules",
	   "pass fewer; the kernel is module 0, and a PV guest takes one module beside it")
ERROR_CODE(EMBEDDED_REACH, 14, "embedded-reach",
	   "the image inside lull.elf inside the memory map", "a size of %F",
	   "give the guest more memory; where it has enough, build the image again with lull pack")
ERROR_CODE(DOOR_CMDLINE, 13, "door-cmdline",
	   "a command line of the loader that ends within %E bytes", "no end",
	   "the loader handed over a broken command line; report it to the loader")
ERROR_CODE(XEN_START_INFO, 15, "xen-start-info",
	   "%S Xen's start_info", "something else at address %F",
	   "start this file by a Xen toolstack (xl type=\"pv\"), or as dom0; report it if that is what you did")
ERROR_CODE(XEN_PAGES, 16, "xen-pages",
	   "at most %E pages of memory in a Xen PV guest", "%F pages",
	   "give the guest less memory; more can be ballooned in later")
ERROR_CODE(XEN_MEMORY, 17, "xen-memory",
	   "%E KiB of memory to start in", "%F KiB",
	   "give the guest more memory")
/* Payloads and containers. */
ERROR_CODE(MULTIBOOT_REACH, 18, "multiboot-reach",
	   "what multiboot information points to in memory", "%S at %F is not",
	   "the loader handed over broken boot information; report it to the loader")
ERROR_CODE(BOOT_PARAMS, 19, "boot-params",
	   "boot_params that Linux could read", "%S in it that is not: %F",
	   "the loader handed over broken boot_params; report it to the loader")
ERROR_CODE(SETUP_DATA, 190, "setup-data",
	   "at most %E nodes of setup_data, with their data in them", "%S at %F",
	   "use another loader or another entry (lull extract linux FILE has the kernel for it); report a list that loops to the loader")
ERROR_CODE(PAYLOAD_EMPTY, 20, "payload-empty",
	   "a UKI, a bzImage or an ELF kernel as %S", "a file of no bytes",
	   "check the path and the size of the kernel that the loader was given")
ERROR_CODE(PAYLOAD_UNKNOWN, 21, "payload-unknown",
	   "a UKI, a bzImage or an ELF kernel as %S", "a file that begins with the bytes %F",
	   "pass a kernel that build/lull inspect can name")
ERROR_CODE(PAYLOAD_COMPRESSED, 22, "payload-compressed",
	   "an ELF kernel in %S data, or a UKI or a bzImage", "data that unpacks to something that begins with the bytes %F",
	   "pass a kernel that build/lull inspect can name; if this is the initrd, pass the kernel before it")
ERROR_CODE(PAYLOAD_ARCHIVE, 23, "payload-archive",
	   "a kernel as %S", "a cpio archive, as initrds are",
	   "pass the kernel as module 0 and the initrd as module 1, or both in one UKI")
ERROR_CODE(UKI_PROFILE, 59, "uki-profile",
	   "a profile of a UKI that has %E of them, counted from 0", "number %F",
	   "choose another by lull.profile=; ukify inspect lists them")
ERROR_CODE(PAYLOAD_NESTED, 24, "payload-nested",
	   "a bzImage or an ELF kernel in .linux", "another UKI",
	   "build the UKI from the kernel itself")
ERROR_CODE(INITRD_TWICE, 25, "initrd-twice",
	   "one initrd", "one in the UKI and one as a module of %F bytes",
	   "leave out the module, or build the UKI without an initrd")
ERROR_CODE(INITRD_EMPTY, 26, "initrd-empty",
	   "an initrd, or what else the kernel takes, in %S", "a file of no bytes",
	   "check the path and the size of that file, or leave it out")
ERROR_CODE(INITRD_KERNEL, 27, "initrd-kernel",
	   "an initrd as %S", "%F bytes of a kernel image",
	   "pass the initrd there; the kernel is module 0, unless lull.elf has one embedded")
ERROR_CODE(PE_TRUNCATED, 30, "pe-truncated",
	   "the %S of the PE file (a UKI or a bzImage) to end at byte %E", "a file of %F bytes",
	   "the file was cut short: copy or build it again")
ERROR_CODE(PE_FIELD, 31, "pe-field",
	   "a 64-bit x86 PE file with %S %E", "%F",
	   "build the UKI for x86-64 with ukify, objcopy or lull pack")
ERROR_CODE(PE_SECTION_COUNT, 32, "pe-section-count",
	   "at most %E sections in a UKI", "%F sections",
	   "build the UKI with fewer sections")
ERROR_CODE(PE_SECTION_END, 33, "pe-section-end",
	   "section %S to lie inside the %E bytes of the PE file", "it ends at byte %F",
	   "the file was cut short or is broken: copy or build it again")
ERROR_CODE(PE_SECTION_OVERLAP, 34, "pe-section-overlap",
	   "sections of a UKI that do not overlap", "section %S and another one share byte %F",
	   "the file is broken: build the UKI again")
ERROR_CODE(PE_SECTION_TWICE, 35, "pe-section-twice",
	   "one section %S in a UKI", "a second one, the section with index %F",
	   "build a UKI with one kernel; profiles with sections of their own are not read")
ERROR_CODE(UKI_NO_LINUX, 36, "uki-no-linux",
	   "a section .linux that holds the kernel", "%S",
	   "build the UKI with a kernel")
ERROR_CODE(LINUX_TRUNCATED, 40, "linux-truncated",
	   "the %S of the bzImage to end at byte %E", "a file of %F bytes",
	   "the kernel was cut short: copy it again")
ERROR_CODE(LINUX_FIELD, 41, "linux-field",
	   "%S in the setup header of the bzImage", "%F",
	   "the kernel is broken, or no bzImage: copy it again")
ERROR_CODE(LINUX_PROTOCOL, 42, "linux-protocol",
	   "a bzImage with boot protocol 2.%E or later (Linux 3.8)", "boot protocol 2.%F",
	   "use a newer kernel; this one has no 64-bit entry")
ERROR_CODE(LINUX_ENTRY, 43, "linux-entry",
	   "a bzImage with a 64-bit entry point (xloadflags bit 0)", "xloadflags %F",
	   "use a 64-bit kernel; 32-bit ones cannot be started")
ERROR_CODE(ELF_TRUNCATED, 46, "elf-truncated",
	   "the %S of the ELF kernel to end at byte %E", "a file of %F bytes",
	   "the kernel was cut short: copy it again")
ERROR_CODE(ELF_KIND, 47, "elf-kind",
	   "an x86 ELF executable, with %S %E", "%F",
	   "pass an executable kernel for x86, not an object, a library or another machine's kernel")
ERROR_CODE(ELF_SEGMENT_COUNT, 48, "elf-segment-count",
	   "at most %E %S in an ELF kernel", "more: index %F is one too many",
	   "link the kernel with fewer program headers")
ERROR_CODE(ELF_SEGMENT_END, 49, "elf-segment-end",
	   "the segments of an ELF kernel to lie inside its %E bytes", "one that ends at byte %F",
	   "the kernel was cut short or is broken: copy it again")
ERROR_CODE(ELF_SEGMENT_SIZE, 50, "elf-segment-size",
	   "a segment with no more bytes in the file than its %E in memory", "%F bytes in the file",
	   "the kernel is broken: build it again")
ERROR_CODE(ELF_SEGMENT_WRAP, 51, "elf-segment-wrap",
	   "segments of an ELF kernel that end below 2^64", "%E bytes at address %F",
	   "the kernel is broken: build it again")
ERROR_CODE(ELF_SEGMENT_OVERLAP, 52, "elf-segment-overlap",
	   "segments of an ELF kernel with memory of their own", "two that share address %F",
	   "the kernel is broken: check the physical addresses in its link script")
ERROR_CODE(ELF_NO_SEGMENT, 53, "elf-no-segment",
	   "an ELF kernel with a segment to load", "none",
	   "pass a linked kernel")
ERROR_CODE(ELF_NOTE, 54, "elf-note",
	   "ELF notes that lie inside their %E bytes", "one that ends at byte %F of them",
	   "the kernel is broken: build it again")
ERROR_CODE(ELF_NOTE_SIZE, 55, "elf-note-size",
	   "1, 2, 4 or 8 bytes in the Xen note %S", "%F bytes",
	   "fix the kernel's note: elfnote.h says what it holds")
ERROR_CODE(ELF_ENTRY, 56, "elf-entry",
	   "a PVH entry point inside a segment of the kernel", "address %F",
	   "fix the kernel's PHYS32_ENTRY note: it holds a physical address")
ERROR_CODE(ELF_PV_ONLY, 57, "elf-pv-only",
	   "a kernel with a PVH entry (Xen note PHYS32_ENTRY)", "one that only starts as a Xen PV guest",
	   "start it with type=\"pv\", or use a kernel built with PVH")
ERROR_CODE(ELF_NO_PVH, 58, "elf-no-pvh",
	   "a kernel with a PVH entry (Xen note PHYS32_ENTRY)", "an ELF file with %F Xen notes and not that one",
	   "build the kernel with PVH (Linux: CONFIG_PVH=y), or pass its bzImage; a file without any note may be no kernel")
ERROR_CODE(ELF_PVH_ONLY, 28, "elf-pvh-only",
	   "a kernel that starts as a Xen PV guest (Xen note ENTRY)", "one that only has a PVH entry",
	   "start it with type=\"pvh\", or use a kernel built with Xen PV support")
ERROR_CODE(ELF_NO_PV, 29, "elf-no-pv",
	   "a kernel that starts as a Xen PV guest (Xen notes LOADER and XEN_VERSION)", "an ELF file with %F Xen notes and not these",
	   "build the kernel with Xen PV support (Linux: CONFIG_XEN_PV=y), or start it with type=\"pvh\"")
ERROR_CODE(ELF_PV_32, 37, "elf-pv-32",
	   "a %E-bit Xen PV kernel", "a %F-bit one",
	   "use a 64-bit kernel, or start this one by itself: a guest cannot change its own width")
ERROR_CODE(ELF_PV_NOTE, 38, "elf-pv-note",
	   "a value that a loader can follow in the Xen note %S", "%F",
	   "fix the kernel's notes: elfnote.h says what they hold")
ERROR_CODE(ELF_PV_FEATURE, 39, "elf-pv-feature",
	   "a kernel that requires no feature but those of a Xen PV guest", "%S (%F)",
	   "start the kernel with type=\"pvh\" if it can, or under a Xen that has this feature")
ERROR_CODE(ELF_PV_DOM0, 44, "elf-pv-dom0",
	   "a kernel that can be Xen's control domain (feature dom0)", "one whose notes rule that out",
	   "use a kernel built with dom0 support, such as Debian's linux-image-amd64")
ERROR_CODE(MODULES_SECTION, 45, "modules-section",
	   "a section .modules as lull pack makes it", "%S (%F)",
	   "the image was damaged, or made by something else: pack it again")
/* Multiboot kernels. */
ERROR_CODE(MULTIBOOT_NONE, 170, "multiboot-none",
	   "a %S header in the first %E bytes of the kernel", "none in its %F bytes",
	   "leave lull.proto=multiboot1 or multiboot2 out, or pass a kernel with such a header")
ERROR_CODE(MULTIBOOT_FLAG, 171, "multiboot-flag",
	   "a multiboot1 header that requires no more than the flags %E", "the flags %F, which are not known",
	   "use a kernel for Multiboot 0.6.96, or its multiboot2 header")
ERROR_CODE(MULTIBOOT_HEADER_TAG, 172, "multiboot-header-tag",
	   "multiboot2 header tags that are complete and inside their header", "one of type %F that says its size is %E",
	   "the kernel is broken: build it again")
ERROR_CODE(MULTIBOOT_UNKNOWN, 173, "multiboot-unknown",
	   "a multiboot2 header whose tags are of the types 0 to %E, or optional", "one of type %F that is required",
	   "use a kernel for Multiboot2 2.0, or its multiboot1 header")
ERROR_CODE(MULTIBOOT_REQUEST, 174, "multiboot-request",
	   "a multiboot2 header that requires information of the types 0 to %E", "one that requires type %F",
	   "use a kernel for Multiboot2 2.0, or its multiboot1 header")
ERROR_CODE(MULTIBOOT_FRAMEBUFFER, 175, "multiboot-framebuffer",
	   "a multiboot2 header that can do without a framebuffer", "one that requires it",
	   "build the kernel with the framebuffer tag optional: lull sets no video mode")
ERROR_CODE(MULTIBOOT_EFI_ONLY, 176, "multiboot-efi-only",
	   "a multiboot2 header with an entry address (tag 3)", "one with an entry for EFI firmware alone",
	   "build the kernel with an entry address, or start it by a loader on EFI firmware")
ERROR_CODE(MULTIBOOT_ADDRESS, 177, "multiboot-address",
	   "addresses in the multiboot header by which the file can be loaded", "%S (%F)",
	   "the kernel is broken: check the addresses in its header")
ERROR_CODE(MULTIBOOT_ENTRY, 178, "multiboot-entry",
	   "a multiboot kernel that is entered inside what is loaded of it", "address %F",
	   "fix the kernel's entry address")
/* Placement and hand-over. */
ERROR_CODE(CMDLINE_KERNEL, 60, "cmdline-kernel",
	   "a command line of at most %E bytes, which is what %S takes", "%F bytes",
	   "shorten the command line")
ERROR_CODE(CMDLINE_BUFFER, 61, "cmdline-buffer",
	   "a command line of at most %E bytes, which is what lull takes", "%F bytes",
	   "shorten the command line")
ERROR_CODE(CMDLINE_PROTO, 67, "cmdline-proto",
	   "lull.proto=linux64, vmlinux, pvh, multiboot1 or multiboot2", "another value, of %F characters",
	   "correct the word lull.proto on the command line, or leave it out")
ERROR_CODE(PLACE_SEGMENT_RAM, 62, "place-segment-ram",
	   "RAM where the ELF kernel is linked, %E bytes of it", "address %F, which is not all RAM",
	   "give the guest more memory, link the kernel at another address, or have a Linux moved (lull.kaslr=on)")
ERROR_CODE(PLACE_KERNEL, 63, "place-kernel",
	   "%E KiB of RAM in one block for the kernel", "at most %F KiB where it can go",
	   "give the guest more memory")
ERROR_CODE(PLACE_INITRD, 64, "place-initrd",
	   "%E KiB of free memory in one block for the initrd", "at most %F KiB beside the kernel",
	   "give the guest more memory, or use a smaller initrd")
ERROR_CODE(PLACE_HANDOVER, 65, "place-handover",
	   "%E KiB of free memory for what the kernel is told", "at most %F KiB in one block",
	   "give the guest more memory")
ERROR_CODE(PLACE_ASIDE, 66, "place-aside",
	   "%E KiB of free memory to lay the kernel aside, because its segments cover its own file",
	   "at most %F KiB in one block",
	   "give the guest more memory, or a loader that puts the modules elsewhere")
ERROR_CODE(CMDLINE_LINUX_SITES, 69, "cmdline-linux-sites",
	   "lull.linux_sites=off, auto or safe", "another value, of %F bytes",
	   "use one of the three, or leave the word out")
ERROR_CODE(CMDLINE_CHOICE, 76, "cmdline-choice",
	   "lull.cmdline=loader, packed, append or replace", "another value, of %F bytes",
	   "use one of these, or leave the word out")
ERROR_CODE(CMDLINE_TIMEOUT, 74, "cmdline-timeout",
	   "lull.timeout= with at most %E seconds", "another value, of %F bytes",
	   "use a number of seconds, 0 to wait for nobody, or leave the word out")
ERROR_CODE(PLACE_XEN_PV, 68, "place-xen-pv",
	   "%E KiB of memory for the Xen PV kernel, its initrd, page tables and lists", "%F KiB",
	   "give the guest more memory")
ERROR_CODE(CMDLINE_KASLR, 73, "cmdline-kaslr",
	   "lull.kaslr=on or off", "another value, of %F bytes",
	   "use one of the two, or leave the word out")
ERROR_CODE(CMDLINE_PROFILE, 75, "cmdline-profile",
	   "lull.profile= with a number below 1000", "another value, of %F bytes",
	   "use the number of a profile of the UKI, counted from 0, or leave the word out")
/* The engine.  %S is the table, %E the number of the record in it, %A and %L are the address and the length of its site. */
ERROR_CODE(SITE_TABLE, 80, "site-table",
	   "whole records of %E bytes in the table of %S", "%F bytes",
	   "the kernel was linked with a broken table; build it again")
ERROR_CODE(SITE_KIND, 81, "site-kind",
	   "record %E of %S, for the site at %A, to be of a known kind, with zeros in the fields that the kind does not use",
	   "kind %F", "use the lull/site.h that came with this lull")
ERROR_CODE(SITE_FEATURE, 82, "site-feature",
	   "record %E of %S, for the site at %A, to ask for a feature that its kind can ask for", "feature %F",
	   "use the lull/site.h that came with this lull")
ERROR_CODE(SITE_LENGTH, 83, "site-length",
	   "record %E of %S to fit its site at %A", "%F bytes, for a site of %L bytes",
	   "declare the site with the macros of lull/site.h, which check lengths")
ERROR_CODE(SITE_IMAGE, 84, "site-image",
	   "record %E of %S, for the site at %A, to have its replacement in .lull_images, behind the one before it",
	   "one at address %F", "keep the section .lull_images whole when linking, and name all of it in the note IMAGES")
ERROR_CODE(SITE_REACH, 85, "site-reach",
	   "record %E of %S to have its site inside the text, which the note TEXT names", "%L bytes at %A",
	   "put all text with sites into the range that is named as text")
ERROR_CODE(SITE_FORBIDDEN, 86, "site-forbidden",
	   "record %E of %S to keep out of the code that patches, .text.window", "a site at %A",
	   "declare no site in what runs while text is patched")
ERROR_CODE(SITE_OVERLAP, 87, "site-overlap",
	   "record %E of %S, with %L bytes at %A, to share no byte with another site, or to be an outer one around it",
	   "a site at %F that it cuts or repeats",
	   "declare nested sites inside out, and no two sites that share a part")
ERROR_CODE(SITE_BYTES, 88, "site-bytes",
	   "record %E of %S to find at its site the bytes it was made for", "other bytes at address %A",
	   "the text was changed since it was linked, or the table belongs to another build")
ERROR_CODE(SITE_UNCHOSEN, 89, "site-unchosen",
	   "record %E of %S, whose site must be patched, to have a choice for this machine", "none for address %A",
	   "add a choice for this backend or CPU")
ERROR_CODE(SITE_BRANCH, 90, "site-branch",
	   "record %E of %S to branch to where a branch from its site at %A can reach", "a branch to address %F",
	   "link text, images and branch targets within 2 GiB, and begin no choice with a short jump out of it")
ERROR_CODE(SITE_SLOT, 91, "site-slot",
	   "record %E of %S, for the site at %A, to call through a slot in the data, which the note DATA names",
	   "a slot at address %F", "name all the data that holds slots")
ERROR_CODE(SITE_CHOICE, 161, "site-choice",
	   "record %E of %S, a choice, to be one for the site that the records beside it declare",
	   "one for %L bytes at %A", "use the macros of lull/site.h, and keep the section .lull_sites in the order of the objects")
ERROR_CODE(SITE_LOST, 162, "site-lost",
	   "record %E of %S, whose site is patched already, to say what was there before",
	   "an outer site at %A, whose choice replaced all of it",
	   "take no outer choice at boot in a kernel that patches itself again: ask for a feature of its own")
ERROR_CODE(SITE_NEST, 92, "site-nest",
	   "record %E of %S to be one of a few for its site", "too many of them at address %A",
	   "declare at most 64 choices for one site, nested ones included")
ERROR_CODE(SITE_MEMORY, 93, "site-memory",
	   "%E bytes of memory to plan %S in", "%F bytes",
	   "give the patcher the memory that its space functions ask for")
ERROR_CODE(TEXT_WINDOW, 94, "text-window",
	   "a text window of at most %E bytes that does not wrap", "%F bytes",
	   "patch a smaller text")
ERROR_CODE(MASK_UNSUITED, 95, "mask-unsuited",
	   "a CPU in the mode that the mask of %S works in", "mode %F, where it masks nothing",
	   "a bug of lull: report how this guest was started")
ERROR_CODE(MASK_EFFECT, 96, "mask-effect",
	   "the mask of %S to read %E", "%F",
	   "the hypervisor does not do what it documents: report which one it is")
ERROR_CODE(PROOF_HELD, 97, "proof-held",
	   "%E event held while masked by %S", "%F held, or one that arrived inside",
	   "the mask does not mask here: report which hypervisor this is")
ERROR_CODE(PROOF_DELIVERED, 98, "proof-delivered",
	   "%E event delivered after %S unmasked", "%F",
	   "events are lost or doubled here: report which hypervisor this is")
ERROR_CODE(SELF_TEST, 99, "self-test",
	   "the self-test site to return %E", "%F",
	   "the shim's own sites were not patched: a bug of lull, report it")
/* The machine. */
ERROR_CODE(NO_LONG_MODE, 100, "no-long-mode",
	   "a CPU with long mode and the NX bit", "one without",
	   "give the guest a 64-bit CPU")
ERROR_CODE(EXCEPTION, 101, "exception",
	   "no exception inside the shim", "%S at address %E, with %F",
	   "a bug of lull, or broken memory: report this block and the image that made it")
ERROR_CODE(INTERRUPT, 102, "interrupt",
	   "no interrupt inside the shim", "vector %F at address %E",
	   "a bug of lull: report this block and the machine that made it")
ERROR_CODE(CHECK, 103, "check",
	   "%S", "it does not hold (line %F)",
	   "a bug of lull: report this block and the image that made it")
ERROR_CODE(HYPERCALL, 104, "hypercall",
	   "the hypercall %S to work", "its error code is -%F",
	   "the hypervisor refuses what every version of it grants; look at its log")
ERROR_CODE(REACH, 105, "reach",
	   "memory that a page table of the shim can reach", "address %F",
	   "give the guest less memory, or a loader that puts modules lower")
ERROR_CODE(NO_APIC, 106, "no-apic",
	   "a local APIC below 4 GiB, enabled by the firmware", "none",
	   "give the guest a local APIC: without it the mask cannot be proved")
/* The engine in a running kernel. */
ERROR_CODE(RENDEZVOUS, 160, "rendezvous",
	   "%E other CPUs parked while code is patched", "%F",
	   "count only CPUs that run, and let none keep its interrupts off for long")
/* The host command's own: what `lull timeline` reads beside logs. */
ERROR_CODE(TIMES_LINE, 260, "times-line",
	   "a number of seconds as each line of the times of a log", "something else in line %F",
	   "remove the .times file, or write one number for each line of the log")
ERROR_CODE(LIST_LINE, 261, "list-line",
	   "a list of boots that has [NAME] first, and then KEY = VALUE in each line", "something else in line %F",
	   "write the list as lull(1) has it under lull timeline")
ERROR_CODE(LIST_KEY, 262, "list-key",
	   "a key that a list of boots knows", "another in line %F",
	   "write the list as lull(1) has it under lull timeline")
ERROR_CODE(LIST_VALUE, 263, "list-value",
	   "a value that %S can have in a list of boots", "another in line %F",
	   "write the list as lull(1) has it under lull timeline")
/* UEFI.  What firmware returns is an EFI_STATUS, whose top bit says that it is an error. */
ERROR_CODE(EFI_SERVICE, 180, "efi-service",
	   "%S to work", "status %F of the firmware",
	   "look the status up in the UEFI specification, appendix D; status ...0e is that of a part that is not there")
ERROR_CODE(EFI_LOAD_OPTIONS, 181, "efi-load-options",
	   "load options that are a line of UTF-16 text", "%S at offset %F",
	   "correct the optional data of the boot entry, or pack a command line with lull pack -c")
ERROR_CODE(EFI_CMDLINE_UTF8, 182, "efi-cmdline-utf8",
	   "a command line in UTF-8, as UEFI can pass it on", "a byte at offset %F that is not",
	   "write the command line in UTF-8")
ERROR_CODE(EFI_RETURNED, 184, "efi-returned",
	   "a kernel that boots", "one that came back with status %F",
	   "read what the kernel's EFI stub says above")
ERROR_CODE(EFI_MEMORY_MAP, 185, "efi-memory-map",
	   "descriptors of at least %E bytes in the firmware's memory map, none of which wraps", "%F",
	   "the firmware's memory map is broken; report it to whoever makes it")
ERROR_CODE(EFI_PLACE, 186, "efi-place",
	   "free memory from %E on, where lull.elf runs", "status %F of the firmware",
	   "use firmware that leaves the memory at 1 MiB alone, or a kernel with an EFI stub, without lull.proto=")
ERROR_CODE(EFI_TABLE, 187, "efi-table",
	   "firmware's system table, which begins with %E", "address %F, where there is none",
	   "the loader handed over broken boot information; report it to the loader")
ERROR_CODE(EFI_BOOT_SERVICES, 188, "efi-boot-services",
	   "firmware whose boot services the multiboot2 loader has left", "a tag of type %F, which says that they run",
	   "report it to the loader: lull.elf does not ask for them")
ERROR_CODE(EFI_PICTURE, 189, "efi-picture",
	   "a whole BMP of 1, 4, 8, 24 or 32 bits a pixel that is not compressed", "%S %F",
	   "save the picture as such a file, and pack it again")
/* Hand-over. */
ERROR_CODE(HANDOVER_REGIONS, 70, "handover-regions",
	   "at most %E memory regions for a PVH kernel", "%F regions",
	   "use firmware or a loader that merges its memory map")
ERROR_CODE(LINUX_CONTROL_DOMAIN, 71, "linux-control-domain",
	   "a kernel entered by PVH as Xen's PVH dom0", "one entered by Linux's boot protocol, which cannot carry Xen's start flags",
	   "leave lull.proto= out, use a kernel with a PVH entry (CONFIG_PVH=y), or start lull as a PVH domU")
ERROR_CODE(LINUX_NO_STARTUP, 72, "linux-no-startup",
	   "a 64-bit Linux whose entry lies in what it loads, for lull.proto=vmlinux", "an entry at %F, or another kernel",
	   "leave lull.proto=vmlinux out")
/* Unpacking the kernel inside a bzImage.  %S is the format. */
ERROR_CODE(UNPACK_FORMAT, 120, "unpack-format",
	   "a kernel compressed by gzip, bzip2, lzma, xz, lzo, lz4 or zstd", "data that begins with the bytes %F",
	   "pack the kernel by one of these (Linux: CONFIG_KERNEL_XZ and its like)")
ERROR_CODE(UNPACK_LIMIT, 121, "unpack-limit",
	   "a kernel that unpacks to at most %E bytes", "one that says it unpacks to %F",
	   "the kernel is broken: copy it again")
ERROR_CODE(UNPACK_BROKEN, 122, "unpack-broken",
	   "%S data that is whole", "data that is broken or cut short; at least %F bytes of it unpack",
	   "the kernel was damaged: copy it again")
ERROR_CODE(UNPACK_SHORT, 123, "unpack-short",
	   "%S data that unpacks to the %E bytes that are noted beside it", "%F bytes",
	   "the kernel was damaged: copy it again")
ERROR_CODE(UNPACK_LONG, 124, "unpack-long",
	   "%S data that unpacks to the %E bytes that are noted beside it", "more bytes than these",
	   "the kernel was damaged: copy it again")
ERROR_CODE(UNPACK_WINDOW, 125, "unpack-window",
	   "%S data with a window of at most %E bytes, as the kernel's build makes it", "one that takes %F bytes",
	   "pack the kernel with a smaller window or dictionary")
ERROR_CODE(UNPACK_HEAP, 126, "unpack-heap",
	   "%E bytes of memory for the library that unpacks %S data, and more", "%F bytes, as its headers asked for",
	   "the kernel was damaged, or packed in several parts: pack it in one")
ERROR_CODE(UNPACK_MEMORY, 127, "unpack-memory",
	   "%E KiB of free memory below 4 GiB, in one block, to unpack the kernel in", "at most %F KiB",
	   "give the guest more memory")
ERROR_CODE(LINUX_NO_PVH, 128, "linux-no-pvh",
	   "a kernel with a PVH entry (Xen note PHYS32_ENTRY) inside the bzImage", "one without",
	   "leave lull.proto=pvh out; in dom0, or to keep it, use a kernel built with CONFIG_PVH=y")
ERROR_CODE(LINUX_NO_PAYLOAD, 129, "linux-no-payload",
	   "a bzImage whose setup header says where its compressed kernel is (payload_length)", "one that names none",
	   "leave lull.proto=pvh out; in dom0 and behind the Xen PV door, use a kernel of Linux's own build")
ERROR_CODE(STORED_FIELD, 138, "stored-field",
	   "%S, in a kernel as lull pack stores it", "%F",
	   "the image was damaged, or made by another lull pack: pack the kernel again")
ERROR_CODE(STORED_CHECKSUM, 139, "stored-checksum",
	   "a stored kernel with the checksum %E", "one whose bytes have %F",
	   "the image was damaged: copy it again, or pack the kernel again")
/* A kernel's notes for lull. */
ERROR_CODE(SITES_NOTE_SIZE, 130, "sites-note-size",
	   "%E bytes in the lull note %S", "%F bytes",
	   "make the kernel's notes with the macro of lull/note.h")
ERROR_CODE(SITES_NOTE_TYPE, 131, "sites-note-type",
	   "a lull note of a type from 1 to %E", "type %F",
	   "the kernel wants a newer lull")
ERROR_CODE(SITES_NOTE_TWICE, 132, "sites-note-twice",
	   "%E lull note %S", "%F",
	   "link the file with the kernel's notes once")
ERROR_CODE(SITES_NOTE_MISSING, 133, "sites-note-missing",
	   "a lull note %S beside the others", "none",
	   "add it: lull/note.h says which must be there")
ERROR_CODE(SITES_NOTE_REACH, 134, "sites-note-reach",
	   "what the lull note %S names to end at %E inside the bytes of one segment", "address %F",
	   "name initialised memory that the link script keeps in one PT_LOAD (not .bss)")
ERROR_CODE(SITES_RECEIPT, 135, "sites-receipt",
	   "%S of the receipt that the lull note names to be %E", "%F",
	   "initialise it with LULL_RECEIPT of lull/receipt.h, and name all of it")
ERROR_CODE(SITES_ROOM, 136, "sites-room",
	   "%E KiB of free memory in one block to plan the kernel's patch sites in", "at most %F KiB",
	   "give the guest more memory")
ERROR_CODE(SITES_NOTE_OVERLAP, 137, "sites-note-overlap",
	   "the receipt outside of the text that is patched", "both at address %F",
	   "give the receipt a place in the kernel's data")
/* Linux's tables.  %S is the section, %E the number of the record in it where it has one. */
ERROR_CODE(LINUX_SECTION_TWICE, 140, "linux-section-twice",
	   "one section %S in the kernel", "a second one, the section with index %F",
	   "the kernel is broken: build it again")
ERROR_CODE(LINUX_SECTION_LOAD, 141, "linux-section-load",
	   "section %S of the kernel to be loaded where its header says", "address %F, which no segment fills so",
	   "the kernel is broken: check its link script")
ERROR_CODE(LINUX_TABLE, 142, "linux-table",
	   "whole records of %E bytes (or of a size of another version) in %S", "%F bytes",
	   "the kernel is broken, or of a version whose tables are not known")
ERROR_CODE(LINUX_RECORD_SIZE, 143, "linux-record-size",
	   "one record size with which the replacements of %S follow one another", "%F sizes",
	   "the kernel is broken: its table means more than one thing")
ERROR_CODE(LINUX_CHAIN, 144, "linux-chain",
	   "record %E of %S to have its replacement behind the one before it, and the last at the end of theirs",
	   "address %F",
	   "the kernel is broken, or of a version whose tables are not known")
ERROR_CODE(LINUX_LENGTH, 145, "linux-length",
	   "record %E of %S to have a site, and a replacement and padding that fit in it", "a site of %F bytes",
	   "the kernel is broken: build it again")
ERROR_CODE(LINUX_FEATURE, 146, "linux-feature",
	   "record %E of %S to ask for a feature that can be, with known flags", "%F",
	   "the kernel is broken, or of a version whose tables are not known")
ERROR_CODE(LINUX_SITE, 147, "linux-site",
	   "record %E of %S to have its site in a section that is executed", "address %F",
	   "the kernel is broken, or of a version whose tables are not known")
ERROR_CODE(LINUX_SHARED, 148, "linux-shared",
	   "record %E of %S to share no byte with other sites, but to follow the records of the same site",
	   "a part of the site at %F",
	   "the kernel is broken: build it again")
ERROR_CODE(LINUX_CALL, 149, "linux-call",
	   "record %E of %S to have as its site a call through a slot, and that alone", "something else at address %F",
	   "the kernel is broken, or of a version whose tables are not known")
ERROR_CODE(LINUX_CALL_TABLE, 150, "linux-call-table",
	   "record %E of %S to call through the table of slots that record 0 calls through", "one at address %F",
	   "the kernel is broken, or of a version whose tables are not known")
ERROR_CODE(LINUX_CALL_IMAGE, 151, "linux-call-image",
	   "record %E of %S to have a call of the function that the others call as its replacement", "address %F",
	   "the kernel is broken, or of a version whose tables are not known")
ERROR_CODE(LINUX_NO_TABLES, 152, "linux-no-tables",
	   "a 64-bit Linux kernel with section headers for its text and its patch tables", "%F of those sections",
	   "use a kernel as Linux's build makes it: bzImage, or vmlinux that is not stripped of section headers")
ERROR_CODE(LINUX_RELOC_LISTS, 153, "linux-reloc-lists",
	   "two or three lists of words of %E bytes behind the kernel, each after a word of 0", "%F bytes before them",
	   "the kernel is broken, or of a version whose relocations are not known: pass lull.kaslr=off to start it where it is linked")
ERROR_CODE(LINUX_RELOC_PLACE, 154, "linux-reloc-place",
	   "a relocation's %E bytes to lie in what one segment loads", "address %F",
	   "the kernel is broken: build it again, or pass lull.kaslr=off to start it where it is linked")
ERROR_CODE(LINUX_RELOC_ORDER, 155, "linux-reloc-order",
	   "relocations that ascend in their list and share no byte with another", "one at address %F that does not",
	   "the kernel is broken: build it again, or pass lull.kaslr=off to start it where it is linked")
ERROR_CODE(LINUX_RELOC_VALUE, 156, "linux-reloc-value",
	   "an address of the kernel in the %E bytes that a relocation changes, as its list has them", "%F",
	   "the kernel is broken: build it again, or pass lull.kaslr=off to start it where it is linked")
/* Disks, what is on them, and entries. */
ERROR_CODE(DISK_END, 200, "disk-end",
	   "reads inside the %E bytes of %S", "one that begins or ends outside, at byte %F",
	   "the disk is smaller than what is written on it says: copy or grow it again")
ERROR_CODE(DISK_READ, 201, "disk-read",
	   "bytes at %E of %S", "error %F of whoever has it",
	   "check the disk and what provides it")
ERROR_CODE(GPT_FIELD, 202, "gpt-field",
	   "%S, in the disk's GPT", "%F",
	   "look at the disk with a partition editor, which can write the table again from its other copy")
ERROR_CODE(GPT_CHECKSUM, 203, "gpt-checksum",
	   "%S of the disk's GPT with the checksum %E", "bytes that have %F",
	   "look at the disk with a partition editor, which can write the table again from its other copy")
ERROR_CODE(MBR_CHAIN, 204, "mbr-chain",
	   "%S of the chain of logical partitions", "none, at sector %F",
	   "look at the disk with a partition editor: the partitions behind that are not found")
ERROR_CODE(FS_UNKNOWN, 205, "fs-unknown",
	   "a file system on %S that lull reads", "none",
	   "keep the kernel on ext2, ext3, ext4, XFS, btrfs, FAT or ISO 9660")
ERROR_CODE(FS_FIELD, 206, "fs-field",
	   "%S", "%F",
	   "check the file system, with fsck from another system")
ERROR_CODE(FS_CHECKSUM, 207, "fs-checksum",
	   "%S with the checksum %E", "bytes that have %F",
	   "check the file system, with fsck from another system")
ERROR_CODE(FS_FEATURE, 208, "fs-feature",
	   "a file system of the kind %S with features that lull knows", "feature bits %F",
	   "keep the kernel on a file system without these")
ERROR_CODE(FS_END, 209, "fs-end",
	   "reads inside the %E bytes of a file", "one that begins or ends outside, at byte %F",
	   "a bug of lull: report the file that was read")
ERROR_CODE(FS_NO_FILE, 210, "fs-no-file",
	   "a file %S", "none",
	   "correct the path in the boot loader's configuration, or install the kernel again")
ERROR_CODE(FS_NO_DIRECTORY, 211, "fs-no-directory",
	   "directories on the way to %S", "something else",
	   "correct the path in the boot loader's configuration")
ERROR_CODE(FS_NO_CONTENT, 212, "fs-no-content",
	   "a file with content", "a directory or a device",
	   "correct the path in the boot loader's configuration")
ERROR_CODE(FS_LINKS, 213, "fs-links",
	   "at most %E symbolic links on the way to %S", "more",
	   "look for links that lead to each other")
ERROR_CODE(FS_PATH, 214, "fs-path",
	   "a path of at most %E bytes and 64 directories", "a longer one",
	   "shorten the path in the boot loader's configuration, or what its links say")
ERROR_CODE(FS_DEVICE, 215, "fs-device",
	   "byte %E of a btrfs on the device that has its kernel", "it on the file system's device %F",
	   "keep the kernel on a file system of one device, or all that is there as RAID1: each device is read by itself")
ERROR_CODE(ENTRY_EMPTY, 221, "entry-empty",
	   "bytes in %S", "an empty file",
	   "let the system that has the disk mount it once, which completes what was written last; or install the kernel again")
ERROR_CODE(ENTRY_CONFIG, 222, "entry-config",
	   "at most %E bytes in %S", "%F bytes",
	   "shorten the boot loader's configuration")
ERROR_CODE(ENTRY_KERNEL, 223, "entry-kernel",
	   "a line in %S that names a kernel", "none",
	   "add a line \"linux\" to the entry, or remove its file")
ERROR_CODE(ENTRY_LONG, 228, "entry-long",
	   "at most %E initrds of an entry, and %F words and 4096 bytes in a line of GRUB's, in %S", "more",
	   "put several initrds into one file, or shorten the line")
ERROR_CODE(GRUB_COMMAND, 224, "grub-command",
	   "commands that lull knows, in GRUB's configuration", "the command %S, which is passed over",
	   "look whether the entries are right with lull entries; without the command they need nothing")
ERROR_CODE(GRUB_NESTED, 225, "grub-nested",
	   "at most %E files, or blocks, one in the other, and no file in itself, up to %S", "more, or that",
	   "look for a configuration that reads itself")
ERROR_CODE(EXTLINUX_INCLUDE, 231, "extlinux-include",
	   "at most %E files of a configuration of syslinux, and %F one in the other, up to %S", "more, or one that includes itself",
	   "look for a configuration that reads itself")
ERROR_CODE(EXTLINUX_LABEL, 232, "extlinux-label",
	   "labels that start Linux, in a configuration of syslinux", "label %S, which is the default or leads to other labels, and starts something else",
	   "look whether the entries are right with lull entries, and name one with lull.entry=")
ERROR_CODE(GRUB_DEVICE, 229, "grub-device",
	   "the kernel and the initrds of an entry on one file system that lull reads", "the device %S, which is another one, or none",
	   "keep both on one partition, without LVM, RAID and encryption; or correct the device in the entry")
ERROR_CODE(GRUB_COSTS, 230, "grub-costs",
	   "at most %E %S in a configuration of GRUB", "more, and what stands behind them is not read",
	   "look for a configuration that reads itself, or shorten it")
ERROR_CODE(ADDON_UKI, 216, "addon-uki",
	   "an add-on, which has no kernel", "a section .linux of %F bytes",
	   "put UKIs into EFI/Linux, and build add-ons with ukify from an addon stub")
ERROR_CODE(ADDON_UNAME, 217, "addon-uname",
	   "an add-on for the kernel that the UKI has, by its section .uname", "one for a kernel of another release",
	   "build the add-on for this kernel, or without .uname, or put it beside the UKI that it is for")
ERROR_CODE(ADDON_EMPTY, 218, "addon-empty",
	   "an add-on with a section .cmdline, .initrd or .ucode", "none of them that has bytes",
	   "lull uses no other sections of add-ons")
ERROR_CODE(ADDON_COUNT, 219, "addon-count",
	   "at most %E add-ons of a UKI", "one more",
	   "put several into one: those whose names come last are left out")
/* Xen's disks.  %S is the disk, or the node in xenstore. */
ERROR_CODE(XENSTORE_RING, 240, "xenstore-ring",
	   "at most %E bytes in xenstore's ring", "indexes that are %F apart",
	   "look at xenstored on the host, and at what ran in this guest before")
ERROR_CODE(XENSTORE_REPLY, 241, "xenstore-reply",
	   "an answer of xenstore with the %S %E, or at most that", "%F",
	   "look at xenstored on the host")
ERROR_CODE(XENSTORE_SILENT, 242, "xenstore-silent",
	   "an answer of xenstore within %E seconds", "none",
	   "look whether xenstored runs on the host")
ERROR_CODE(XENSTORE_NODE, 243, "xenstore-node",
	   "a node %S in xenstore", "error %F of xenstored",
	   "look at the device with xenstore-ls on the host")
ERROR_CODE(XENSTORE_VALUE, 244, "xenstore-value",
	   "a value in xenstore's node %S of at most %E", "%F, or something else",
	   "look at the device with xenstore-ls on the host")
ERROR_CODE(BLK_BACKEND, 245, "blk-backend",
	   "the backend of disk %S to come to state %E", "it in state %F",
	   "look at the disk's backend on the host: xl block-list, /var/log/xen")
ERROR_CODE(BLK_ANSWERS, 246, "blk-answers",
	   "answers of disk %S to at most %E requests", "%F answers",
	   "the disk's backend is broken, or hostile")
ERROR_CODE(BLK_ANSWER_ID, 247, "blk-answer-id",
	   "answers of disk %S to what it was asked, each once", "one for number %F",
	   "the disk's backend is broken, or hostile")
ERROR_CODE(BLK_SILENT, 248, "blk-silent",
	   "an answer of disk %S within %E seconds", "none to %F requests",
	   "look at the disk's backend on the host")
ERROR_CODE(BLK_LENT, 249, "blk-lent",
	   "pages back that were lent to the backend of disk %S", "%F that it has not given back",
	   "the disk's backend is broken, or hostile: this memory is not safe to use")
ERROR_CODE(XEN_GRANT_USED, 250, "xen-grant-used",
	   "a grant table without entries in use from %E on", "entry %F in use",
	   "whatever ran in this guest before has to end its grants")
ERROR_CODE(XEN_GRANT_ROOM, 251, "xen-grant-room",
	   "addresses below 4 GiB outside of the memory map for %E pages of the grant table", "none",
	   "give the guest less memory below 4 GiB")
ERROR_CODE(XEN_GRANT_FRAME, 227, "xen-grant-frame",
	   "machine frames up to %E for pages that are lent to a disk's backend", "frame %F",
	   "start the guest on a host with less memory, or pass its kernel as ramdisk=")
/* Booting from a disk.  %S is the file. */
ERROR_CODE(BOOT_ENTRY_NONE, 252, "no-boot-entry",
	   "on one of %E disks something to start: EFI/Linux/*.efi, loader/entries/*.conf, grub.cfg, extlinux.conf, /boot/vmlinuz-*",
	   "nothing that can be read; what was looked at follows",
	   "install a kernel on the guest's disk, name the disk with lull.disk=, or pass a kernel as ramdisk=/-initrd/module2")
ERROR_CODE(BOOT_FILE, 253, "boot-file",
	   "a file %S of 1 to %E bytes", "%F bytes",
	   "install the kernel again")
ERROR_CODE(BOOT_ENTRY_NAME, 259, "boot-entry-name",
	   "lull.entry= with the number of one of %E entries, or a pattern that an id is like", "none; the entries stand above",
	   "name one of them, or leave the word out")
ERROR_CODE(BOOT_LISTED, 226, "boot-listed",
	   "to list the entries and start none, as lull.list asks", "%F entries, which stand above",
	   "leave lull.list out; lull.entry= chooses one")
ERROR_CODE(DISK_MEMORY, 254, "disk-memory",
	   "%E KiB of free memory below 4 GiB, in one block, for what is read from disks", "at most %F KiB",
	   "give the guest more memory")
/* virtio's disks. */
ERROR_CODE(VIRTIO_REGISTERS, 233, "virtio-registers",
	   "registers of disk %S in memory that lull reaches, below %E, or legacy ones in ports",
	   "them at address %F; 0 is none that lull knows",
	   "give the guest fewer address bits (QEMU: -cpu phys-bits=46), or the disk legacy registers (disable-legacy=off)")
ERROR_CODE(VIRTIO_SETUP, 255, "virtio-setup",
	   "a virtio disk with %S", "%F",
	   "give the guest another kind of disk, or another version of whoever emulates it")
ERROR_CODE(VIRTIO_ANSWER, 256, "virtio-answer",
	   "answers of disk %S to what it was asked, each once", "one for number %F",
	   "whoever emulates the disk is broken, or hostile")
ERROR_CODE(VIRTIO_SILENT, 257, "virtio-silent",
	   "an answer of disk %S within %E seconds", "none to %F requests",
	   "look at whoever emulates the disk")
ERROR_CODE(VIRTIO_RESET, 258, "virtio-reset",
	   "disk %S to come to status %E when it is reset", "status %F",
	   "whoever emulates the disk is broken: this memory is not safe to use")
