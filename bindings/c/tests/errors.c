/* Every error: each call with each pointer null, misaligned, too short, overlapping; numbers that stand for nothing; calls
 * in the wrong order, within callbacks, on what is no portal. None of them changes anything, and none is undefined: the
 * sanitizers look on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define ODD(pointer) ((void *)((char *)(pointer) + 1))

static struct device device;
static uint8_t bytes[2048];

static void making_one(void) {
    static _Alignas(8) uint8_t memory[VESTIBULE_PORTAL_SIZE + 8];
    vestibule_config config;
    vestibule_flash flash = device_flash(&device);
    vestibule_random random = device_random(&device);
    vestibule_portal *portal = (vestibule_portal *)&device;
    const vestibule_layout *own = vestibule_layout_of_header();
    size_t size = VESTIBULE_PORTAL_SIZE;

    CHECK(vestibule_portal_size() <= VESTIBULE_PORTAL_SIZE && vestibule_portal_size() > VESTIBULE_PORTAL_SIZE / 2);
    CHECK(vestibule_config_init(NULL, bytes, 4) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_config_init(&config, NULL, 4) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_config_init(&config, bytes, 33) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(vestibule_config_init(ODD(&config), bytes, 4) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(vestibule_config_init(&config, (const uint8_t *)"Lamp", 4) == 0);

#define NEW(memory, size, layout, config, flash, random) \
    vestibule_portal_new_as(memory, size, layout, config, flash, random, NULL, &portal)
    CHECK(NEW(NULL, size, own, &config, &flash, &random) == VESTIBULE_ERROR_NULL);
    CHECK(NEW(memory + 1, size, own, &config, &flash, &random) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(NEW(memory, size - 1, own, &config, &flash, &random) == VESTIBULE_ERROR_TOO_SMALL);
    CHECK(NEW(memory, 0, own, &config, &flash, &random) == VESTIBULE_ERROR_TOO_SMALL);
    CHECK(NEW(memory, SIZE_MAX, own, &config, &flash, &random) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(NEW(memory, size, NULL, &config, &flash, &random) == VESTIBULE_ERROR_NULL);
    CHECK(NEW(memory, size, own, NULL, &flash, &random) == VESTIBULE_ERROR_NULL);
    CHECK(NEW(memory, size, own, &config, NULL, &random) == VESTIBULE_ERROR_NULL);
    CHECK(NEW(memory, size, own, &config, &flash, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(NEW(memory, size, own, ODD(&config), &flash, &random) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(NEW(memory, size, own, (vestibule_config *)memory, &flash, &random) == VESTIBULE_ERROR_OVERLAP);
    CHECK(vestibule_portal_new(memory, size, &config, &flash, &random, NULL, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_portal_new(memory, size, &config, &flash, &random, NULL, (vestibule_portal **)(void *)(memory + 64)) ==
          VESTIBULE_ERROR_OVERLAP);
    vestibule_layout other = *own;
    other.major++;
    CHECK(NEW(memory, size, &other, &config, &flash, &random) == VESTIBULE_ERROR_LAYOUT);
    other = *own;
    other.config--;
    CHECK(NEW(memory, size, &other, &config, &flash, &random) == VESTIBULE_ERROR_LAYOUT);
    vestibule_flash without = flash;
    without.erase = NULL;
    CHECK(NEW(memory, size, own, &config, &without, &random) == VESTIBULE_ERROR_CALLBACK);
    without = flash;
    without.sectors = 1;
    CHECK(NEW(memory, size, own, &config, &without, &random) == VESTIBULE_ERROR_NUMBER);
    without.sectors = UINT32_MAX;
    CHECK(NEW(memory, size, own, &config, &without, &random) == VESTIBULE_ERROR_NUMBER);
    vestibule_random none = {NULL, NULL, NULL};
    CHECK(NEW(memory, size, own, &config, &flash, &none) == VESTIBULE_ERROR_CALLBACK);
    CHECK(portal == (vestibule_portal *)&device);
    for (size_t i = 0; i < sizeof memory; i++) CHECK(memory[i] == 0);

    CHECK(NEW(memory, size, own, &config, &flash, &random) == 0);
    CHECK(NEW(memory, size, own, &config, &flash, &random) == VESTIBULE_ERROR_IN_USE);
    /* A copy is no portal, nor is what has ended. */
    static _Alignas(8) uint8_t copy[VESTIBULE_PORTAL_SIZE];
    memcpy(copy, memory, sizeof copy);
    CHECK(vestibule_state_get((vestibule_portal *)(void *)copy) == VESTIBULE_ERROR_NOT_A_PORTAL);
    CHECK(vestibule_portal_end((vestibule_portal *)(void *)copy) == VESTIBULE_ERROR_NOT_A_PORTAL);
    CHECK(vestibule_portal_end(portal) == 0);
    CHECK(vestibule_portal_end(portal) == VESTIBULE_ERROR_NOT_A_PORTAL);
    CHECK(vestibule_state_get(portal) == VESTIBULE_ERROR_NOT_A_PORTAL);
    CHECK(vestibule_state_get(NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_state_get(ODD(memory)) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(NEW(memory, size, own, &config, &flash, &random) == 0 && vestibule_portal_end(portal) == 0);
}

static int32_t made_with(vestibule_config config, const vestibule_application *application) {
    static _Alignas(8) uint8_t memory[VESTIBULE_PORTAL_SIZE];
    vestibule_flash flash = device_flash(&device);
    vestibule_random random = device_random(&device);
    vestibule_portal *portal = NULL;
    int32_t result = vestibule_portal_new(memory, sizeof memory, &config, &flash, &random, application, &portal);
    CHECK((result == 0) == (portal != NULL));
    if (portal) CHECK(vestibule_portal_end(portal) == 0);
    for (size_t i = 0; i < sizeof memory; i++) CHECK(memory[i] == 0);
    return result;
}

#define WITH(member, ...) \
    made_with(((changed = config), (changed.member = __VA_ARGS__), changed), NULL)

static void choices(void) {
    vestibule_config config, changed;
    vestibule_text text = VESTIBULE_TEXT("green lantern 7 oak");
    vestibule_text bad = VESTIBULE_TEXT("a\xff");
    vestibule_text line = VESTIBULE_TEXT("a\r\nX-Injected: b");
    vestibule_text known = VESTIBULE_TEXT("password");
    vestibule_text null = {NULL, 5}, endless = {bytes, SIZE_MAX}, long_text = {bytes, 4097};
    CHECK(vestibule_config_init(&config, (const uint8_t *)"Lamp", 4) == 0);
    CHECK(made_with(config, NULL) == 0);
    CHECK(WITH(name_length, 33) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(WITH(name_length, 0) == VESTIBULE_ERROR_TEXT);
    CHECK(WITH(concurrent, 2) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(security, 4) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(security, 77) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(security, VESTIBULE_SECURITY_WPA2) == VESTIBULE_ERROR_PASSPHRASE);
    CHECK(WITH(passphrase, text) == VESTIBULE_ERROR_PASSPHRASE);
    CHECK(WITH(label_code, text) == 0);
    CHECK(WITH(label_code, known) == VESTIBULE_ERROR_PASSPHRASE);
    CHECK(WITH(label_code, null) == VESTIBULE_ERROR_NULL);
    CHECK(WITH(label_code, endless) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(WITH(label_code, long_text) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(WITH(label_code, bad) == VESTIBULE_ERROR_TEXT);
    CHECK(WITH(redirect_host, line) == VESTIBULE_ERROR_TEXT);
    CHECK(WITH(captive_portal, text) == VESTIBULE_ERROR_TEXT);
    CHECK(WITH(may_open, 4) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(after_joining, 2) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(clear_forms, 255) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(without_gateway, 2) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(channel, 15) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(channel, 6) == 0);
    CHECK(WITH(channels, 1) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(country[0], 'd') == VESTIBULE_ERROR_TEXT);
    CHECK(WITH(address[0], 0) == 0);
    CHECK(WITH(home_prefix, 24) == VESTIBULE_ERROR_NUMBER);
    CHECK(WITH(http_port, 0) == VESTIBULE_ERROR_NUMBER);
    memset(config.address, 0, 4);
    CHECK(made_with(config, NULL) == VESTIBULE_ERROR_NUMBER);
}

static int32_t never(void *context, const vestibule_request *request, const vestibule_request_info *info,
                     vestibule_response *response) {
    (void)context, (void)request, (void)info, (void)response;
    return 0;
}

static int32_t with_fields(const vestibule_field *fields, size_t count) {
    vestibule_config config;
    vestibule_application application = {.fields = fields, .field_count = count};
    CHECK(vestibule_config_init(&config, (const uint8_t *)"Lamp", 4) == 0);
    return made_with(config, &application);
}

static int32_t with_routes(const vestibule_route *routes, size_t count) {
    vestibule_config config;
    vestibule_application application = {.routes = routes, .route_count = count};
    CHECK(vestibule_config_init(&config, (const uint8_t *)"Lamp", 4) == 0);
    return made_with(config, &application);
}

static void tables(void) {
    static char names[VESTIBULE_MAX_FIELDS + 1][4];
    static vestibule_field fields[VESTIBULE_MAX_FIELDS + 1];
    static vestibule_choice choices[VESTIBULE_MAX_CHOICES + 1];
    static vestibule_route routes[VESTIBULE_MAX_ROUTES + 1];
    for (size_t i = 0; i <= VESTIBULE_MAX_FIELDS; i++) {
        snprintf(names[i], sizeof names[i], "f%02zu", i);
        fields[i] = (vestibule_field){.name = {(const uint8_t *)names[i], 3}};
    }
    CHECK(with_fields(fields, VESTIBULE_MAX_FIELDS) == 0);
    CHECK(with_fields(fields, VESTIBULE_MAX_FIELDS + 1) == VESTIBULE_ERROR_TABLE);
    CHECK(with_fields(NULL, 1) == VESTIBULE_ERROR_NULL);
    CHECK(with_fields(ODD(fields), 1) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(with_fields(fields, SIZE_MAX / 2) == VESTIBULE_ERROR_TOO_LONG);
    vestibule_field odd[2] = {fields[0], fields[0]};
    CHECK(with_fields(odd, 2) == VESTIBULE_ERROR_TABLE);
    static const char *const own[] = {"network", "ssid", "ssid_hex", "passphrase", "token", ""};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        odd[0].name = (vestibule_text){(const uint8_t *)own[i], strlen(own[i])};
        CHECK(with_fields(odd, 1) == VESTIBULE_ERROR_TABLE);
    }
    odd[0] = fields[0];
    odd[0].kind = 9;
    CHECK(with_fields(odd, 1) == VESTIBULE_ERROR_NUMBER);
    odd[0].kind = VESTIBULE_FIELD_KIND_NUMBER;
    odd[0].min = 1;
    CHECK(with_fields(odd, 1) == VESTIBULE_ERROR_NUMBER);
    odd[0].kind = VESTIBULE_FIELD_KIND_SELECT;
    odd[0].choices = choices;
    odd[0].choice_count = VESTIBULE_MAX_CHOICES;
    CHECK(with_fields(odd, 1) == 0);
    odd[0].choice_count = VESTIBULE_MAX_CHOICES + 1;
    CHECK(with_fields(odd, 1) == VESTIBULE_ERROR_TABLE);
    odd[0].choices = NULL;
    CHECK(with_fields(odd, 1) == VESTIBULE_ERROR_NULL);
    odd[0] = fields[0];
    odd[0].required = 2;
    CHECK(with_fields(odd, 1) == VESTIBULE_ERROR_NUMBER);

    for (size_t i = 0; i <= VESTIBULE_MAX_ROUTES; i++) {
        routes[i] = (vestibule_route){VESTIBULE_TEXT("/lamp"), never, VESTIBULE_METHOD_GET, VESTIBULE_INTERFACE_ANY};
    }
    CHECK(with_routes(routes, VESTIBULE_MAX_ROUTES) == 0);
    CHECK(with_routes(routes, VESTIBULE_MAX_ROUTES + 1) == VESTIBULE_ERROR_TABLE);
    routes[0].interface = 3;
    CHECK(with_routes(routes, 1) == VESTIBULE_ERROR_NUMBER);
    routes[1].method = 5;
    CHECK(with_routes(routes + 1, 1) == VESTIBULE_ERROR_NUMBER);
    routes[2].handle = NULL;
    CHECK(with_routes(routes + 2, 1) == VESTIBULE_ERROR_CALLBACK);
    routes[3].pattern = (vestibule_text)VESTIBULE_TEXT("lamp");
    CHECK(with_routes(routes + 3, 1) == VESTIBULE_ERROR_TEXT);
}

static void pointers(void) {
    vestibule_portal *portal = device.portal;
    vestibule_datagram from = {{192, 168, 4, 2}, 40000, 53, VESTIBULE_INTERFACE_ACCESS_POINT};
    vestibule_reply reply;
    vestibule_radio_command command;
    vestibule_event event;
    uint8_t small, *inside = device.memory + 128;
    uint64_t at;
    size_t length;
    uint64_t now = device.now;

#define DATAGRAM(from, payload, length, room, size, reply) \
    vestibule_handle_datagram(portal, from, payload, length, room, size, reply, now)
    CHECK(DATAGRAM(NULL, bytes, 9, bytes + 64, 548, &reply) == VESTIBULE_ERROR_NULL);
    CHECK(DATAGRAM(ODD(&from), bytes, 9, bytes + 64, 548, &reply) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(DATAGRAM(&from, NULL, 9, bytes + 64, 548, &reply) == VESTIBULE_ERROR_NULL);
    CHECK(DATAGRAM(&from, NULL, 0, bytes + 64, 548, &reply) == 0);
    CHECK(DATAGRAM(&from, bytes, SIZE_MAX, bytes + 64, 548, &reply) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(DATAGRAM(&from, bytes, 65, bytes + 64, 548, &reply) == VESTIBULE_ERROR_OVERLAP);
    CHECK(DATAGRAM(&from, inside, 9, bytes + 64, 548, &reply) == VESTIBULE_ERROR_OVERLAP);
    CHECK(DATAGRAM(&from, bytes, 9, inside, 548, &reply) == VESTIBULE_ERROR_OVERLAP);
    CHECK(DATAGRAM(&from, bytes, 9, NULL, 548, &reply) == VESTIBULE_ERROR_NULL);
    CHECK(DATAGRAM(&from, bytes, 9, bytes + 64, 547, &reply) == VESTIBULE_ERROR_TOO_SMALL);
    CHECK(DATAGRAM(&from, bytes, 9, bytes + 64, 548, NULL) == VESTIBULE_ERROR_NULL);
    from.interface = VESTIBULE_INTERFACE_ANY;
    CHECK(DATAGRAM(&from, bytes, 9, bytes + 64, 548, &reply) == VESTIBULE_ERROR_NUMBER);

    CHECK(vestibule_poll_event(portal, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_poll_event(portal, ODD(&event)) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(vestibule_poll_radio(portal, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_poll_radio(portal, (vestibule_radio_command *)inside) == VESTIBULE_ERROR_OVERLAP);
    CHECK(vestibule_poll_radio_for_station(portal, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_poll_radio_for_station(portal, &command) == 0);
    CHECK(vestibule_poll_ready(portal, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_poll_timeout(portal, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_poll_timeout(portal, ODD(&at)) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(vestibule_deadline(portal, 0, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_deadline(portal, 8, &at) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_deadline(portal, 0, &at) == 0);
    CHECK(vestibule_is_open(portal, 8) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_is_idle(portal, 255) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_stored_network(portal, 0, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_network(portal, 0, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_lease(portal, 0, NULL, now) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_home(portal, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_access_point_address(portal, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_access_point_address(portal, bytes + 1) == 0);
    CHECK(vestibule_status_get(portal, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_value(portal, NULL, 1, bytes, 9, &length) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_value(portal, bytes, 4, bytes + 3, 9, &length) == VESTIBULE_ERROR_OVERLAP);
    CHECK(vestibule_value(portal, (const uint8_t *)"\xff", 1, bytes, 9, &length) == VESTIBULE_ERROR_TEXT);
    CHECK(vestibule_value(portal, (const uint8_t *)"none", 4, bytes, 9, &length) == 0);
    CHECK(vestibule_handle_name(portal, (const uint8_t *)"lamp.local", 10) == VESTIBULE_ERROR_TEXT);
    CHECK(vestibule_handle_name(portal, (const uint8_t *)"lamp", 4) == 0);
    CHECK(vestibule_problem_text(VESTIBULE_PROBLEM_BUSY, bytes, 5) == VESTIBULE_ERROR_TOO_SMALL);
    CHECK(vestibule_problem_text(33, bytes, 128) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_problem_text(VESTIBULE_PROBLEM_BUSY, bytes, 128) == 0 && strlen((char *)bytes) > 5);
    CHECK(vestibule_clear(portal, NULL, now) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_factory_reset(portal, NULL, now) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_submit(portal, NULL, &small, now) == VESTIBULE_ERROR_NULL);
}

static void numbers(void) {
    vestibule_portal *portal = device.portal;
    vestibule_radio_event event = {.kind = 10};
    uint64_t now = device.now;
    CHECK(vestibule_handle_radio(portal, NULL, now) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_handle_radio(portal, &event, now) == VESTIBULE_ERROR_NUMBER);
    event = (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_NETWORK_FOUND, .ssid.length = 33};
    CHECK(vestibule_handle_radio(portal, &event, now) == VESTIBULE_ERROR_TOO_LONG);
    event.ssid.length = 3;
    event.security = 6;
    CHECK(vestibule_handle_radio(portal, &event, now) == VESTIBULE_ERROR_NUMBER);
    event = (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_JOINED, .link.prefix = 24};
    CHECK(vestibule_handle_radio(portal, &event, now) == VESTIBULE_ERROR_NUMBER);
    event.link = (vestibule_station_address){{10, 0, 0, 7}, {0}, 33};
    CHECK(vestibule_handle_radio(portal, &event, now) == VESTIBULE_ERROR_NUMBER);
    event = (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_JOIN_FAILED, .failure = 6};
    CHECK(vestibule_handle_radio(portal, &event, now) == VESTIBULE_ERROR_NUMBER);
    event = (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_JOIN_ABORTED, .stage = 7};
    CHECK(vestibule_handle_radio(portal, &event, now) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_result_delivered(portal, 6, 0, now) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_result_delivered(portal, VESTIBULE_FRONT_END_SERIAL, 3, now) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_result_delivered(portal, VESTIBULE_FRONT_END_SERIAL, VESTIBULE_INTERFACE_ANY, now) == 0);
    CHECK(vestibule_keep_alive(portal, 120001, now) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(vestibule_keep_alive(portal, 120000, now) == 0);
}

static void submissions(void) {
    vestibule_portal *portal = device.portal;
    uint8_t problem = 0;
    vestibule_submission submission = {.ssid = network_name("Home"), .passphrase = bytes, .passphrase_length = 3};
    memset(bytes, 'x', 80);
    CHECK(vestibule_submit(portal, &submission, &problem, device.now) == 1);
    CHECK(problem == VESTIBULE_PROBLEM_PASSPHRASE_TOO_SHORT);
    submission.passphrase_length = 0;
    CHECK(vestibule_submit(portal, &submission, &problem, device.now) == 1);
    CHECK(problem == VESTIBULE_PROBLEM_PASSPHRASE_MISSING);
    submission.passphrase_length = 65;
    CHECK(vestibule_submit(portal, &submission, &problem, device.now) == 1);
    CHECK(problem == VESTIBULE_PROBLEM_PASSPHRASE_TOO_LONG);
    submission.passphrase = NULL;
    CHECK(vestibule_submit(portal, &submission, &problem, device.now) == VESTIBULE_ERROR_NULL);
    submission.passphrase_length = SIZE_MAX;
    submission.passphrase = bytes;
    CHECK(vestibule_submit(portal, &submission, &problem, device.now) == VESTIBULE_ERROR_TOO_LONG);
    submission.passphrase_length = 9;
    submission.ssid.length = 200;
    CHECK(vestibule_submit(portal, &submission, &problem, device.now) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(vestibule_submit(portal, &submission, NULL, device.now) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_clear(portal, &problem, device.now) == 0);
    device_drain(&device);
}

static void order(void) {
    vestibule_portal *portal = device.portal;
    size_t length = 0;
    CHECK(vestibule_handle_received(portal, 0, bytes, 1, &length, device.now) == VESTIBULE_ERROR_ORDER);
    CHECK(vestibule_handle_received_end(portal, 0, device.now) == VESTIBULE_ERROR_ORDER);
    CHECK(vestibule_handle_closed(portal, 0) == VESTIBULE_ERROR_ORDER);
    CHECK(vestibule_poll_send(portal, 0, bytes, 9, &length, device.now) == VESTIBULE_ERROR_ORDER);
    CHECK(vestibule_handle_open(portal, 8, 0, device.now) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_handle_open(portal, 0, 2, device.now) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_handle_open(portal, 7, 0, device.now) == 0);
    CHECK(vestibule_handle_open(portal, 7, 0, device.now) == VESTIBULE_ERROR_ORDER);
    CHECK(vestibule_handle_received(portal, 7, bytes, 1, NULL, device.now) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_handle_received(portal, 7, bytes, SIZE_MAX, &length, device.now) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(vestibule_poll_send(portal, 7, bytes, 0, &length, device.now) == VESTIBULE_ERROR_TOO_SMALL);
    CHECK(vestibule_poll_send(portal, 7, bytes, 9, &length, device.now) == VESTIBULE_TRANSFER_IDLE && length == 0);
    CHECK(vestibule_is_open(portal, 7) == 1);
    CHECK(vestibule_handle_closed(portal, 7) == 0);
    CHECK(vestibule_handle_timeout(portal, device.now + 5) == 0);
    CHECK(vestibule_handle_timeout(portal, device.now + 4) == VESTIBULE_ERROR_WENT_BACK);
    CHECK(vestibule_setup(portal, 0) == VESTIBULE_ERROR_WENT_BACK);
    device.now += 5;
}

/* What a callback that calls the portal is told, and what handles are worth afterwards. */
static const vestibule_writer *kept_writer;
static const vestibule_values *kept_values;
static unsigned refused;

static void calls_within_event(void *context, const vestibule_event *event) {
    struct device *own = context;
    vestibule_event other;
    size_t length = 0;
    (void)event;
    if (!own->portal) return;
    CHECK(vestibule_setup(own->portal, own->now) == VESTIBULE_ERROR_BUSY);
    CHECK(vestibule_poll_event(own->portal, &other) == VESTIBULE_ERROR_BUSY);
    CHECK(vestibule_portal_end(own->portal) == VESTIBULE_ERROR_BUSY);
    vestibule_config config;
    vestibule_flash flash = device_flash(own);
    vestibule_random random = device_random(own);
    vestibule_portal *second = NULL;
    CHECK(vestibule_config_init(&config, (const uint8_t *)"Lamp", 4) == 0);
    CHECK(vestibule_portal_new(own->memory, VESTIBULE_PORTAL_SIZE, &config, &flash, &random, NULL, &second) ==
          VESTIBULE_ERROR_IN_USE);
    /* A handle that this callback was not given. */
    CHECK(vestibule_write((const vestibule_writer *)own->portal, bytes, 1) == VESTIBULE_ERROR_SCOPE);
    CHECK(vestibule_values_get((const vestibule_values *)own->portal, bytes, 1, bytes + 9, 9, &length) ==
          VESTIBULE_ERROR_SCOPE);
    refused++;
}

static void keeps_values(void *context, const vestibule_values *values) {
    size_t length = 0;
    (void)context;
    kept_values = values;
    CHECK(vestibule_values_get(values, NULL, 3, bytes, 9, &length) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_values_get(values, (const uint8_t *)"a", 1, bytes, 9, NULL) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_write((const vestibule_writer *)values, bytes, 1) == VESTIBULE_ERROR_SCOPE);
}

static void keeps_writer(void *context, uint32_t page, uint32_t argument, const vestibule_writer *writer) {
    (void)context, (void)page, (void)argument;
    kept_writer = writer;
    CHECK(vestibule_write(writer, NULL, 3) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_write(writer, bytes, SIZE_MAX) == VESTIBULE_ERROR_TOO_LONG);
    CHECK(vestibule_write(NULL, bytes, 3) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_write(ODD(writer), bytes, 3) == VESTIBULE_ERROR_MISALIGNED);
    CHECK(vestibule_name_is((const vestibule_name *)writer, bytes, 1) == VESTIBULE_ERROR_SCOPE);
}

static unsigned odd_answer;
static int32_t answers_oddly(void *context, const vestibule_request *request, const vestibule_request_info *info,
                             vestibule_response *response) {
    size_t length = 0;
    (void)context, (void)info;
    CHECK(vestibule_request_value(request, 4, bytes, 1, bytes + 9, 9, &length) == VESTIBULE_ERROR_NUMBER);
    CHECK(vestibule_request_value(request, 0, NULL, 1, bytes, 9, &length) == VESTIBULE_ERROR_NULL);
    CHECK(vestibule_request_value(request, 0, bytes, 1, NULL, 9, &length) == VESTIBULE_ERROR_NULL);
    switch (odd_answer) {
    case 0: response->kind = VESTIBULE_ANSWERED_PAGE, response->status = 200; break;
    case 1: response->kind = 9; break;
    case 2: response->kind = VESTIBULE_ANSWERED_PAGE, response->status = 999; break;
    case 3: response->kind = VESTIBULE_ANSWERED_SEE_OTHER; break;
    case 4:
        response->kind = VESTIBULE_ANSWERED_SEE_OTHER;
        response->location = (vestibule_text)VESTIBULE_TEXT("/a\r\nX-Injected: b");
        break;
    case 5:
        response->kind = VESTIBULE_ANSWERED_PAGE, response->status = 200;
        response->content_type = (vestibule_text){NULL, 9};
        break;
    default: return 1;
    }
    return 0;
}

static void within_callbacks(void) {
    static struct device own;
    static const vestibule_route route = {VESTIBULE_TEXT("/odd"), answers_oddly, VESTIBULE_METHOD_GET,
                                          VESTIBULE_INTERFACE_ACCESS_POINT};
    static const vestibule_field field = {.name = VESTIBULE_TEXT("a"), .label = VESTIBULE_TEXT("A")};
    vestibule_application application = {
        .context = &own, .fields = &field, .field_count = 1, .routes = &route, .route_count = 1,
        .on_event = calls_within_event, .on_values = keeps_values, .write_page = keeps_writer,
    };
    size_t length = 0;
    uint8_t fault;
    device_blank(&own);
    device_power_on(&own, &application);
    device_open_portal(&own);
    CHECK(refused > 2);
    const char *ask = "GET /odd HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n";
    CHECK(strncmp(device_ask(&own, VESTIBULE_INTERFACE_ACCESS_POINT, ask), "HTTP/1.1 200 ", 13) == 0);
    for (odd_answer = 1; odd_answer < 7; odd_answer++) {
        const char *answer = device_ask(&own, VESTIBULE_INTERFACE_ACCESS_POINT, ask);
        CHECK(strncmp(answer, "HTTP/1.1 500 ", 13) == 0 && !strstr(answer, "Injected"));
    }
    CHECK(vestibule_factory_reset(own.portal, &fault, own.now) == 0);
    CHECK(kept_writer && kept_values);
    CHECK(vestibule_write(kept_writer, bytes, 1) == VESTIBULE_ERROR_SCOPE);
    CHECK(vestibule_values_get(kept_values, bytes, 1, bytes + 9, 9, &length) == VESTIBULE_ERROR_SCOPE);
    device_power_off(&own);
}

static void broken_flash(void) {
    uint8_t fault = 9;
    device.broken = true;
    CHECK(vestibule_factory_reset(device.portal, &fault, device.now) == 1 && fault == VESTIBULE_STORAGE_FAULT_FLASH);
    device_drain(&device);
    CHECK(device.happened[VESTIBULE_EVENT_KIND_STORAGE_FAULT] == 1);
    device_power_off(&device);
    device_power_on(&device, NULL);
    device_drain(&device);
    CHECK(device.happened[VESTIBULE_EVENT_KIND_STORAGE_FAULT] >= 1);
    device.broken = false;
    device_power_off(&device);
}

int main(void) {
    device_blank(&device);
    making_one();
    choices();
    tables();
    device_power_on(&device, NULL);
    device_open_portal(&device);
    pointers();
    numbers();
    submissions();
    order();
    CHECK(vestibule_state_get(device.portal) == VESTIBULE_STATE_PORTAL_OPEN);
    broken_flash();
    within_callbacks();
    puts("every error: an error code, and nothing else");
    return 0;
}
