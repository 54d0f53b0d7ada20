// SPDX-License-Identifier: GPL-2.0-or-later
// lull's four lines in words.  lull-boot(7) is where they come from; the suite `page` asks that each of its fields is here.
"use strict";

/** Nanoseconds with three digits that count, and their unit. */
function duration(ns) {
  const units = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]];
  const [unit, size] = units.filter(([, at]) => ns >= at).pop() || units[0];
  const value = ns / size;
  return `${value >= 100 || unit === "ns" ? Math.round(value) : value.toPrecision(3)} ${unit}`;
}

/** A whole number in groups of three. */
const grouped = value => String(value).replace(/\B(?=(\d{3})+$)/g, " ");
const plural = (count, one, many) => `${grouped(count)} ${Number(count) === 1 ? one : many || one + "s"}`;
const isNumber = value => /^\d+$/.test(value);
const ticked = ticks => plural(ticks, "tick");
const NO_FREQUENCY = "Nobody states how fast the time stamp counter runs here, so that it is known in ticks only.";
const from = table => value => table[value] || "A word that this page does not know.";

const DOORS = {
  pvh: "It was entered by the ELF note PHYS32_ENTRY: xl with type=\"pvh\", Xen with dom0=pvh, QEMU's -kernel.",
  pv: "It was entered as a 64-bit Xen PV kernel: xl with type=\"pv\" or pvshim=1, or as Xen's PV dom0.",
  multiboot1: "It was loaded by the multiboot protocol, as lull-mb1.elf.",
  multiboot2: "GRUB's multiboot2 command loaded it.",
  linux: "It was loaded as a Linux kernel, lull.bzimage.",
  uefi: "UEFI firmware started it, as lull.efi.",
};
const BACKENDS = {
  native: "No hypervisor that it knows; events are masked by the CPU's own interrupt flag.",
  "xen-hvm": "Xen, with a machine of its own (PVH or HVM); events are masked by the CPU's interrupt flag.",
  "xen-pv": "Xen PV; events are masked by the byte evtchn_upcall_mask, where the CPU's flag masks nothing.",
  kvm: "KVM; events are masked by the CPU's interrupt flag.",
  hyperv: "Hyper-V; events are masked by the CPU's interrupt flag.",
  vmware: "VMware; events are masked by the CPU's interrupt flag.",
};
const LEFT = {
  none: "No patch site of Linux was left for a reason: there were none, or all were taken.",
  off: "Linux's sites were left alone, because lull.linux_sites=off said so.",
  cpus: "Linux's lock prefixes stay, because a second CPU can come.",
  "cpus-unknown": "Linux's lock prefixes stay, because nobody says how many CPUs can come.",
  cmdline: "Linux's own options forbid to patch its sites.",
  "no-tables": "The kernel has no patch tables that lull can read.",
  unsound: "A patch table of the kernel is not sound; a warning names the record.",
  "efi-stub": "The kernel's own EFI stub unpacks it, so that its text is not in lull's hands.",
};
const STEPS = {
  wake: "waking, until hypervisor, consoles and memory map were known",
  self: "patching itself and proving the mask",
  find: "finding and reading the payload",
  unpack: "unpacking",
  move: "moving the kernel to a random place",
  patch: "verifying, planning and patching the kernel's sites",
  place: "placing all parts, and writing what the kernel is told",
};
const PROTOCOLS = {
  efi: "Firmware starts the kernel by its own EFI stub.",
  linux64: "By Linux's 64-bit boot protocol; the bzImage unpacks itself.",
  vmlinux: "At its first instruction after unpacking (startup_64): lull has unpacked it.",
  pvh: "By the ELF note PHYS32_ENTRY of its vmlinux.",
  multiboot1: "As a kernel of the Multiboot Specification, with an information structure and its modules.",
  multiboot2: "As a kernel of the Multiboot2 Specification, with its tags and modules.",
  "xen-pv": "As a Xen PV kernel, with page tables and start_info as xl would have made them.",
};
const KASLR = {
  on: "lull has moved it to a random address; the entry shown is the one that it is linked with.",
  off: "It runs where it is linked.",
  own: "It unpacks itself, and chooses its address by itself.",
};
const KINDS = {
  "linux-bzimage": "A bzImage of Linux.",
  "linux-vmlinux": "A Linux that lull pack took out of its bzImage.",
  "linux-elf64": "A Linux as an ELF file, without a PVH entry.",
  "pvh-elf32": "A 32-bit ELF kernel with a PVH entry.",
  "pvh-elf64": "A 64-bit ELF kernel with a PVH entry.",
  "xen-pv-elf64": "A 64-bit Xen PV kernel.",
  multiboot1: "A kernel with a Multiboot header.",
  multiboot2: "A kernel with a Multiboot2 header.",
};

/** "wake:12,self:34" as { name, from, to }, one behind the other. */
function steps(value) {
  let at = 0;
  return value.split(",").filter(step => /^[a-z]+:\d{1,15}$/.test(step)).map(step => {
    const [name, length] = step.split(":");
    const from = at;
    at += Number(length);
    return { name, from, to: at };
  });
}

const spent = (value, say) =>
  `It was spent on ${steps(value).map(step => `${STEPS[step.name] || step.name} (${say(step.to - step.from)})`).join(", ")}.`;

/** "2/6" in words. */
function part(value, whose, none) {
  const [patched, sites] = value.split("/");
  return sites === "0" ? none : `${grouped(patched)} of ${whose} ${plural(sites, "patch site")} are patched.`;
}

/** For each line, for each of its fields: what a value means. */
const WORDS = {
  door: {
    version: value => `The shim is awake; this is version ${value}.`,
    door: from(DOORS),
    backend: from(BACKENDS),
    cpus: value => `${plural(value, "CPU")} can ever exist here, those not yet plugged in included.`,
  },
  payload: {
    kind: from(KINDS),
    version: value => value === "unknown" ? "It does not say its version." : `Its version is ${value}.`,
    initrd: value => value === "0" ? "There is no initrd." : `The initrd has ${plural(value, "byte")}.`,
    modules: value => `Its modules have ${plural(value, "byte")} together.`,
    cmdline: value => value ? "The kernel gets this command line, byte for byte:" : "The kernel gets an empty command line.",
  },
  receipt: {
    self: value => part(value, "the shim's own", "The shim has no patch sites."),
    payload: value => part(value, "the kernel's", "The kernel names no patch sites."),
    windows: value => `Code was patched in ${plural(value, "masked window")}.`,
    masked_ns: value => isNumber(value) ? `Events were masked for ${duration(Number(value))} in all.` : NO_FREQUENCY,
    masked_ticks: value => `Events were masked for ${plural(value, "tick")} of the time stamp counter in all.`,
    held: value => `${plural(value, "event")} came meanwhile, and did not get in.`,
    delivered: value => `${plural(value, "event")} of these arrived afterwards, as it must be.`,
    text: value => value === "verified" ? "All patched text was read back, and is what was planned." : "A word that this page does not know.",
    shim_ns: value => isNumber(value) ? `From the door to this line lull took ${duration(Number(value))}.` : NO_FREQUENCY,
    shim_ticks: value => `From the door to this line the time stamp counter went ${plural(value, "tick")} on.`,
    steps_ns: value => spent(value, duration),
    steps_ticks: value => spent(value, ticked),
    left: from(LEFT),
  },
  handover: {
    entry: value => `The kernel is entered at the address ${value}.`,
    proto: from(PROTOCOLS),
    kaslr: from(KASLR),
  },
};
