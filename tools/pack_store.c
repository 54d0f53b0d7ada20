/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <tools/file.h>
#include <tools/message.h>
#include <tools/pack_store.h>
#include <tools/progress.h>
#include <tools/store.h>

/* An ELF kernel that is smaller starts no faster for being stored, and the file hardly gets smaller. */
#define WORTH_STORING MIB

static void say_kept(const struct pack_request *request, const char *why)
{
	message("%s has %s as it is: %s", request->elf_name, request->kernel_name, why);
}

/* Warns of the first door that starts the kernel as it is, and would not start it as it is stored. */
static bool is_refused(const struct pack_request *request, struct payload_source source, struct span stored,
		       const struct judgement *as_it_is)
{
	struct judgement judgement;
	bool refused = false;

	source.module[0].bytes = stored;
	/* OUT.efi has the kernel as it is. */
	judge(&judgement, &source, false);
	for (unsigned i = 0; i < judgement.doors && !refused; i++) {
		refused = failed(judgement.error[i]) && !failed(as_it_is->error[i]);
		if (refused) {
			say_kept(request, "a door that starts it would refuse it unpacked");
			message_warning(judge_door_name(i), &judgement.error[i]);
		}
	}
	judge_release(&judgement);
	return refused;
}

static bool make(const struct pack_request *request, const struct payload_source *source,
		 const struct judgement *judgement, const struct store_subject *subject, struct span *out)
{
	if (!store_make(subject, request->how, out)) {
		message("not enough memory to store %s", request->kernel_name);
		return false;
	}
	if (is_refused(request, *source, *out, judgement))
		file_release(out);
	return true;
}

bool pack_store(const struct pack_request *request, const struct payload_source *source, const struct judgement *judgement,
		struct span *out)
{
	const struct span kernel = source->module[0].bytes;
	struct store_subject subject;
	const char *why;
	bool done = true;

	*out = span(NULL, 0);
	if (request->keep || (!request->store_name && elf_is(kernel) && kernel.size < WORTH_STORING))
		return true;
	if (judgement->asks_linux64) {
		say_kept(request, "lull.proto=linux64 enters a kernel that unpacks itself");
		return true;
	}
	progress_begin("storing", request->kernel_name);
	why = store_open(kernel, &subject);
	if (why)
		say_kept(request, why);
	else
		done = make(request, source, judgement, &subject, out);
	progress_end();
	unpacked_release(&subject.unpacked);
	return done;
}
