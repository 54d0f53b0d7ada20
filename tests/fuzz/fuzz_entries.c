/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations of boot loaders: those that the unit tests have, with lines that are changed, cut, repeated and mixed, in a
 * file system that holds the kernels that they name; and UKIs with add-ons, some bytes of which are others.
 */
#include <tests/unit/ext_files.h>
#include <tests/unit/grub_debian.h>
#include <tests/unit/memory_disk.h>

#include <shim/disk/entry_addons.h>
#include <shim/disk/grub.h>

#include "choices.h"
#include "fuzz.h"

#define TEXT_MOST  12000
/* Of one text that lines are from. */
#define LINES_MOST 200

static const char bls[] =
	"title Fedora Linux\nversion 6.12\nmachine-id 0123\nsort-key fedora\nlinux /k\ninitrd /i\noptions root=UUID=x ro\n"
	"# comment\narchitecture x64\nuki /k\nefi /k\n";
static const char forms[] =
	"load_env -f /env\nset default=\"1>a\"\nif [ -f ($root)/k -a ! -z \"${a}\" ]; then\nelif test x$b = xy; then\nelse\nfi\n"
	"submenu 'A' --id a {\nmenuentry \"B\\\"\" --class c --id b {\nlinux ($drive1)//k a \"b c\" $d ${e} 'f'\ninitrd /i /i\n}\n}\n"
	"function f {\n}\nfor i in 1; do\ndone\nsearch --set=drive1 --fs-uuid 11111111-1111-1111-1111-111111111111\n"
	"search.file /k root\nconfigfile /boot/grub/grub.cfg\nsource /other.cfg\nset root='hd0,gpt1'\nunset a\n{ } }\n";
static const char extlinux[] =
	"DEFAULT b\nTIMEOUT 50\nLABEL a\n MENU LABEL A\n MENU DEFAULT\n LINUX ../k\n INITRD /i,/i\n APPEND root=x initrd=/i,../i quiet\n"
	"LABEL b\n KERNEL k\n APPEND initrd=i\n FDT x\nAPPEND -\nONTIMEOUT b y initrd=/i\nDEFAULT /k x\nINCLUDE other.cfg\n"
	"MENU INCLUDE loader/entries/b.conf sub\nMENU BEGIN\nMENU START\nMENU DEFAULT\nLABEL c\nMENU HIDE\nMENU END\nMENU SEPARATOR\n"
	"TEXT HELP\nENDTEXT\nLABEL d\nCONFIG x\nLABEL e\nCOM32 menu.c32\nMENU EXIT\nLABEL k\n";
static const char env[] = "# GRUB Environment Block\nsaved_entry=1\nnext_entry=0\na=b c\n######\n";

static struct volumes volumes;
static struct entry_list list;
static struct entry_addons addons;
static struct grub grub;
static uint8_t scratch[FS_SCRATCH];
static char pool[ENTRY_POOL_SIZE], text[ENTRY_TEXT_SIZE];

/* The texts that lines are from, and where the lines are, which would else be counted from the beginning for each. */
enum source { FROM_GRUB, FROM_FORMS, FROM_BLS, FROM_EXTLINUX, SOURCES };
static const char *const texts[SOURCES] = { grub_debian, forms, bls, extlinux };
static struct {
	struct span line[LINES_MOST];
	uint64_t count;
} lines[SOURCES];

static void find_lines(enum source source)
{
	const char *at = texts[source], *end;

	for (lines[source].count = 0; *at != '\0'; at = end) {
		PROMISE(lines[source].count < LINES_MOST);
		end = strchr(at, '\n') + 1;
		lines[source].line[lines[source].count++] = span(at, (uint64_t)(end - at));
	}
}

/* Behind the last line is the first. */
static struct span line_of(enum source source, uint64_t index)
{
	if (lines[source].count == 0)
		find_lines(source);
	return lines[source].line[index % lines[source].count];
}

/* Lines of the texts, in their order or in any; some bytes of them are others. */
static size_t make_text(struct choices *choices, enum source mainly, char *out)
{
	const enum source sources[] = { mainly, mainly, FROM_EXTLINUX, FROM_FORMS, FROM_BLS, FROM_GRUB };
	uint64_t index = below(choices, 3) ? 0 : below(choices, 200), most = below(choices, 400);
	size_t used = 0;

	for (uint64_t i = 0; i < most; i++) {
		const struct span line = line_of(once_in(choices, 8) ? sources[below(choices, 6)] : mainly, index++);

		if (used + line.size > TEXT_MOST)
			break;
		memcpy(out + used, line.at, line.size);
		used += line.size;
		if (once_in(choices, 20))
			index = below(choices, 200);
	}
	for (uint64_t i = below(choices, 6); i > 0 && used != 0; i--)
		out[below(choices, used)] = "\"'\\${}()[]>=;#\n \t\0a9"[below(choices, 21)];
	return once_in(choices, 4) ? (size_t)below(choices, used + 1) : used;
}

