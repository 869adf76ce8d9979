/* The portal of a device in the simulator, behind this library: `vestibule run --driver c`. Each record on standard input is a
 * call; it is made, callbacks are asked for on standard output, and then what it returned is written with all that the portal
 * knows. The records are those of sim/src/device/c_portal. It decides nothing. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vestibule.h"

enum { DONE = 32, ANSWER = 64, FLASH_READ, FLASH_WRITE, FLASH_ERASE, RANDOM, KEY };

#define MOST (1u << 20)

static uint8_t in[MOST];
static size_t in_length, in_used;

static void fail(const char *why) {
    fprintf(stderr, "world: %s\n", why);
    exit(1);
}

void vestibule_panicked(const uint8_t *file, size_t length, uint32_t line) {
    fprintf(stderr, "world: panicked at %.*s:%u\n", (int)length, (const char *)file, (unsigned)line);
    abort();
}

/* Records that are written. */
static uint8_t out[MOST];
static size_t out_length;

static void put_bytes(const void *bytes, size_t length) {
    if (length > MOST - out_length) fail("a record is too long");
    if (length) memcpy(out + out_length, bytes, length);
    out_length += length;
}

static void put(uint64_t number, size_t length) {
    uint8_t bytes[8];
    for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)(number >> (8 * i));
    put_bytes(bytes, length);
}

static void put_name(const vestibule_network_name *name) {
    put(name->length, 1);
    put_bytes(name->bytes, 32);
}

static void put_link(const vestibule_station_address *link) {
    put_bytes(link->address, 4);
    put_bytes(link->gateway, 4);
    put(link->prefix, 1);
}

static void put_moment(int32_t is_there, uint64_t moment) {
    put(is_there == 1, 1);
    put(is_there == 1 ? moment : 0, 8);
}

static void send_record(uint8_t kind) {
    uint8_t header[5] = {kind, (uint8_t)out_length, (uint8_t)(out_length >> 8), (uint8_t)(out_length >> 16),
                         (uint8_t)(out_length >> 24)};
    fwrite(header, 1, sizeof header, stdout);
    fwrite(out, 1, out_length, stdout);
    out_length = 0;
}

/* Records that are read. */
static bool receive(uint8_t *kind) {
    uint8_t header[5];
    fflush(stdout);
    if (fread(header, 1, 1, stdin) != 1) return false;
    if (fread(header + 1, 1, 4, stdin) != 4) fail("half a record");
    in_length = header[1] | (size_t)header[2] << 8 | (size_t)header[3] << 16 | (size_t)header[4] << 24;
    if (in_length > MOST || fread(in, 1, in_length, stdin) != in_length) fail("half a record");
    in_used = 0;
    *kind = header[0];
    return true;
}

static const uint8_t *take_bytes(size_t length) {
    if (length > in_length - in_used) fail("a record is too short");
    in_used += length;
    return in + in_used - length;
}

static uint64_t take(size_t length) {
    const uint8_t *bytes = take_bytes(length);
    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) number |= (uint64_t)bytes[i] << (8 * i);
    return number;
}

static vestibule_network_name take_name(void) {
    vestibule_network_name name;
    name.length = (uint8_t)take(1);
    memcpy(name.bytes, take_bytes(32), 32);
    return name;
}

/* A text that stays with the portal, of exactly its size. */
static vestibule_text take_text(size_t place) {
    static uint8_t *kept[4];
    size_t length = (size_t)take(2);
    kept[place] = malloc(length ? length : 1);
    memcpy(kept[place], take_bytes(length), length);
    return (vestibule_text){kept[place], length};
}

/* Callbacks: the world has the flash, the random bytes and the key. What it answers comes in a record, whose bytes after the
 * first are the result. */
static int32_t ask(uint8_t kind, void *result, size_t length) {
    uint8_t answer;
    send_record(kind);
    if (!receive(&answer) || answer != DONE || in_length < 1 + length) exit(0);
    if (length) memcpy(result, in + 1, length);
    return in[0];
}

static int32_t flash_read(void *context, uint32_t offset, uint8_t *bytes, size_t length) {
    (void)context;
    put(offset, 4);
    put(length, 4);
    return ask(FLASH_READ, bytes, length);
}

static int32_t flash_write(void *context, uint32_t offset, const uint8_t *bytes, size_t length) {
    (void)context;
    put(offset, 4);
    put_bytes(bytes, length);
    return ask(FLASH_WRITE, NULL, 0);
}

static int32_t flash_erase(void *context, uint32_t from, uint32_t to) {
    (void)context;
    put(from, 4);
    put(to, 4);
    return ask(FLASH_ERASE, NULL, 0);
}

