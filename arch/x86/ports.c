/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of a PC: UART, debug port, debug exit, 8259s.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/ports.h>

#define COM1 0x3f8
#define UART_DATA       (COM1 + 0)
#define UART_INTERRUPTS (COM1 + 1)
#define UART_FIFO       (COM1 + 2)
#define UART_LINE       (COM1 + 3)
#define UART_MODEM      (COM1 + 4)
#define UART_STATUS     (COM1 + 5)
#define UART_SCRATCH    (COM1 + 7)
#define UART_STATUS_CAME  0x01
#define UART_STATUS_READY 0x20
#define UART_STATUS_IDLE  0x40
/* A byte at 115200 baud takes 87 microseconds; a port read on real hardware about one. */
#define UART_PATIENCE 100000

#define DEBUG_PORT 0xe9
#define DEBUG_EXIT 0xf4

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK  0xa1

static bool serial_found;

void serial_start(void)
{
	port_write(UART_SCRATCH, 0x5a);
	serial_found = port_read(UART_SCRATCH) == 0x5a;
	if (!serial_found)
		return;
	port_write(UART_INTERRUPTS, 0);
	port_write(UART_LINE, 0x83);
	port_write(UART_DATA, 1);
	port_write(UART_INTERRUPTS, 0);
	port_write(UART_LINE, 0x03);
	port_write(UART_FIFO, 0x07);
	port_write(UART_MODEM, 0x03);
}

static void serial_wait(uint8_t status)
{
	for (unsigned i = 0; i < UART_PATIENCE && !(port_read(UART_STATUS) & status); i++)
		cpu_pause();
}

static void serial_byte(char c)
{
	serial_wait(UART_STATUS_READY);
	port_write(UART_DATA, (uint8_t)c);
}

void serial_write(const char *text, size_t size)
{
	for (size_t i = 0; serial_found && i < size; i++) {
		if (text[i] == '\n')
			serial_byte('\r');
		serial_byte(text[i]);
	}
}

bool serial_read(char *out)
{
	if (!serial_found || !(port_read(UART_STATUS) & UART_STATUS_CAME))
		return false;
	*out = (char)port_read(UART_DATA);
	return true;
}

void serial_drain(void)
{
	if (serial_found)
		serial_wait(UART_STATUS_IDLE);
}

bool debug_port_answers(void) { return port_read(DEBUG_PORT) == DEBUG_PORT; }

void debug_port_write(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		port_write(DEBUG_PORT, (uint8_t)text[i]);
}

void debug_exit(uint8_t status) { port_write(DEBUG_EXIT, status); }

uint16_t pic_mask_all(void)
{
	uint16_t masks = (uint16_t)(port_read(PIC_SLAVE_MASK) << 8 | port_read(PIC_MASTER_MASK));

	port_write(PIC_MASTER_MASK, 0xff);
	port_write(PIC_SLAVE_MASK, 0xff);
	return masks;
}

void pic_restore(uint16_t masks)
{
	port_write(PIC_SLAVE_MASK, (uint8_t)(masks >> 8));
	port_write(PIC_MASTER_MASK, (uint8_t)masks);
}
