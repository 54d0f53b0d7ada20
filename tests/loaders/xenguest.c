/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Xen's toolstack says to kernel files: its own builder (libxenguest) reads each and lays it out, as far as it goes
 * without a domain.  No Xen need run.
 *
 *   xenguest pv|pvh FILE...     one line a file: "takes TYPE ENTRY NAME" or "refuses REASON"
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>
#include <xenguest.h>
#include <xentoollog.h>

/* What Debian's hypervisor says of itself (xl info, xen_caps). */
#define CAPABILITIES "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 "
#define MEMORY_MIB   1024

/* A logger that keeps the first error, and the addresses that libelf prints. */
struct words {
	xentoollog_logger logger;
	char error[512];
	unsigned long long base;
	unsigned long long entry;
	char loader[64];
};

static void take(xentoollog_logger *logger, xentoollog_level level, int number, const char *context, const char *format,
		 va_list arguments)
{
	struct words *words = (struct words *)logger;
	char text[1024], *at;

	(void)number;
	(void)context;
	vsnprintf(text, sizeof(text), format, arguments);
	at = strstr(text, "virt_");
	if (at && (sscanf(at, "virt_entry = 0x%llx", &words->entry) == 1 || sscanf(at, "virt_base = 0x%llx", &words->base) == 1))
		return;
	sscanf(text, "xc_dom_find_loader: trying %63[^.]", words->loader);
	if (level >= XTL_ERROR && words->error[0] == '\0')
		snprintf(words->error, sizeof(words->error), "%.*s", (int)strcspn(text, "\n"), text);
}

static void progress(xentoollog_logger *logger, const char *context, const char *doing, int percent, unsigned long done,
		     unsigned long total)
{
	(void)logger, (void)context, (void)doing, (void)percent, (void)done, (void)total;
}

static void nothing(xentoollog_logger *logger)
{
	(void)logger;
}

/* As libxl does it (libxl__build_dom()), up to the kernel's place in the guest (xc_dom_build_image()). */
static int build(struct xc_dom_image *dom, const char *name, int pvh, const struct words *words)
{
	dom->container_type = pvh ? XC_DOM_HVM_CONTAINER : XC_DOM_PV_CONTAINER;
	snprintf(dom->xen_caps, sizeof(dom->xen_caps), "%s", CAPABILITIES);
	if (xc_dom_kernel_file(dom, name) || xc_dom_parse_image(dom))
		return 1;
	if (xc_dom_mem_init(dom, MEMORY_MIB))
		return 1;
	dom->virt_alloc_end = words->base;
	return xc_dom_alloc_segment(dom, &dom->kernel_seg, "kernel", dom->kernel_seg.vstart,
				    dom->kernel_seg.vend - dom->kernel_seg.vstart);
}

static void judge(const char *name, int pvh)
{
	struct words words = { .logger = { .vmessage = take, .progress = progress, .destroy = nothing } };
	xc_interface *xch = xc_interface_open(&words.logger, &words.logger, XC_OPENFLAG_DUMMY);
	struct xc_dom_image *dom = xch ? xc_dom_allocate(xch, NULL, NULL) : NULL;

	if (!dom) {
		printf("fault no builder\n");
		return;
	}
	if (build(dom, name, pvh, &words))
		printf("refuses %s\n", words.error);
	else
		printf("takes %s 0x%llx %s\n", dom->guest_type, words.entry, words.loader);
	fflush(stdout);
	xc_dom_release(dom);
	xc_interface_close(xch);
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		judge(argv[i], strcmp(argv[1], "pvh") == 0);
	return 0;
}
