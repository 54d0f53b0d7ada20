/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/disk/plain.h>

/* A file system of a list of paths; what ends in a slash is a directory, and what has an arrow a link. */
static const char *const *files;
static struct fs fs;
static enum error_code failing;
static unsigned calls_left;
static bool endless;

static struct error call(void)
{
	return calls_left-- == 0 ? error_make(failing, NULL, 0, 0) : error_none();
}

static struct error root(struct fs *of, struct fs_node *out)
{
	(void)of;
	TRY(call());
	*out = (struct fs_node){ FS_DIRECTORY, 0, 0 };
	return error_none();
}

/* The directory with this id has its path in files[id - 1]; the root's is "". */
static struct error next(struct fs *of, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	const char *path = directory->id != 0 ? files[directory->id - 1] : "/";
	size_t length = strlen(path);

	(void)of;
	out->length = 0;
	TRY(call());
	if (endless) {
		strcpy(out->name, "x");
		out->length = 1;
		return error_none();
	}
	for (; files[*position]; ++*position) {
		const char *name = files[*position] + length;
		size_t end;

		if (strncmp(files[*position], path, length) != 0 || *name == '\0')
			continue;
		end = strcspn(name, "/>");
		if (name[end] == '/' && name[end + 1] != '\0')
			continue;
		memcpy(out->name, name, end);
		out->name[end] = '\0';
		out->length = (uint32_t)end;
		out->node = (struct fs_node){ name[end] == '/' ? FS_DIRECTORY : name[end] == '>' ? FS_LINK : FS_FILE, 10, ++*position };
		if (name[end] == '>')
			out->node.size = strlen(name + end + 1);
		return error_none();
	}
	return error_none();
}

static struct error node(struct fs *of, const struct fs_entry *entry, struct fs_node *out)
{
	(void)of;
	*out = entry->node;
	return call();
}

static struct error read_link(struct fs *of, const struct fs_node *link, uint64_t offset, void *to, size_t size)
{
	(void)of;
	(void)offset;
	memcpy(to, strchr(files[link->id - 1], '>') + 1, size);
	return error_none();
}

static const struct fs_operations operations = { NULL, root, next, node, read_link };

static struct plain_list list;

static struct error read_list(const char *const *of)
{
	files = of;
	fs.operations = &operations;
	calls_left = 1000000;
	return plain_list_read(&fs, &list);
}

static void assert_kernel(unsigned index, const char *file, const char *initrd)
{
	assert_string_equal(list.kernel[index].file, file);
	assert_string_equal(list.kernel[index].initrd, initrd);
}

static const char *const debian[] = {
	"/boot/", "/boot/config-6.1.0-9-amd64", "/boot/initrd.img-6.1.0-9-amd64", "/boot/vmlinuz-6.1.0-9-amd64",
	"/boot/vmlinuz-6.1.0-56-amd64", "/boot/initrd.img-6.1.0-56-amd64", "/boot/vmlinuz-5.10", "/boot/grub/", "/etc/",
	"/vmlinuz>boot/vmlinuz-6.1.0-56-amd64", "/initrd.img>boot/initrd.img-6.1.0-56-amd64", "/vmlinuz.old>boot/nothing",
	"/vmlinuz-odd>boot/vmlinuz-5.10/x", NULL,
};

static void newest_first(void **state)
{
	(void)state;
	assert_fine(read_list(debian));
	assert_int_equal(list.count, 4);
	assert_kernel(0, "/boot/vmlinuz-6.1.0-56-amd64", "/boot/initrd.img-6.1.0-56-amd64");
	assert_string_equal(list.kernel[0].version, "6.1.0-56-amd64");
	assert_kernel(1, "/boot/vmlinuz-6.1.0-9-amd64", "/boot/initrd.img-6.1.0-9-amd64");
	assert_kernel(2, "/boot/vmlinuz-5.10", "");
	assert_kernel(3, "/vmlinuz", "/initrd.img");
}

