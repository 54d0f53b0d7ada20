/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include <tools/loaders.h>

/* For people: where the columns begin, and where lines end. */
#define NAME_WIDTH    28
#define VERDICT_WIDTH 20
#define LINE_WIDTH    100

static const struct {
	/* A stable word, and what people call it. */
	const char *id;
	const char *name;
	struct verdict (*judge)(const struct loader_file *file);
} loaders[LOADERS] = {
	[LOADER_QEMU] = { "qemu", "QEMU -kernel", loader_qemu },
	[LOADER_XL_PV] = { "xl-pv", "xl type=\"pv\"", loader_xl_pv },
	[LOADER_XL_PVH] = { "xl-pvh", "xl type=\"pvh\"", loader_xl_pvh },
	[LOADER_DOM0_PV] = { "dom0-pv", "Xen, as its dom0", loader_dom0_pv },
	[LOADER_DOM0_PVH] = { "dom0-pvh", "Xen with dom0=pvh", loader_dom0_pvh },
	[LOADER_FIRECRACKER] = { "firecracker", "Firecracker", loader_firecracker },
	[LOADER_CLOUD_HYPERVISOR] = { "cloud-hypervisor", "Cloud Hypervisor", loader_cloud_hypervisor },
	[LOADER_GRUB_LINUX] = { "grub-linux", "GRUB linux", loader_grub_linux },
	[LOADER_GRUB_MULTIBOOT] = { "grub-multiboot", "GRUB multiboot", loader_grub_multiboot },
	[LOADER_GRUB_MULTIBOOT2] = { "grub-multiboot2", "GRUB multiboot2", loader_grub_multiboot2 },
	[LOADER_GRUB_XEN] = { "grub-xen", "GRUB linux, Xen PV guest", loader_grub_xen },
	[LOADER_UEFI] = { "uefi", "UEFI firmware", loader_uefi },
	[LOADER_SYSTEMD_BOOT] = { "systemd-boot", "systemd-boot", loader_systemd_boot },
	[LOADER_KEXEC_FILE] = { "kexec-file", "kexec -s", loader_kexec_file },
	[LOADER_KEXEC_LOAD] = { "kexec-load", "kexec -c -l", loader_kexec_load },
};

struct verdict loader_verdict(enum loader loader, const struct loader_file *file)
{
	return loaders[loader].judge(file);
}

static void report_machine(struct report *report, enum loader loader, const struct verdict *verdict)
{
	report_row(report);
	report_text(report, "loader", loaders[loader].id);
	report_text(report, "verdict", answer_name(verdict->answer));
	if (verdict->answer == ANSWER_TAKES) {
		report_text(report, "door", verdict->door);
		report_address(report, "entry", verdict->entry);
	}
	if (verdict->why[0] != '\0')
		report_text(report, "why", verdict->why);
	if (verdict->action[0] != '\0')
		report_text(report, "do", verdict->action);
	report_row_end(report);
}

/* Sentences, in lines of LINE_WIDTH from the third column on; the first line is begun already. */
static void print_wrapped(FILE *out, const char *text)
{
	unsigned column = NAME_WIDTH + VERDICT_WIDTH;

	while (*text != '\0') {
		const unsigned size = (unsigned)strcspn(text, " ");

		if (column + 1 + size > LINE_WIDTH) {
			fprintf(out, "\n%*s", NAME_WIDTH + VERDICT_WIDTH, "");
			column = NAME_WIDTH + VERDICT_WIDTH;
		}
		fprintf(out, " %.*s", (int)size, text);
		column += 1 + size;
		text += size;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_row(FILE *out, enum loader loader, const struct verdict *verdict)
{
	char said[64], text[VERDICT_SENTENCES];

	if (verdict->answer == ANSWER_TAKES)
		snprintf(said, sizeof(said), "%s 0x%llx", verdict->door, (unsigned long long)verdict->entry);
	else
		snprintf(said, sizeof(said), "%s", verdict->answer == ANSWER_REFUSES ? "no" : "misreads it");
	verdict_sentences(verdict, text);
	fprintf(out, "  %-*s", NAME_WIDTH - 2, loaders[loader].name);
	if (text[0] == '\0')
		fprintf(out, "%s", said);
	else if (strlen(said) < VERDICT_WIDTH)
		fprintf(out, "%-*s", VERDICT_WIDTH, said);
	else
		fprintf(out, "%s\n%*s", said, NAME_WIDTH + VERDICT_WIDTH, "");
	print_wrapped(out, text);
}

void loaders_report(struct report *report, const struct loader_file *file)
{
	if (file->lacks_memory) {
		report_text(report, "problem", "not enough memory to unpack it");
		return;
	}
	report_list(report, "loaders");
	for (enum loader loader = 0; loader < LOADERS; loader++) {
		const struct verdict verdict = loader_verdict(loader, file);

		if (report->as_json)
			report_machine(report, loader, &verdict);
		else
			print_row(report->json.out, loader, &verdict);
	}
	report->empty = false;
	report_list_end(report);
}
