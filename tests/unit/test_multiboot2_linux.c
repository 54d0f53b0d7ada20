/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The multiboot2 door: what a loader says of firmware and of the screen. */
#include "multiboot2_scene.h"

/* Where firmware's tables are, and what its own list of tables has. */
#define SYSTEM_TABLE 0x200000
#define CONFIG_TABLE 0x300000

static const uint8_t acpi_2[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
static const uint8_t acpi_1[16] = { 0x30, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11, 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };
static uint8_t system_table[120], config_table[1024 * 24];

static void put_config(unsigned index, const uint8_t *guid, uint64_t address)
{
	memcpy(config_table + 24 * index, guid, 16);
	memcpy(config_table + 24 * index + 16, &address, 8);
}

static void make_firmware(uint64_t count)
{
	const uint64_t where = CONFIG_TABLE;

	memset(system_table, 0, sizeof(system_table));
	memset(config_table, 0, sizeof(config_table));
	memcpy(system_table, "IBI SYST", 8);
	memcpy(system_table + 104, &count, 8);
	memcpy(system_table + 112, &where, 8);
}

static struct error read_firmware(void)
{
	memcpy(buffer, &used, 4);
	fake_clear();
	fake_put(INFORMATION, buffer, used);
	fake_put(SYSTEM_TABLE, system_table, sizeof(system_table));
	fake_put(CONFIG_TABLE, config_table, sizeof(config_table));
	memset(&info, 0, sizeof(info));
	memset(&strings, 0x5a, sizeof(strings));
	return multiboot2_read(MULTIBOOT2_MAGIC, INFORMATION, fake_reach, &strings, &info);
}

static void table_tag(uint64_t address)
{
	uint32_t tag = open_tag(12);

	put64(address);
	close_tag(tag);
}

static void efi_map_tag(uint32_t step, unsigned count)
{
	uint32_t tag = open_tag(17);

	put32(step);
	put32(7);
	for (uint32_t i = 0; i < step * count; i++)
		buffer[used++] = (uint8_t)i;
	close_tag(tag);
}

static void screen_tag(uint64_t base, uint8_t type, uint32_t size)
{
	const uint8_t colours[6] = { 16, 8, 8, 9, 0, 7 };
	uint32_t tag = open_tag(8);

	put64(base);
	put32(1000 * 4);
	put32(1000);
	put32(700);
	put_bytes((const uint8_t[]){ 32, type, 0, 0 }, 4);
	put_bytes(colours, sizeof(colours));
	used = tag + size;
	close_tag(tag);
}

static uint64_t told(unsigned offset, unsigned bytes)
{
	uint64_t value = 0;

	memcpy(&value, info.linux_boot.params.at + offset, bytes);
	return value;
}

static void firmware(void **state)
{
	(void)state;
	begin();
	table_tag(SYSTEM_TABLE);
	efi_map_tag(48, 3);
	end_tag();
	make_firmware(3);
	put_config(1, acpi_1, 0xe0000);
	put_config(2, acpi_2, 0x7f000000);
	assert_fine(read_firmware());
	assert_int_equal(info.rsdp.v, 0x7f000000);
	assert_ptr_equal(info.linux_boot.params.at, strings.params);
	assert_int_equal(info.linux_boot.params.size, BOOT_PARAMS_SIZE);
	assert_int_equal(told(BOOT_PARAMS_SENTINEL, 1), 0);
	assert_memory_equal(strings.params + BOOT_PARAMS_EFI_INFO, "EL64", 4);
	assert_int_equal(told(BOOT_PARAMS_EFI_TABLE, 4), SYSTEM_TABLE);
	assert_int_equal(told(BOOT_PARAMS_EFI_TABLE_HIGH, 4), 0);
	assert_int_equal(told(BOOT_PARAMS_EFI_STEP, 4), 48);
	assert_int_equal(told(BOOT_PARAMS_EFI_VERSION, 4), 7);
	assert_int_equal(told(BOOT_PARAMS_EFI_MAP_SIZE, 4), 144);
	assert_int_equal(told(BOOT_PARAMS_EFI_MAP, 4) | told(BOOT_PARAMS_EFI_MAP_HIGH, 4) << 32, (uintptr_t)info.memory.efi.at);
	assert_ptr_equal(info.memory.efi.at, info.linux_boot.efi_map.at);
	assert_int_equal(info.memory.efi.size, 144);
	assert_int_equal(info.memory.efi_step, 48);
	assert_int_equal(span_u8(info.memory.efi, 143), 143);
	/* That of ACPI 1.0 where there is no other; then none. */
	memset(config_table + 48, 0, 24);
	assert_fine(read_firmware());
	assert_int_equal(info.rsdp.v, 0xe0000);
	make_firmware(0);
	assert_fine(read_firmware());
	assert_int_equal(info.rsdp.v, 0);
	/* As many as there can be, and one more, which no firmware has. */
	make_firmware(1024);
	put_config(1023, acpi_2, 0x1000);
	assert_fine(read_firmware());
	assert_int_equal(info.rsdp.v, 0x1000);
	make_firmware(1025);
	put_config(0, acpi_2, 0x1000);
	assert_fine(read_firmware());
	assert_int_equal(info.rsdp.v, 0);
}

static void bad_firmware(void **state)
{
	(void)state;
	make_firmware(0);
	begin();
	table_tag(SYSTEM_TABLE);
	end_tag();
	system_table[7] ^= 1;
	assert_error(read_firmware(), ERROR_EFI_TABLE);
	system_table[7] ^= 1;
	assert_fine(read_firmware());
	begin();
	table_tag(SYSTEM_TABLE + 0x10000);
	end_tag();
	assert_error(read_firmware(), ERROR_EFI_TABLE);
	begin();
	close_tag(open_tag(12));
	end_tag();
	assert_error(read_firmware(), ERROR_EFI_TABLE);
	for (uint32_t step = 0; step < 40; step += 39) {
		begin();
		table_tag(SYSTEM_TABLE);
		efi_map_tag(step, 2);
		end_tag();
		assert_error(read_firmware(), ERROR_MULTIBOOT_TAG);
	}
	begin();
	table_tag(SYSTEM_TABLE);
	used = open_tag(17) + 12;
	memcpy(buffer + used - 4, &(uint32_t){ 48 }, 4);
	close_tag(used - 12);
	end_tag();
	assert_error(read_firmware(), ERROR_MULTIBOOT_TAG);
	/* Without firmware's table its map is of no use. */
	begin();
	efi_map_tag(0, 0);
	end_tag();
	assert_fine(read_firmware());
	assert_int_equal(info.linux_boot.params.size, 0);
	begin();
	close_tag(open_tag(18));
	end_tag();
	assert_error(read_firmware(), ERROR_EFI_BOOT_SERVICES);
}

static void screens(void **state)
{
	(void)state;
	make_firmware(0);
	for (int efi = 0; efi < 2; efi++) {
		begin();
		screen_tag(UINT64_C(0x180000000), 1, 38);
		if (efi)
			table_tag(SYSTEM_TABLE);
		else
			efi_map_tag(0, 0);
		end_tag();
		assert_fine(read_firmware());
		assert_int_equal(told(SCREEN_INFO_TYPE, 1), efi ? SCREEN_TYPE_EFI : SCREEN_TYPE_LINEAR);
		assert_int_equal(told(SCREEN_INFO_WIDTH, 2), 1000);
		assert_int_equal(told(SCREEN_INFO_HEIGHT, 2), 700);
		assert_int_equal(told(SCREEN_INFO_DEPTH, 2), 32);
		assert_int_equal(told(SCREEN_INFO_BASE, 4), 0x80000000);
		assert_int_equal(told(SCREEN_INFO_BASE_HIGH, 4), 1);
		assert_int_equal(told(SCREEN_INFO_CAPABILITIES, 4), 2);
		assert_int_equal(told(SCREEN_INFO_SIZE, 4), efi ? 2800000 : 43);
		assert_int_equal(told(SCREEN_INFO_LINE, 2), 4000);
		assert_int_equal(told(SCREEN_INFO_PAGES, 2), 1);
		assert_memory_equal(strings.params + SCREEN_INFO_COLOURS, ((uint8_t[]){ 8, 16, 9, 8, 7, 0, 0, 0 }), 8);
		assert_int_equal(told(BOOT_PARAMS_EFI_INFO, 4) != 0, efi);
	}
	/* Below 4 GiB; text, and one cut short, are none. */
	begin();
	screen_tag(0x80000000, 1, 38);
	end_tag();
	assert_fine(read_firmware());
	assert_int_equal(told(SCREEN_INFO_CAPABILITIES, 4), 0);
	for (int short_one = 0; short_one < 2; short_one++) {
		begin();
		screen_tag(0xb8000, short_one ? 1 : 2, short_one ? 37 : 38);
		end_tag();
		assert_fine(read_firmware());
		assert_int_equal(told(SCREEN_INFO_TYPE, 1), 0);
	}
}

int main(void)
{
	return RUN_TESTS_WITH(NULL, fake_memory_end, "multiboot2_linux", firmware, bad_firmware, screens);
}