static void others_names(void **state)
{
	static const char *const boot[] = { "/vmlinuz-linux", "/initramfs-linux.img", "/vmlinuz-virt", "/initramfs-virt", "/vmlinuz-6-default",
					    "/initrd-6-default", "/vmlinuzx", "/vmlinuz-gone>nowhere", "/vmlinuz-dir/", "/boot>.", NULL };

	(void)state;
	assert_fine(read_list(boot));
	/* /boot is a link to the root here, so each is there twice. */
	assert_int_equal(list.count, 6);
	assert_kernel(0, "/boot/vmlinuz-virt", "/boot/initramfs-virt");
	assert_kernel(1, "/vmlinuz-virt", "/initramfs-virt");
	assert_kernel(2, "/boot/vmlinuz-linux", "/boot/initramfs-linux.img");
	assert_kernel(5, "/vmlinuz-6-default", "/initrd-6-default");
}

static void none(void **state)
{
	static const char *const nothing[] = { "/etc/", NULL }, *const file[] = { "/boot", NULL };

	(void)state;
	assert_fine(read_list(nothing));
	assert_int_equal(list.count, 0);
	assert_fine(read_list(file));
	assert_int_equal(list.count, 0);
}

static void more_than_there_is_room_for(void **state)
{
	static char names[12][32];
	const char *many[13] = { NULL };

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		snprintf(names[i], sizeof(names[i]), "/vmlinuz-%u", (i * 5 + 3) % 12);
		many[i] = names[i];
	}
	assert_fine(read_list(many));
	assert_int_equal(list.count, PLAIN_MOST);
	assert_int_equal(list.left_out, 4);
	for (unsigned i = 0; i < PLAIN_MOST; i++) {
		char wanted[32];

		snprintf(wanted, sizeof(wanted), "/vmlinuz-%u", 11 - i);
		assert_kernel(i, wanted, "");
	}
}

static void long_names(void **state)
{
	static char name[300] = "/vmlinuz-";
	const char *const one[] = { name, NULL };

	(void)state;
	memset(name + 9, 'a', PLAIN_VERSION_MOST - 1);
	assert_fine(read_list(one));
	assert_int_equal(list.count, 1);
	assert_string_equal(list.kernel[0].file, name);
	memset(name + 9, 'a', PLAIN_VERSION_MOST);
	assert_fine(read_list(one));
	assert_int_equal(list.count, 0);
}

static void a_directory_without_end(void **state)
{
	(void)state;
	files = debian;
	endless = true;
	calls_left = ~0u;
	/* There is no /boot among its names, as far as they are looked at. */
	assert_fine(plain_list_read(&fs, &list));
	assert_int_equal(list.count, 0);
	endless = false;
}

/* Whatever fails, fails all. */
static void file_systems_that_fail(void **state)
{
	unsigned calls = 0;
	struct error error;

	(void)state;
	failing = ERROR_FS_FIELD;
	files = debian;
	do {
		calls_left = calls++;
		error = plain_list_read(&fs, &list);
		if (failed(error))
			assert_error(error, ERROR_FS_FIELD);
	} while (failed(error));
	assert_true(calls > 50);
}

static void versions(void **state)
{
	static const char *const rising[] = { "", "1", "1-a", "1.0", "1.9", "1.09a", "1.10", "2", "10", "a", "a1", "b" };
	const unsigned count = sizeof(rising) / sizeof(rising[0]);

	(void)state;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < count; j++) {
			int order = plain_compare(rising[i], rising[j]);

			assert_int_equal(order < 0, i < j);
			assert_int_equal(order > 0, i > j);
		}
	assert_int_equal(plain_compare("1.01", "1.1"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_first),
		cmocka_unit_test(others_names),
		cmocka_unit_test(none),
		cmocka_unit_test(more_than_there_is_room_for),
		cmocka_unit_test(long_names),
		cmocka_unit_test(a_directory_without_end),
		cmocka_unit_test(file_systems_that_fail),
		cmocka_unit_test(versions),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