static void check_list(uint32_t pool_size)
{
	const struct span all = span(pool, pool_size);

	PROMISE(list.count <= ENTRIES_MOST && list.note_count <= ENTRY_NOTES_MOST && list.pool_used <= pool_size);
	PROMISE(list.count == 0 || entries_default(&list) < list.count);
	for (uint32_t i = 0; i < list.count; i++) {
		const struct entry *entry = &list.entry[i];

		PROMISE(entry->volume < volumes.count && lies_in(all, entry_span(entry->kernel)) && entry->kernel != NULL);
		PROMISE(entry->initrd_count <= ENTRY_INITRDS_MOST && entry->title != NULL && entry->id != NULL && entry->file != NULL);
		for (uint32_t initrd = 0; initrd < entry->initrd_count; initrd++)
			PROMISE(lies_in(all, entry_span(entry->initrd[initrd])));
	}
}

/* A UKI or an add-on with a few of its sections, damaged or not. */
static void add_pe(struct choices *choices, const char *path, bool is_addon, struct ext_files *files)
{
	static const char *const names[] = { ".linux", ".cmdline", ".initrd", ".ucode", ".uname", ".profile" };
	static const char filler[5000];
	struct pe_section sections[6];
	unsigned count = 0;
	struct file file;

	for (unsigned i = is_addon && !once_in(choices, 8); i < 6; i++)
		if (once_in(choices, 2) || i == 0)
			sections[count++] = (struct pe_section){ names[i], i == 4 ? "6.1" : once_in(choices, 8) ? filler : "a=1 b",
								 i == 4 ? 3 : once_in(choices, 8) ? below(choices, 5) : 5 };
	file = build_uki(sections, count);
	for (uint64_t i = once_in(choices, 2) ? below(choices, 4) : 0; i > 0; i--)
		file.at[below(choices, uki_header(count))] ^= (uint8_t)(1 << below(choices, 8));
	ext_files_add(files, path, file.at, once_in(choices, 8) ? below(choices, file.size + 1) : file.size);
	file_free(&file);
}

static void add_ukis(struct choices *choices, struct ext_files *files)
{
	static const char *const places[] = { "loader/addons", "EFI/Linux/u.efi.extra.d" };
	char path[64];

	add_pe(choices, once_in(choices, 2) ? "EFI/Linux/u.efi" : "EFI/Linux/u+3-1.efi", false, files);
	for (unsigned i = (unsigned)below(choices, 21); i > 0; i--) {
		snprintf(path, sizeof(path), "%s/%c%u.%s", places[below(choices, 2)], (int)('a' + below(choices, 26)), i,
			 once_in(choices, 8) ? "x.efi" : "Addon.efi");
		add_pe(choices, path, true, files);
	}
}

/* All that is used lies in its file, and its words in the line. */
static void check_addons(void)
{
	uint64_t end = 0;

	PROMISE(addons.count <= ADDONS_MOST && addons.line.length < sizeof(addons.line.text));
	PROMISE(strlen(addons.line.text) == addons.line.length);
	for (uint32_t i = 0; i < addons.count; i++) {
		const struct entry_addon *addon = &addons.addon[i];

		PROMISE(addon->node.size <= ADDON_FILE_MOST);
		for (unsigned section = 0; section < ADDON_SECTIONS; section++)
			PROMISE(addon->addon.section[section].end <= addon->node.size);
		if (range_empty(addon->words))
			continue;
		PROMISE(addon->words.start == end + (end != 0) && addon->words.end <= addons.line.length);
		end = addon->words.end;
	}
	PROMISE(end == addons.line.length);
}

static void find_addons(struct choices *choices)
{
	const struct error error = error_make(ERROR_DISK_READ, "disk", 0, 5);

	for (uint32_t i = 0; i < list.count; i++) {
		entry_addons_find(&list, &list.entry[i], (uint32_t)below(choices, 3), &addons);
		check_addons();
		while (addons.count != 0) {
			entry_addons_drop(&list, &list.entry[i], (uint32_t)below(choices, addons.count), error, &addons);
			check_addons();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "boot/grub/grub.cfg", "other.cfg", "loader/entries/a+3-1.conf", "loader/entries/b.conf", "extlinux.conf" };
	static const enum source mainly[] = { FROM_GRUB, FROM_FORMS, FROM_BLS, FROM_BLS, FROM_EXTLINUX };
	static char made[TEXT_MOST];
	struct choices choices = choices_of(span(data, size));
	struct ext_files files = ext_files_new("\x11", "root");
	const uint32_t pool_size = once_in(&choices, 4) ? (uint32_t)below(&choices, 4000) : ENTRY_POOL_SIZE;
	struct memory_disk memory;
	struct disk *disk;

	for (unsigned i = 0; i < 5; i++)
		ext_files_add(&files, paths[i], made, make_text(&choices, mainly[i], made));
	ext_files_add(&files, "env", env, sizeof(env) - 1);
	ext_files_add(&files, "k", "k", 1);
	ext_files_add(&files, "i", "i", 1);
	ext_files_add(&files, "boot/vmlinuz-6.1.0-56-amd64", "k", 1);
	ext_files_add(&files, "boot/initrd.img-6.1.0-56-amd64", "i", 1);
	if (once_in(&choices, 3))
		add_ukis(&choices, &files);
	disk = memory_disk_open(&memory, file_span(files.image));
	volumes_find(&volumes, &disk, 1, scratch);
	entries_find(&list, &volumes, &(struct entry_memory){ pool, pool_size, text, ENTRY_TEXT_SIZE, &grub });
	check_list(pool_size);
	find_addons(&choices);
	check_list(pool_size);
	file_free(&files.image);
	return 0;
}