static void random_fill(void *context, uint8_t *bytes, size_t length) {
    (void)context;
    put(length, 4);
    ask(RANDOM, bytes, length);
}

static int32_t derive_key(void *context, const uint8_t *purpose, size_t length, uint8_t *key) {
    (void)context;
    put_bytes(purpose, length);
    return ask(KEY, key, 32);
}

static vestibule_portal *portal;

static void take_times(vestibule_config *config) {
    uint32_t *const times[] = {&config->lease_ms, &config->opening_window_ms, &config->idle_timeout_ms,
                               &config->absolute_timeout_ms, &config->backoff_ms, &config->scan_timeout_ms,
                               &config->join_timeout_ms, &config->retry_interval_ms, &config->result_timeout_ms,
                               &config->ap_shutdown_delay_ms};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) *times[i] = (uint32_t)take(4);
}

static int32_t make(void) {
    vestibule_config config;
    bool has_key = take(1) == 1;
    vestibule_network_name name = take_name();
    int32_t made = vestibule_config_init(&config, name.bytes, name.length);
    if (made) return made;
    config.concurrent = (uint8_t)take(1);
    memcpy(config.country, take_bytes(2), 2);
    config.channel = (uint8_t)take(1);
    config.security = (uint8_t)take(1);
    config.clear_forms = (uint8_t)take(1);
    config.without_gateway = (uint8_t)take(1);
    config.stored_attempts = (uint8_t)take(1);
    config.may_open = (uint8_t)take(1);
    config.attempts_when_lost = (uint8_t)take(1);
    config.after_joining = (uint8_t)take(1);
    memcpy(config.address, take_bytes(4), 4);
    memcpy(config.home_address, take_bytes(4), 4);
    memcpy(config.home_router, take_bytes(4), 4);
    config.home_prefix = (uint8_t)take(1);
    config.http_port = (uint16_t)take(2);
    config.home_port = (uint16_t)take(2);
    take_times(&config);
    config.channels = take(8);
    config.passphrase = take_text(0);
    config.label_code = take_text(1);
    config.captive_portal = take_text(2);
    config.redirect_host = take_text(3);
    const vestibule_flash flash = {NULL, 2, flash_read, flash_write, flash_erase};
    const vestibule_random random = {NULL, random_fill, has_key ? derive_key : NULL};
    /* Of exactly its size, so that a sanitizer sees each byte beyond it. */
    size_t size = VESTIBULE_PORTAL_SIZE;
    uint8_t *memory = aligned_alloc(VESTIBULE_PORTAL_ALIGN, size);
    if (!memory) fail("no memory");
    memset(memory, 0, size);
    return vestibule_portal_new(memory, size, &config, &flash, &random, NULL, &portal);
}

static int32_t radio(uint64_t now) {
    vestibule_radio_event event;
    event.kind = (uint8_t)take(1);
    event.security = (uint8_t)take(1);
    event.channel = (uint8_t)take(1);
    event.signal = (int8_t)take(1);
    event.failure = (uint8_t)take(1);
    event.stage = (uint8_t)take(1);
    event.reason = (uint16_t)take(2);
    memcpy(event.bssid, take_bytes(6), 6);
    event.ssid = take_name();
    memcpy(event.link.address, take_bytes(4), 4);
    memcpy(event.link.gateway, take_bytes(4), 4);
    event.link.prefix = (uint8_t)take(1);
    return vestibule_handle_radio(portal, &event, now);
}

/* What follows what the portal knows in an answer. */
static uint8_t more[MOST / 2];
static size_t more_length;

/* Moves what was put into a record behind what the portal knows. */
static void put_later(void) {
    if (out_length > sizeof more) fail("an answer is too long");
    memcpy(more, out, out_length);
    more_length = out_length;
    out_length = 0;
}

static int32_t received(uint64_t now) {
    uint8_t connection = (uint8_t)take(1);
    size_t length = in_length - in_used, taken = 0;
    /* Of its own, since a callback's answer overwrites what was read. */
    uint8_t *bytes = malloc(length ? length : 1);
    memcpy(bytes, take_bytes(length), length);
    int32_t result = vestibule_handle_received(portal, connection, bytes, length, &taken, now);
    free(bytes);
    if (result == 0) put(taken, 4), put_later();
    return result;
}

static int32_t datagram(uint64_t now) {
    vestibule_datagram from;
    vestibule_reply reply;
    memcpy(from.from, take_bytes(4), 4);
    from.from_port = (uint16_t)take(2);
    from.port = (uint16_t)take(2);
    from.interface = (uint8_t)take(1);
    size_t length = in_length - in_used;
    uint8_t *payload = malloc(length ? length : 1), *room = malloc(VESTIBULE_REPLY_BYTES);
    memcpy(payload, take_bytes(length), length);
    int32_t result =
        vestibule_handle_datagram(portal, &from, payload, length, room, VESTIBULE_REPLY_BYTES, &reply, now);
    if (result == 1) {
        put_bytes(reply.to, 4);
        put(reply.to_port, 2);
        put(reply.has_hardware, 1);
        put_bytes(reply.hardware, 6);
        put_bytes(room, reply.length);
        put_later();
    }
    free(payload);
    free(room);
    return result;
}

