/* Random calls over the border with random arguments, valid and not, from a seed: `fuzz SEED CALLS`. What holds whatever
 * comes: no panic, nothing that the sanitizers see, no byte beyond a buffer, and results only where the call says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

static uint64_t state;

static uint64_t draw(uint64_t below) {
    uint64_t mixed = state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return (mixed ^ (mixed >> 31)) % below;
}

static void draw_bytes(void *room, size_t length) {
    for (size_t i = 0; i < length; i++) ((uint8_t *)room)[i] = (uint8_t)draw(256);
}

static const char *const seeds[] = {
    "GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n",
    "GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n",
    "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: 40\r\n\r\nnetwork=486f6d65&passphrase=wrong+horse..",
    "GET /api/status HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n",
    "GET /page/7?q=%41 HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n",
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04home\x00\x00\x01\x00\x01",
};

/* Some bytes: none, noise, or one of the above with some of its bytes changed; of its own length, so that a byte beyond it
 * is seen. */
static uint8_t *draw_input(size_t *length) {
    uint8_t *bytes;
    if (draw(3) == 0) {
        *length = draw(700);
        bytes = malloc(*length ? *length : 1);
        draw_bytes(bytes, *length);
        return bytes;
    }
    const char *seed = seeds[draw(sizeof seeds / sizeof *seeds)];
    *length = seed[0] == 0x12 ? 22 : strlen(seed);
    bytes = malloc(*length);
    memcpy(bytes, seed, *length);
    for (uint64_t changes = draw(4); changes > 1; changes--) bytes[draw(*length)] = (uint8_t)draw(256);
    if (draw(4) == 0) *length = draw(*length);
    return bytes;
}

static int32_t answer(void *context, const vestibule_request *request, const vestibule_request_info *info,
                      vestibule_response *response) {
    uint8_t room[16];
    size_t length = 0;
    (void)context;
    int32_t found = vestibule_request_value(request, (uint8_t)draw(5), (const uint8_t *)"q", 1, room, draw(17), &length);
    CHECK(found != 1 || length <= 16);
    CHECK(info->path.length > 0 && info->path.bytes[0] == '/');
    if (draw(4) == 0) draw_bytes(&response->status, sizeof response->status);
    response->kind = (uint8_t)draw(4);
    response->status = draw(2) ? 200 : response->status;
    response->argument = (uint32_t)draw(9);
    return draw(9) == 0;
}

static void write_page(void *context, uint32_t page, uint32_t argument, const vestibule_writer *writer) {
    (void)context, (void)page;
    for (uint32_t i = 0; i <= argument; i++) CHECK(vestibule_write_text(writer, (const uint8_t *)"<&\xff>", 4) == 0);
}

static void radio_reports(struct device *device) {
    vestibule_radio_event event;
    draw_bytes(&event, sizeof event);
    event.kind = (uint8_t)draw(11);
    if (draw(2)) event.security = (uint8_t)draw(6), event.ssid.length %= 33, event.failure %= 6, event.stage %= 7;
    if (draw(2)) event.link = (vestibule_station_address){{10, 0, 0, 7}, {10, 0, 0, 1}, 24};
    int32_t result = vestibule_handle_radio(device->portal, &event, device->now);
    CHECK(result == 0 || result == VESTIBULE_ERROR_NUMBER || result == VESTIBULE_ERROR_TOO_LONG);
}

static void connection(struct device *device) {
    uint8_t number = (uint8_t)draw(9), *room;
    size_t length, taken = 0;
    switch (draw(5)) {
    case 0: vestibule_handle_open(device->portal, number, (uint8_t)draw(3), device->now); break;
    case 1: vestibule_handle_closed(device->portal, number); break;
    case 2: vestibule_handle_received_end(device->portal, number, device->now); break;
    case 3:
        room = draw_input(&length);
        if (vestibule_handle_received(device->portal, number, room, length, &taken, device->now) == 0) CHECK(taken <= length);
        free(room);
        break;
    default:
        length = draw(1500);
        room = malloc(length ? length : 1);
        if (vestibule_poll_send(device->portal, number, room, length, &taken, device->now) >= 0) CHECK(taken <= length);
        free(room);
    }
}

/* A request from its beginning to its end, as far as the portal takes it. */
static void whole_request(struct device *device) {
    uint8_t number = (uint8_t)draw(VESTIBULE_CONNECTIONS), ready, *room, *bytes;
    size_t length, taken = 0, sent;
    int32_t transfer;
    bytes = draw_input(&length);
    vestibule_handle_closed(device->portal, number);
    CHECK(vestibule_handle_open(device->portal, number, (uint8_t)draw(2), device->now) == 0);
    CHECK(vestibule_handle_received(device->portal, number, bytes, length, &taken, device->now) == 0 && taken <= length);
    free(bytes);
    while (vestibule_poll_ready(device->portal, &ready) == 1) {
        do {
            length = 1 + draw(3000);
            room = malloc(length);
            transfer = vestibule_poll_send(device->portal, ready, room, length, &sent, device->now);
            /* Connections that the portal has closed before the program did. */
            CHECK(transfer >= 0 || transfer == VESTIBULE_ERROR_ORDER);
            if (transfer >= 0) CHECK(sent <= length);
            free(room);
        } while (transfer == VESTIBULE_TRANSFER_BYTES);
    }
    CHECK(vestibule_handle_closed(device->portal, number) == 0);
}

