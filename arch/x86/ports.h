/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The consoles and exits that are ports, and the interrupt controllers as far as a quiet machine needs them.
 */
#ifndef LULL_ARCH_PORTS_H
#define LULL_ARCH_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* COM1, 115200 8N1; does nothing where no UART answers. */
void serial_start(void);
void serial_write(const char *text, size_t size);
/* Takes a byte that came; false when there is none. */
bool serial_read(char *out);
/* Waits, bounded, until the transmitter is empty. */
void serial_drain(void);

/* The debug port 0xE9: read back by QEMU and Bochs where it exists; logged by Xen for its guests. */
bool debug_port_answers(void);
void debug_port_write(const char *text, size_t size);

/* Writes to QEMU's isa-debug-exit at port 0xF4; returns where there is none. */
void debug_exit(uint8_t status);

/* Masks both 8259s and returns what was masked before; pic_restore() puts that back. */
uint16_t pic_mask_all(void);
void pic_restore(uint16_t masks);

#endif
