/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives a fuzz target without libFuzzer: fuzz_NAME SECONDS [FILE...] feeds it the files named, then mutations of
 * them and of small valid files of every kind, until it has used so many seconds of CPU time.  A file NAME.hex has an input
 * in each line.  LULL_SEED=number repeats a run; when the target dies, the seed of the input that killed it is printed, and LULL_SEED=that gives the same input first.
 */
#include <libgen.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <sanitizer/common_interface_defs.h>
#include <tests/unit/packer.h>

#include "fuzz.h"

#define MAX_CORPUS 2048
/* CPU seconds in which the slowest inputs are long done: what takes longer does not end. */
#define PATIENCE 60

static struct file corpus[MAX_CORPUS];
static unsigned corpus_count;
static uint64_t input_seed, state;

/* splitmix64 (Steele, Lea, Flood): every seed is a good one, even neighbours. */
static uint64_t any(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void name_the_killer(void)
{
	fprintf(stderr, "fuzz: LULL_SEED=%#llx gives this input first\n", (unsigned long long)input_seed);
}

static void on_abort(int number)
{
	(void)number;
	name_the_killer();
}

static void on_hang(int number)
{
	(void)number;
	fprintf(stderr, "fuzz: broken promise: an input ends within %d CPU seconds\n", PATIENCE);
	abort();
}

static void add(struct file file)
{
	PROMISE(corpus_count < MAX_CORPUS);
	corpus[corpus_count++] = file;
}

static void add_packed_files(void)
{
	static const struct stored_part parts[] = {
		{ 0, 500, STORED_RAW }, { 600, 1000, STORED_LZ4 }, { 2000, 900, STORED_ZSTD },
	};
	struct file plain = plain_bytes(3000), kernel = build_bzimage();

	add(pack_stored(file_span(plain), span(kernel.at, BZIMAGE_CODE), parts, 3));
	file_free(&kernel);
	for (enum compression format = COMPRESSION_GZIP; format < COMPRESSIONS; format++)
		add(pack_kernel(format, file_span(plain)));
	file_free(&plain);
}

/* A kernel with relocations: of its two paravirtual calls, and of two words of text that are 0. */
static struct file relocatable_linux(void)
{
	static const uint32_t words[] = { 0, 0x810001c0, 0x810001d0, 0, 0, 0x81000000, 0x81000010 };
	struct file file = build_linux();

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		file_put(file, file_append(&file, NULL, 4), words[i], 4);
	return file;
}

static void add_valid_files(void)
{
	struct file kernel = build_bzimage(), pvh = build_pvh(64, 0x100000), notes = file_new(0), sections;
	static const char lines[] = "console=hvc0 lull.linux_sites=off root=\"a b\" \"lull.x=y z\" noreplace-smp clearcpuid=1 nokaslr "
				    "mem=2G memmap=64M$0x10000000,1M#64M hugepagesz=1G hugepages=1 -- quiet\n";
	static const uint8_t map[] = { 0, 0, 0, 0, 160, 0, 0, 0, 0x31, 0, 1, 0, 0, 0, 1, 0, 0, 0x31,
				       0, 2, 0, 0, 0, 0, 1, 0, 0x31, 0, 0, 16, 0, 0, 0, 1, 0, 0x31 };

	add(build_uki((struct pe_section[]){ { ".linux", kernel.at, kernel.size }, { ".initrd", "070701", 6 },
					     { ".cmdline", "quiet", 5 }, { ".osrel", "ID=x", 4 } }, 4));
	add(build_uki((struct pe_section[]){ { ".text", "code", 4 }, { ".linux", pvh.at, pvh.size } }, 2));
	add(build_pvh(32, 0x100000));
	add(build_sites());
	build_note(&notes, "GNU", 5, "\2\0\0\300\4\0\0\0\3\0\0\0\0\0\0\0", 16, 8);
	build_note(&notes, "Xen", 6, "linux", 6, 4);
	build_note_number(&notes, 18, 0x100000, 4);
	sections = build_elf(64, (struct elf_part[]){ { 1, 5, 0x100000, 0x100000, "code", 4, 64, 16 },
						      { 1, 6, 0x200000, 0x200000, "data", 4, 4096, 16 } }, 2);
	elf_add_note_section(&sections, 64, file_append(&sections, notes.at, notes.size), notes.size, 8);
	file_free(&notes);
	add(sections);
	add(build_linux());
	add(relocatable_linux());
	add(build_multiboot(1, 512, 64, (const uint32_t[]){ 0x10003, 0x100040, 0x100000, 0, 0x101000, 0x100010 }, 6));
	add(build_multiboot(2, 512, 64, (const uint32_t[]){
		1, 12, 6, 0, 2, 24, 0x100040, 0xffffffff, 0, 0x101000, 3, 12, 0x100010, 0, 0x10005, 20, 0, 0, 0, 0,
		10, 24, 0x100000, 0x7fffffff, 4096, 1, 0, 8 }, 28));
	add(kernel);
	add(pvh);
	add(file_of(lines, sizeof(lines) - 1));
	add(file_of(map, sizeof(map)));
	add_packed_files();
}

static void add_input(const uint8_t *bytes, size_t size)
{
	LLVMFuzzerTestOneInput(bytes, size);
	add(file_of(bytes, size));
}

static bool ends_with(const char *text, const char *ending)
{
	const size_t length = strlen(text), most = strlen(ending);

	return length >= most && strcmp(text + length - most, ending) == 0;
}

/* Each line of hexadecimal digits is an input; it is turned to bytes in its place. */
static void add_lines(char *text, size_t size)
{
	uint8_t *to = (uint8_t *)text, *begin = to;
	unsigned byte;

	for (size_t at = 0; at < size; at++) {
		if (text[at] == '\n') {
			add_input(begin, (size_t)(to - begin));
			begin = to;
			continue;
		}
		PROMISE(at + 1 < size && sscanf(text + at++, "%2x", &byte) == 1);
		*to++ = (uint8_t)byte;
	}
}

static void add_named_file(const char *path)
{
	FILE *stream = fopen(path, "rb");
	static uint8_t bytes[1 << 20];
	size_t size;

	if (stream == NULL) {
		perror(path);
		exit(2);
	}
	size = fread(bytes, 1, sizeof(bytes), stream);
	fclose(stream);
	if (ends_with(path, ".hex"))
		return add_lines((char *)bytes, size);
	add_input(bytes, size);
}

/* Numbers that find off-by-ones: the ends of every width, powers of two, and sizes of the file itself. */
static uint64_t interesting(uint64_t size)
{
	uint64_t base[] = { 0, size, UINT64_MAX, UINT32_MAX, 0x7fffffff, 0xffff, UINT64_C(1) << any() % 64, any() % 64 };

	return base[any() % 8] + any() % 5 - 2;
}

static void mutate(struct file file)
{
	static const unsigned widths[] = { 1, 2, 4, 8 };
	unsigned width = widths[any() % 4];
	/* Half of all changes go to the first bytes, where headers are. */
	uint64_t reach = any() % 2 ? file.size : 0x300, at;

	if (reach > file.size)
		reach = file.size;
	if (reach < width)
		return;
	at = any() % (reach - width + 1);
	if (any() % 4)
		at &= ~(uint64_t)(width - 1);
	switch (any() % 4) {
	case 0:
		file.at[at] ^= (uint8_t)(1u << any() % 8);
		break;
	case 1:
		memmove(file.at + at, file.at + any() % (file.size - width + 1), width);
		break;
	case 2:
		file_put(file, at, span_number(file_span(file), at, width) + any() % 33 - 16, width);
		break;
	default:
		file_put(file, at, interesting(file.size), width);
	}
}

static void run_one(uint64_t seed)
{
	const struct file *parent;
	struct file file;

	if (seed % 64 == 0)
		setitimer(ITIMER_PROF, &(struct itimerval){ .it_value = { PATIENCE, 0 } }, NULL);
	input_seed = state = seed;
	parent = &corpus[any() % corpus_count];
	file = file_prefix(*parent, any() % 8 ? parent->size : any() % (parent->size + 1));
	for (uint64_t i = any() % 6; i > 0; i--)
		mutate(file);
	LLVMFuzzerTestOneInput(file.at, file.size);
	file_free(&file);
}

/* A busy machine takes nothing from a run but time. */
static long cpu_seconds(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (long)used.tv_sec;
}

int main(int count, char **arguments)
{
	uint64_t seed = getenv("LULL_SEED") ? strtoull(getenv("LULL_SEED"), NULL, 0) : (uint64_t)time(NULL) << 20;
	long seconds = count > 1 ? atol(arguments[1]) : 1;
	uint64_t runs = 0;

	__sanitizer_set_death_callback(name_the_killer);
	signal(SIGABRT, on_abort);
	signal(SIGPROF, on_hang);
	add_valid_files();
	for (int i = 2; i < count; i++)
		add_named_file(arguments[i]);
	do {
		run_one(seed + runs++);
	} while (runs % 64 != 0 || cpu_seconds() < seconds);
	printf("%llu inputs, %ld CPU seconds, seed %#llx\n", (unsigned long long)runs, cpu_seconds(), (unsigned long long)seed);
	printf("%s: 1 passed, 0 failed\n", basename(arguments[0]));
	return 0;
}