static void datagram(struct device *device) {
    vestibule_datagram from;
    vestibule_reply reply;
    size_t length, size = VESTIBULE_REPLY_BYTES - draw(8) / 7;
    draw_bytes(&from, sizeof from);
    from.port = draw(2) ? 53 : 67;
    from.interface = (uint8_t)draw(3);
    uint8_t *payload = draw_input(&length), *room = malloc(size);
    if (vestibule_handle_datagram(device->portal, &from, payload, length, room, size, &reply, device->now) == 1) {
        CHECK(reply.length <= size);
    }
    free(payload);
    free(room);
}

static void owner(struct device *device) {
    vestibule_submission submission = {.ssid = network_name("Home")};
    uint8_t problem = 0;
    uint8_t *text = draw_input(&submission.form_length);
    submission.form = text;
    submission.passphrase = text;
    submission.passphrase_length = draw(submission.form_length + 1);
    switch (draw(7)) {
    case 0: vestibule_submit(device->portal, &submission, &problem, device->now); break;
    case 1: vestibule_clear(device->portal, &problem, device->now); break;
    case 2: vestibule_rescan(device->portal, device->now); break;
    case 3: vestibule_keep_alive(device->portal, (uint32_t)draw(200000), device->now); break;
    case 4: vestibule_result_delivered(device->portal, (uint8_t)draw(7), (uint8_t)draw(4), device->now); break;
    case 5: vestibule_handle_name(device->portal, text, submission.form_length); break;
    default: vestibule_handle_captive_home(device->portal);
    }
    free(text);
}

static void lifecycle(struct device *device) {
    uint8_t fault = 0;
    switch (draw(8)) {
    case 0: vestibule_connect(device->portal, device->now); break;
    case 1: vestibule_setup(device->portal, device->now); break;
    case 2: vestibule_setup_after_restarts(device->portal, device->now); break;
    case 3: vestibule_factory_reset(device->portal, &fault, device->now); break;
    default: vestibule_connect_or_setup(device->portal, device->now);
    }
}

static void look(struct device *device) {
    vestibule_status status;
    vestibule_network_entry network;
    vestibule_lease_entry lease;
    vestibule_network_name name;
    uint8_t room[128];
    CHECK(vestibule_status_get(device->portal, &status) == 0 && status.state < 15 && status.ssid.length <= 32);
    if (vestibule_network(device->portal, draw(40), &network) == 1) CHECK(network.security < 6);
    CHECK(vestibule_lease(device->portal, draw(14), &lease, device->now) >= 0);
    CHECK(vestibule_stored_network(device->portal, draw(5), &name) >= 0);
    CHECK(vestibule_problem_text((uint8_t)draw(33), room, sizeof room) == 0);
}

int main(int argc, char **argv) {
    static struct device device;
    static const vestibule_route routes[] = {
        {VESTIBULE_TEXT("/page/{id}"), answer, VESTIBULE_METHOD_GET, VESTIBULE_INTERFACE_ANY},
        {VESTIBULE_TEXT("/page/*"), answer, VESTIBULE_METHOD_POST, VESTIBULE_INTERFACE_HOME},
    };
    static const vestibule_field field = {.name = VESTIBULE_TEXT("q"), .label = VESTIBULE_TEXT("<Q>")};
    const vestibule_application application = {.fields = &field, .field_count = 1, .routes = routes, .route_count = 2,
                                               .write_page = write_page};
    state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    unsigned long answered = 0, calls = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
    device_blank(&device);
    device.random = state;
    device_power_on(&device, &application);
    device_open_portal(&device);
    for (unsigned long call = 0; call < calls; call++) {
        device.now += draw(4) ? draw(20000) : draw(30000000);
        switch (draw(16)) {
        case 0:
            if (draw(30) == 0) lifecycle(&device);
            break;
        case 1: radio_reports(&device); break;
        case 2: owner(&device); break;
        case 3: look(&device); break;
        case 4: device.broken = draw(40) == 0; break;
        case 5:
            if (draw(200) == 0) {
                answered += device.happened[VESTIBULE_EVENT_KIND_ANSWERED];
                device_power_off(&device);
                device_power_on(&device, &application);
                lifecycle(&device);
            }
            break;
        case 6: datagram(&device); break;
        case 7: whole_request(&device); break;
        case 8: CHECK(vestibule_handle_timeout(device.portal, device.now) == 0); break;
        default: connection(&device);
        }
        if (draw(3)) device_drain(&device);
    }
    answered += device.happened[VESTIBULE_EVENT_KIND_ANSWERED];
    device_power_off(&device);
    printf("fuzz: seed %s, %lu calls, %lu requests answered\n", argc > 1 ? argv[1] : "1", calls, answered);
    /* Or it has looked at nothing but refusals. */
    CHECK(answered > calls / 200);
    return 0;
}
