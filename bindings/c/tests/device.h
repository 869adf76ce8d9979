/* A device in memory: flash, random bytes, a portal, and what a driver does around it. For the tests. */
#ifndef VESTIBULE_TEST_DEVICE_H
#define VESTIBULE_TEST_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/vestibule.h"

#define SECTORS 2
#define FLASH_BYTES (SECTORS * VESTIBULE_SECTOR_BYTES)

struct device {
    uint8_t flash[FLASH_BYTES];
    uint64_t random;
    uint64_t now;
    /* The flash refuses from now on. */
    bool broken;
    vestibule_portal *portal;
    /* On the heap, so that a sanitizer sees each byte beside it. */
    uint8_t *memory;
    /* The last command of each kind, how many there were, and the last event of each kind. */
    vestibule_radio_command commands[6];
    unsigned commanded[6];
    vestibule_event events[14];
    unsigned happened[14];
};

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
void check(bool holds, const char *condition, const char *file, int line);

/* What the platform gives the portal of this device. */
vestibule_flash device_flash(struct device *device);
vestibule_random device_random(struct device *device);

/* A device with an erased flash; and one that gets power, with what its flash holds. */
void device_blank(struct device *device);
void device_power_on(struct device *device, const vestibule_application *application);
void device_power_off(struct device *device);

/* Takes the portal's events and commands. */
void device_drain(struct device *device);
/* Waits until a moment, deadlines included. */
void device_wait(struct device *device, uint64_t microseconds);
/* The radio reports. */
void device_radio(struct device *device, vestibule_radio_event event);
/* Opens the portal of a device that knows no network. */
void device_open_portal(struct device *device);
/* Sends a request on a connection of its own and returns the answer, which is good until the next one. */
const char *device_ask(struct device *device, uint8_t interface, const char *request);
/* The same for a form, with the token of the page. */
const char *device_submit(struct device *device, const char *fields);

vestibule_network_name network_name(const char *name);

#endif
