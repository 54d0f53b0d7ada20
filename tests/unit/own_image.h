/* SPDX-License-Identifier: MIT */
/* The running test program as a file and in memory: where its sections are, and pages of its text that can be written. */
#ifndef LULL_TESTS_OWN_IMAGE_H
#define LULL_TESTS_OWN_IMAGE_H

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>

#include <core/addr.h>

struct own_image {
	/* What is added to the addresses that the program was linked for. */
	uint64_t base;
	uint8_t *file;
};

static inline int own_image_first_object(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uint64_t *)base = info->dlpi_addr;
	return 1;
}

/* Maps the program's file; nobody unmaps it. */
static inline struct own_image own_image_map(void)
{
	int file = open("/proc/self/exe", O_RDONLY);
	struct own_image image = { 0 };
	struct stat status;

	assert_int_equal(fstat(file, &status), 0);
	image.file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	assert_ptr_not_equal(image.file, MAP_FAILED);
	close(file);
	dl_iterate_phdr(own_image_first_object, &image.base);
	return image;
}

/* A section, where it lies in memory. */
static inline struct span own_image_section(struct own_image image, const char *name)
{
	const Elf64_Ehdr *elf = (const void *)image.file;
	const Elf64_Shdr *header = (const void *)(image.file + elf->e_shoff);
	const char *names = (const char *)image.file + header[elf->e_shstrndx].sh_offset;

	for (unsigned i = 0; i < elf->e_shnum; i++)
		if (strcmp(names + header[i].sh_name, name) == 0)
			return span((const void *)(image.base + header[i].sh_addr), header[i].sh_size);
	fail_msg("no section %s", name);
	return span(NULL, 0);
}

/* Replaces the pages of code by pages with the same bytes, which have an alias to write to. */
static inline struct patched_text own_image_alias(struct span code)
{
	const uint64_t start = round_down((uint64_t)code.at, PAGE_SIZE);
	const uint64_t length = round_down((uint64_t)code.at + code.size + PAGE_MASK, PAGE_SIZE) - start;
	int memory = memfd_create("text", 0);
	struct patched_text text;

	assert_int_equal(write(memory, (const void *)start, length), length);
	text = (struct patched_text){
		.run = (const uint8_t *)start, .address = start, .length = length,
		.write = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0),
	};
	assert_ptr_not_equal(text.write, MAP_FAILED);
	assert_ptr_equal(mmap((void *)start, length, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, memory, 0), start);
	close(memory);
	return text;
}

#endif
