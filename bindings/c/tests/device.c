#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check(bool holds, const char *condition, const char *file, int line) {
    if (holds) return;
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
    exit(1);
}

void vestibule_panicked(const uint8_t *file, size_t length, uint32_t line) {
    fprintf(stderr, "the library has panicked at %.*s:%u\n", (int)length, (const char *)file, (unsigned)line);
    abort();
}

static int32_t flash_read(void *context, uint32_t offset, uint8_t *bytes, size_t length) {
    struct device *device = context;
    if (device->broken || offset > FLASH_BYTES || length > FLASH_BYTES - offset) return -1;
    memcpy(bytes, device->flash + offset, length);
    return 0;
}

static int32_t flash_write(void *context, uint32_t offset, const uint8_t *bytes, size_t length) {
    struct device *device = context;
    if (device->broken || offset > FLASH_BYTES || length > FLASH_BYTES - offset) return -1;
    for (size_t i = 0; i < length; i++) device->flash[offset + i] &= bytes[i];
    return 0;
}

static int32_t flash_erase(void *context, uint32_t from, uint32_t to) {
    struct device *device = context;
    if (device->broken || from > to || to > FLASH_BYTES) return -1;
    memset(device->flash + from, 0xff, to - from);
    return 0;
}

/* SplitMix64: the same bytes on every run. Never on a device. */
static void random_fill(void *context, uint8_t *bytes, size_t length) {
    struct device *device = context;
    for (size_t i = 0; i < length; i++) {
        uint64_t mixed = device->random += 0x9e3779b97f4a7c15u;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        bytes[i] = (uint8_t)(mixed >> 56);
    }
}

vestibule_flash device_flash(struct device *device) {
    return (vestibule_flash){device, SECTORS, flash_read, flash_write, flash_erase};
}

vestibule_random device_random(struct device *device) {
    return (vestibule_random){device, random_fill, NULL};
}

void device_blank(struct device *device) {
    memset(device, 0, sizeof *device);
    memset(device->flash, 0xff, sizeof device->flash);
}

void device_power_on(struct device *device, const vestibule_application *application) {
    vestibule_config config;
    CHECK(vestibule_config_init(&config, (const uint8_t *)"Lamp", 4) == 0);
    vestibule_flash flash = device_flash(device);
    vestibule_random random = device_random(device);
    device->memory = aligned_alloc(VESTIBULE_PORTAL_ALIGN, VESTIBULE_PORTAL_SIZE);
    CHECK(device->memory != NULL);
    memset(device->memory, 0, VESTIBULE_PORTAL_SIZE);
    memset(device->commanded, 0, sizeof device->commanded);
    memset(device->happened, 0, sizeof device->happened);
    CHECK(vestibule_portal_new(device->memory, VESTIBULE_PORTAL_SIZE, &config, &flash, &random, application,
                               &device->portal) == 0);
}

void device_power_off(struct device *device) {
    CHECK(vestibule_portal_end(device->portal) == 0);
    for (size_t i = 0; i < VESTIBULE_PORTAL_SIZE; i++) CHECK(device->memory[i] == 0);
    free(device->memory);
    device->portal = NULL;
}

void device_drain(struct device *device) {
    vestibule_event event;
    int32_t more;
    while ((more = vestibule_poll_event(device->portal, &event)) == 1) {
        CHECK(event.kind < 14);
        device->events[event.kind] = event;
        device->happened[event.kind]++;
    }
    CHECK(more == 0);
    vestibule_radio_command command;
    while ((more = vestibule_poll_radio(device->portal, &command)) == 1) {
        CHECK(command.kind < 6);
        device->commands[command.kind] = command;
        device->commanded[command.kind]++;
    }
    CHECK(more == 0);
}

void device_wait(struct device *device, uint64_t microseconds) {
    uint64_t until = device->now + microseconds, due;
    while (vestibule_poll_timeout(device->portal, &due) == 1 && due <= until) {
        device->now = due > device->now ? due : device->now;
        CHECK(vestibule_handle_timeout(device->portal, device->now) == 0);
        device_drain(device);
    }
    device->now = until;
}

void device_radio(struct device *device, vestibule_radio_event event) {
    CHECK(vestibule_handle_radio(device->portal, &event, device->now) == 0);
    device_drain(device);
}

void device_open_portal(struct device *device) {
    CHECK(vestibule_connect_or_setup(device->portal, device->now) == 0);
    device_drain(device);
    CHECK(device->commanded[VESTIBULE_RADIO_COMMAND_KIND_SCAN] == 1);
    device_radio(device, (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_NETWORK_FOUND,
                                                 .ssid = network_name("Home"),
                                                 .channel = 6,
                                                 .signal = -50,
                                                 .security = VESTIBULE_SECURITY_WPA2});
    device_radio(device, (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_SCAN_FINISHED});
    CHECK(device->commanded[VESTIBULE_RADIO_COMMAND_KIND_RAISE_ACCESS_POINT] == 1);
    device_radio(device, (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_ACCESS_POINT_UP});
    CHECK(vestibule_state_get(device->portal) == VESTIBULE_STATE_PORTAL_OPEN);
}

const char *device_ask(struct device *device, uint8_t interface, const char *request) {
    static char answer[1 << 16];
    size_t used = 0, taken = 0, piece;
    uint8_t ready;
    int32_t transfer = VESTIBULE_TRANSFER_IDLE;
    CHECK(vestibule_handle_open(device->portal, 0, interface, device->now) == 0);
    CHECK(vestibule_handle_received(device->portal, 0, (const uint8_t *)request, strlen(request), &taken,
                                    device->now) == 0);
    CHECK(taken == strlen(request));
    while (vestibule_poll_ready(device->portal, &ready) == 1) {
        CHECK(ready == 0);
        do {
            /* Pieces of an odd size, on the heap, so that one byte beyond them is seen. */
            uint8_t *room = malloc(97);
            transfer = vestibule_poll_send(device->portal, 0, room, 97, &piece, device->now);
            CHECK(transfer >= 0 && piece <= 97 && used + piece < sizeof answer);
            memcpy(answer + used, room, piece);
            used += piece;
            free(room);
        } while (transfer == VESTIBULE_TRANSFER_BYTES || transfer == VESTIBULE_TRANSFER_FINISH);
    }
    CHECK(vestibule_handle_closed(device->portal, 0) == 0);
    device_drain(device);
    answer[used] = 0;
    return answer;
}

const char *device_submit(struct device *device, const char *fields) {
    char token[41] = "", body[512], request[1024];
    const char *page = device_ask(device, VESTIBULE_INTERFACE_ACCESS_POINT, "GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    const char *found = strstr(page, "name=\"token\" value=\"");
    if (!found) found = strstr(page, "name=token value=");
    CHECK(found != NULL);
    found = strstr(found, "value=") + strlen("value=");
    found += *found == '"';
    strncpy(token, found, strspn(found, "0123456789abcdef") < 40 ? strspn(found, "0123456789abcdef") : 40);
    snprintf(body, sizeof body, "token=%s&%s", token, fields);
    snprintf(request, sizeof request,
             "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    return device_ask(device, VESTIBULE_INTERFACE_ACCESS_POINT, request);
}

vestibule_network_name network_name(const char *name) {
    vestibule_network_name out = {{0}, (uint8_t)strlen(name)};
    memcpy(out.bytes, name, strlen(name));
    return out;
}
