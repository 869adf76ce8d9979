/* A portal in C from nothing: a phone's check on a device in memory. A real device puts its flash, its hardware's random
 * bytes, its radio and its sockets in the four places that say so.
 *
 *     cc -Iinclude -o example example.c libvestibule.a && ./example */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vestibule.h"

static uint8_t flash[2 * VESTIBULE_SECTOR_BYTES];

static int32_t flash_read(void *context, uint32_t offset, uint8_t *bytes, size_t length) {
    (void)context;
    memcpy(bytes, flash + offset, length); /* esp_partition_read, flash_range_read, … */
    return 0;
}

static int32_t flash_write(void *context, uint32_t offset, const uint8_t *bytes, size_t length) {
    (void)context;
    for (size_t i = 0; i < length; i++) flash[offset + i] &= bytes[i];
    return 0;
}

static int32_t flash_erase(void *context, uint32_t from, uint32_t to) {
    (void)context;
    memset(flash + from, 0xff, to - from);
    return 0;
}

static void fill(void *context, uint8_t *bytes, size_t length) {
    (void)context;
    for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)rand(); /* never so on a device: its hardware's source */
}

void vestibule_panicked(const uint8_t *file, size_t length, uint32_t line) {
    printf("panicked at %.*s:%u\n", (int)length, (const char *)file, (unsigned)line);
    abort(); /* a device restarts */
}

/* After each call: what there is to be done. */
static void drain(vestibule_portal *portal, uint64_t now) {
    vestibule_event event;
    vestibule_radio_command command;
    uint8_t connection, bytes[256];
    size_t length;
    while (vestibule_poll_event(portal, &event) == 1) {
        if (event.kind == VESTIBULE_EVENT_KIND_STATE) printf("state %d\n", event.to);
    }
    while (vestibule_poll_radio(portal, &command) == 1) {
        vestibule_radio_event done = {.kind = VESTIBULE_RADIO_EVENT_KIND_SCAN_FINISHED}; /* here the radio does it, later */
        if (command.kind == VESTIBULE_RADIO_COMMAND_KIND_RAISE_ACCESS_POINT) done.kind = VESTIBULE_RADIO_EVENT_KIND_ACCESS_POINT_UP;
        vestibule_handle_radio(portal, &done, now);
    }
    while (vestibule_poll_ready(portal, &connection) == 1) {
        while (vestibule_poll_send(portal, connection, bytes, sizeof bytes, &length, now) == VESTIBULE_TRANSFER_BYTES) {
            fwrite(bytes, 1, length, stdout); /* here the socket sends it; for FINISH and CLOSE see the header */
        }
    }
}

int main(void) {
    static _Alignas(VESTIBULE_PORTAL_ALIGN) uint8_t memory[VESTIBULE_PORTAL_SIZE];
    static const char check[] = "GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n";
    const vestibule_flash own_flash = {NULL, 2, flash_read, flash_write, flash_erase};
    const vestibule_random random = {NULL, fill, NULL};
    vestibule_config config;
    vestibule_portal *portal;
    size_t taken;
    memset(flash, 0xff, sizeof flash);
    vestibule_config_init(&config, (const uint8_t *)"Lamp", 4);
    int32_t error = vestibule_portal_new(memory, sizeof memory, &config, &own_flash, &random, NULL, &portal);
    if (error) return printf("no portal: %d\n", (int)error), 1;
    vestibule_connect_or_setup(portal, 0);
    drain(portal, 0); /* it scans */
    drain(portal, 0); /* and raises its access point */
    vestibule_handle_open(portal, 0, VESTIBULE_INTERFACE_ACCESS_POINT, 1000);
    vestibule_handle_received(portal, 0, (const uint8_t *)check, sizeof check - 1, &taken, 1000);
    drain(portal, 1000);
    return vestibule_state_get(portal) == VESTIBULE_STATE_PORTAL_OPEN ? 0 : 1;
}
