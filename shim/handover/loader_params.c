/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/boot_params.h>
#include <shim/handover/loader_params.h>

#include <string.h>

/*
 * The parts of boot_params that are about the machine (zero-page.rst).  Linux believes the last two only in a page that
 * its loader cleared (arch/x86/include/asm/bootparam_utils.h).
 */
static const struct {
	uint16_t start, end;
	bool cleared_only;
} passed_on[] = {
	{ 0x000, 0x054, false },	/* screen_info, apm_bios_info */
	{ 0x058, 0x070, false },	/* tboot_addr, ist_info */
	{ 0x080, 0x0c0, false },	/* hd0_info, hd1_info, sys_desc_table, olpc_ofw_header */
	{ 0x13c, 0x140, false },	/* cc_blob_address */
	{ 0x1c0, 0x1e4, false },	/* efi_info, alt_mem_k */
	{ 0x1e9, 0x1eb, false },	/* eddbuf_entries, edd_mbr_sig_buf_entries */
	{ 0x1ec, 0x1ed, false },	/* secure_boot */
	{ 0x290, 0x2d0, false },	/* edd_mbr_sig_buffer */
	{ 0xd00, 0xeec, false },	/* eddbuf */
	{ 0x140, 0x1c0, true },		/* edid_info */
	{ 0x1eb, 0x1ec, true },		/* kbd_status */
};

static uint64_t aligned(uint64_t size) { return (size + 7) & ~UINT64_C(7); }

uint64_t loader_params_size(const struct boot_info *info)
{
	uint64_t size = aligned(info->linux_boot.efi_map.size);

	for (uint32_t i = 0; i < info->linux_boot.data_count; i++)
		size += aligned(info->linux_boot.data[i].size);
	return size;
}

/* More regions are in the memory map already, which is told on as one. */
static bool is_told(struct span node) { return span_u32(node, 8) != SETUP_DATA_E820_EXT; }

static uint64_t put_setup_data(uint8_t *page, uint64_t at, const struct linux_boot *loader)
{
	uint8_t *link = page + BOOT_PARAMS_SETUP_DATA;

	for (uint32_t i = 0; i < loader->data_count; i++) {
		struct span node = loader->data[i];

		if (!is_told(node))
			continue;
		memcpy((void *)at, node.at, node.size);
		memcpy(link, &at, sizeof(at));
		link = (uint8_t *)at;
		memset(link, 0, sizeof(at));
		at += aligned(node.size);
	}
	return at;
}

void loader_params_put(uint8_t *page, uint64_t at, const struct boot_info *info)
{
	const struct linux_boot *loader = &info->linux_boot;

	if (loader->params.size == 0)
		return;
	bool cleared = span_u8(loader->params, BOOT_PARAMS_SENTINEL) == 0;
	for (unsigned i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		if (cleared || !passed_on[i].cleared_only)
			memcpy(page + passed_on[i].start, loader->params.at + passed_on[i].start,
			       passed_on[i].end - passed_on[i].start);
	at = put_setup_data(page, at, loader);
	if (loader->efi_map.size == 0)
		return;
	uint32_t low = (uint32_t)at, high = (uint32_t)(at >> 32);
	memcpy((void *)at, loader->efi_map.at, loader->efi_map.size);
	memcpy(page + BOOT_PARAMS_EFI_MAP, &low, sizeof(low));
	memcpy(page + BOOT_PARAMS_EFI_MAP_HIGH, &high, sizeof(high));
}
