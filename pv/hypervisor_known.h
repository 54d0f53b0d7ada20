/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisors that lull knows, each with its backend; included once for each use, as
 * KNOWN_HYPERVISOR(NAME, file, FEATURE, "backend", "signature", least): HYPERVISOR_NAME, platform_file of
 * platform.h, LULL_FEATURE_BACKEND_FEATURE of lull/site.h, what the first status line calls it, the signature of its CPUID
 * leaves, and the number of the leaf that must be there.
 *
 * In the order of preference, whatever the order of the leaves: the first that is there is used.
 *
 * Hyper-V comes last because its interface is the one that others imitate, for the sake of Windows: where another's
 * stands beside it, the other one is the hypervisor, and its own interface is the complete one.  Xen comes before KVM
 * because KVM can play Xen (QEMU's xen-version): whoever shows Xen's leaves answers its hypercalls, which give
 * consoles, a memory map and a crash report where KVM's own interface gives none.  VMware has no part in that.
 *
 * Linux takes the interface with the highest base (arch/x86/kernel/cpu/hypervisor.c).  That is the same one, except where KVM
 * plays Xen.
 *
 * Of the leaves, Xen's 2 has the hypercalls (Linux asks for it as well), Hyper-V's 5 is the last that its specification
 * demands (TLFS, "Hypervisor CPUID Leaf Range").
 *
 * A Xen PV guest and a PC without hypervisor have no line: their platforms look for themselves.
 */
KNOWN_HYPERVISOR(XEN, xen_hvm, XEN_HVM, "xen-hvm", "XenVMMXenVMM", 2)
KNOWN_HYPERVISOR(KVM, kvm, KVM, "kvm", "KVMKVMKVM\0\0", 0)
KNOWN_HYPERVISOR(VMWARE, vmware, VMWARE, "vmware", "VMwareVMware", 0)
KNOWN_HYPERVISOR(HYPERV, hyperv, HYPERV, "hyperv", "Microsoft Hv", 5)