static int32_t poll_event(void) {
    vestibule_event event;
    int32_t result = vestibule_poll_event(portal, &event);
    if (result != 1) return result;
    const uint8_t members[] = {event.kind, event.from, event.on, event.to, event.up, event.connection, event.interface,
                               event.answer, event.client, event.problem, event.failure, event.front_end, event.fault};
    put_bytes(members, sizeof members);
    put(event.http_status, 2);
    put_name(&event.ssid);
    put_link(&event.link);
    put_later();
    return result;
}

static int32_t poll_radio(void) {
    vestibule_radio_command command;
    int32_t result = vestibule_poll_radio(portal, &command);
    if (result != 1) return result;
    put(command.kind, 1);
    put(command.security, 1);
    put(command.channel, 1);
    put(command.passphrase_length, 1);
    put_bytes(command.address, 4);
    put_name(&command.ssid);
    put_bytes(command.passphrase, 64);
    put_later();
    return result;
}

static int32_t poll_send(uint64_t now) {
    uint8_t connection = (uint8_t)take(1);
    size_t size = (size_t)take(4), length = 0;
    uint8_t *room = malloc(size ? size : 1);
    int32_t result = vestibule_poll_send(portal, connection, room, size, &length, now);
    if (result == VESTIBULE_TRANSFER_BYTES) put_bytes(room, length), put_later();
    free(room);
    return result;
}

static int32_t poll_ready(void) {
    uint8_t connection;
    int32_t result = vestibule_poll_ready(portal, &connection);
    if (result == 1) put(connection, 1), put_later();
    return result;
}

static int32_t call(uint8_t kind) {
    uint8_t fault;
    uint64_t now = (kind >= 1 && kind <= 8) || kind == 10 || kind == 11 || kind == 17 ? take(8) : 0;
    switch (kind) {
    case 0: return make();
    case 1: return vestibule_connect_or_setup(portal, now);
    case 2: return vestibule_connect(portal, now);
    case 3: return vestibule_setup(portal, now);
    case 4: return vestibule_factory_reset(portal, &fault, now);
    case 5: return radio(now);
    case 6: {
        uint8_t connection = (uint8_t)take(1);
        return vestibule_handle_open(portal, connection, (uint8_t)take(1), now);
    }
    case 7: return received(now);
    case 8: return vestibule_handle_received_end(portal, (uint8_t)take(1), now);
    case 9: return vestibule_handle_closed(portal, (uint8_t)take(1));
    case 10: return datagram(now);
    case 11: return vestibule_handle_timeout(portal, now);
    case 12: {
        size_t length = in_length;
        return vestibule_handle_name(portal, take_bytes(length), length);
    }
    case 13: return vestibule_handle_captive_home(portal);
    case 14: return poll_event();
    case 15: return poll_radio();
    case 16: return poll_ready();
    case 17: return poll_send(now);
    default: fail("a call that is not known"); return 0;
    }
}

static void answer(int32_t result) {
    vestibule_station_address home = {{0}, {0}, 0};
    uint64_t moment = 0;
    uint8_t open = 0, idle = 0;
    put((uint32_t)result, 4);
    int32_t state = portal ? vestibule_state_get(portal) : 0;
    if (state < 0) fail("the portal has no state");
    put((uint64_t)state, 1);
    if (portal) vestibule_home(portal, &home);
    put_link(&home);
    int32_t is_there = portal ? vestibule_poll_timeout(portal, &moment) : 0;
    put_moment(is_there, moment);
    for (uint8_t i = 0; portal && i < VESTIBULE_CONNECTIONS; i++) {
        open |= (uint8_t)((vestibule_is_open(portal, i) == 1) << i);
        idle |= (uint8_t)((vestibule_is_idle(portal, i) == 1) << i);
    }
    put(open, 1);
    put(idle, 1);
    for (uint8_t i = 0; i < VESTIBULE_CONNECTIONS; i++) {
        is_there = portal ? vestibule_deadline(portal, i, &moment) : 0;
        put_moment(is_there, moment);
    }
    put_bytes(more, more_length);
    more_length = 0;
    send_record(ANSWER);
}

int main(void) {
    uint8_t kind;
    while (receive(&kind)) {
        if (kind != 0 && !portal) fail("a call before there is a portal");
        answer(call(kind));
    }
    return 0;
}
