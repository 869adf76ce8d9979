/* A whole setup: a phone's check and its DNS, a wrong passphrase and the right one, the result, and a restart with the same
 * flash; and the same with an application that has a field and pages. */
#include <stdio.h>
#include <string.h>

#include "device.h"

static void phone_asks(struct device *device) {
    const uint8_t query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04home\x00\x00\x01\x00\x01";
    vestibule_datagram from = {{192, 168, 4, 2}, 40000, 53, VESTIBULE_INTERFACE_ACCESS_POINT};
    uint8_t room[VESTIBULE_REPLY_BYTES];
    vestibule_reply reply;
    CHECK(vestibule_handle_datagram(device->portal, &from, query, sizeof query - 1, room, sizeof room, &reply,
                                    device->now) == 1);
    CHECK(reply.to_port == 40000 && reply.to[3] == 2 && !reply.has_hardware);
    CHECK(memcmp(room + reply.length - 4, "\xc0\xa8\x04\x01", 4) == 0);
    from.interface = VESTIBULE_INTERFACE_HOME;
    CHECK(vestibule_handle_datagram(device->portal, &from, query, sizeof query - 1, room, sizeof room, &reply,
                                    device->now) == 0);

    const char *sent = device_ask(device, VESTIBULE_INTERFACE_ACCESS_POINT,
                                   "GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\n\r\n");
    CHECK(strncmp(sent, "HTTP/1.1 302 Found\r\n", 20) == 0);
    CHECK(strstr(sent, "\r\nLocation: http://192.168.4.1/\r\n") != NULL);
    vestibule_event answered = device->events[VESTIBULE_EVENT_KIND_ANSWERED];
    CHECK(answered.answer == VESTIBULE_ANSWER_KIND_CAPTURED && answered.client == VESTIBULE_CLIENT_ANDROID);
    CHECK(answered.http_status == 302);

    const uint8_t discover[300] = {1, 1, 6, 0, 7, 7, 7, 7, [28] = 2, 0, 0, 0, 0, 9,
                                   [236] = 99, 130, 83, 99, 53, 1, 1, 255};
    from = (vestibule_datagram){{0, 0, 0, 0}, 68, 67, VESTIBULE_INTERFACE_ACCESS_POINT};
    CHECK(vestibule_handle_datagram(device->portal, &from, discover, sizeof discover, room, sizeof room, &reply,
                                    device->now) == 1);
    CHECK(reply.has_hardware && reply.hardware[5] == 9 && reply.to_port == 68);
    vestibule_lease_entry lease;
    CHECK(vestibule_lease(device->portal, 0, &lease, device->now) == 1 && !lease.taken && lease.address[3] >= 2);
    CHECK(vestibule_lease(device->portal, 1, &lease, device->now) == 0);
}

static void network_is_seen(struct device *device) {
    vestibule_network_entry network;
    CHECK(vestibule_network(device->portal, 0, &network) == 1);
    CHECK(network.ssid.length == 4 && network.signal == -50 && network.security == VESTIBULE_SECURITY_WPA2);
    CHECK(vestibule_network(device->portal, 1, &network) == 0);
    CHECK(vestibule_is_scanning(device->portal) == 0);
}

/* The page that the owner was sent to when the form was taken; others have no result to read. */
static char result_path[64];

static void try_passphrase(struct device *device, const char *fields, const char *passphrase) {
    const char *taken = device_submit(device, fields);
    CHECK(strncmp(taken, "HTTP/1.1 303 ", 13) == 0);
    const char *location = strstr(taken, "\r\nLocation: ");
    CHECK(location != NULL);
    location += strlen("\r\nLocation: ");
    if (strncmp(location, "http://192.168.4.1", 18) == 0) location += 18;
    snprintf(result_path, sizeof result_path, "%.*s", (int)strcspn(location, "\r"), location);
    device_wait(device, 1000000);
    vestibule_radio_command join = device->commands[VESTIBULE_RADIO_COMMAND_KIND_JOIN];
    CHECK(device->commanded[VESTIBULE_RADIO_COMMAND_KIND_JOIN] > 0);
    CHECK(join.ssid.length == 4 && memcmp(join.ssid.bytes, "Home", 4) == 0);
    CHECK(join.passphrase_length == strlen(passphrase));
    CHECK(memcmp(join.passphrase, passphrase, join.passphrase_length) == 0);
}

static void wrong_and_right(struct device *device, const char *more) {
    char fields[256];
    vestibule_status status;
    snprintf(fields, sizeof fields, "network=486f6d65&passphrase=wrong+horse%s", more);
    try_passphrase(device, fields, "wrong horse");
    device_radio(device, (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_JOIN_ABORTED,
                                                 .reason = 15,
                                                 .stage = VESTIBULE_JOIN_STAGE_HANDSHAKE});
    CHECK(vestibule_status_get(device->portal, &status) == 0);
    CHECK(status.state == VESTIBULE_STATE_FAILED && status.notice == VESTIBULE_NOTICE_FAILED);
    CHECK(status.failure == VESTIBULE_JOIN_FAILURE_WRONG_PASSPHRASE);
    CHECK(vestibule_has_credentials(device->portal) == 0);

    snprintf(fields, sizeof fields, "network=486f6d65&passphrase=correct+horse%s", more);
    try_passphrase(device, fields, "correct horse");
    device_radio(device, (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_JOINED,
                                                 .link = {{10, 0, 0, 7}, {10, 0, 0, 1}, 24}});
    CHECK(vestibule_state_get(device->portal) == VESTIBULE_STATE_RESULT_PENDING);
    CHECK(device->happened[VESTIBULE_EVENT_KIND_STORED] == 1);
    CHECK(vestibule_status_get(device->portal, &status) == 0);
    CHECK(status.remembered && memcmp(status.address, "\x0a\x00\x00\x07", 4) == 0);
}

static const char *result_page(struct device *device) {
    char request[160];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n", result_path);
    return device_ask(device, VESTIBULE_INTERFACE_ACCESS_POINT, request);
}

static void result_is_read(struct device *device) {
    CHECK(strstr(result_page(device), "10.0.0.7") != NULL);
    CHECK(device->happened[VESTIBULE_EVENT_KIND_RESULT_DELIVERED] == 1);
    CHECK(device->events[VESTIBULE_EVENT_KIND_RESULT_DELIVERED].front_end == VESTIBULE_FRONT_END_PAGE);
    device_wait(device, 60 * 1000000ull);
    CHECK(device->commanded[VESTIBULE_RADIO_COMMAND_KIND_DROP_ACCESS_POINT] == 1);
    CHECK(vestibule_state_get(device->portal) == VESTIBULE_STATE_CONNECTED);
}

static void restart(struct device *device, const vestibule_application *application) {
    vestibule_network_name name;
    device_power_off(device);
    device_power_on(device, application);
    CHECK(vestibule_has_credentials(device->portal) == 1);
    CHECK(vestibule_stored_network(device->portal, 0, &name) == 1 && name.length == 4);
    CHECK(vestibule_stored_network(device->portal, 1, &name) == 0);
    CHECK(vestibule_connect_or_setup(device->portal, device->now) == 0);
    device_drain(device);
    CHECK(device->commanded[VESTIBULE_RADIO_COMMAND_KIND_SCAN] == 0);
    CHECK(device->commands[VESTIBULE_RADIO_COMMAND_KIND_JOIN].passphrase_length == 13);
    device_radio(device, (vestibule_radio_event){.kind = VESTIBULE_RADIO_EVENT_KIND_JOINED,
                                                 .link = {{10, 0, 0, 8}, {10, 0, 0, 1}, 24}});
    vestibule_station_address home;
    CHECK(vestibule_home(device->portal, &home) == 1 && home.address[3] == 8 && home.prefix == 24);
}

/* A lamp: a field, a page with a form, and what it is told. */
struct lamp {
    unsigned events, submitted, kept, lit;
    char broker[64];
};

static void lamp_event(void *context, const vestibule_event *event) {
    ((struct lamp *)context)->events++;
    CHECK(event->kind < 14);
}

static void lamp_submitted(void *context, const vestibule_values *values) {
    (void)values;
    ((struct lamp *)context)->submitted++;
}

static void lamp_values(void *context, const vestibule_values *values) {
    struct lamp *lamp = context;
    size_t length = 0;
    lamp->kept++;
    memset(lamp->broker, 0, sizeof lamp->broker);
    CHECK(vestibule_values_get(values, (const uint8_t *)"broker", 6, (uint8_t *)lamp->broker, sizeof lamp->broker - 1,
                               &length) >= 0);
}

static int32_t lamp_show(void *context, const vestibule_request *request, const vestibule_request_info *info,
                         vestibule_response *response) {
    char room[8];
    size_t length = 0;
    CHECK(info->method == VESTIBULE_METHOD_GET && info->path.length == strlen("/lamps/kitchen"));
    CHECK(vestibule_request_value(request, VESTIBULE_PART_PATH, (const uint8_t *)"room", 4, (uint8_t *)room,
                                  sizeof room, &length) == 1);
    CHECK(length == 7 && memcmp(room, "kitchen", 7) == 0);
    CHECK(vestibule_request_value(request, VESTIBULE_PART_PATH, (const uint8_t *)"room", 4, (uint8_t *)room, 3,
                                  &length) == VESTIBULE_ERROR_TOO_SMALL);
    CHECK(vestibule_request_value(request, VESTIBULE_PART_HEADER, (const uint8_t *)"X-Scene", 7, (uint8_t *)room,
                                  sizeof room, &length) == 0);
    response->kind = VESTIBULE_ANSWERED_PAGE;
    response->status = 200;
    response->argument = ((struct lamp *)context)->lit;
    return 0;
}

static int32_t lamp_switch(void *context, const vestibule_request *request, const vestibule_request_info *info,
                           vestibule_response *response) {
    uint8_t on;
    size_t length = 0;
    static const vestibule_text back = VESTIBULE_TEXT("/lamps/kitchen");
    CHECK(info->interface == VESTIBULE_INTERFACE_HOME);
    if (vestibule_request_value(request, VESTIBULE_PART_FORM, (const uint8_t *)"on", 2, &on, 1, &length) != 1) return -1;
    ((struct lamp *)context)->lit = on == '1';
    response->kind = VESTIBULE_ANSWERED_SEE_OTHER;
    response->location = back;
    return 0;
}

static void lamp_page(void *context, uint32_t page, uint32_t argument, const vestibule_writer *writer) {
    (void)context;
    const char *text = argument ? "<p>It is on." : "<p>It is off.";
    CHECK(page == 0 && vestibule_write(writer, (const uint8_t *)text, strlen(text)) == 0);
    CHECK(vestibule_write_text(writer, (const uint8_t *)"<lamp>", 6) == 0);
}

static void lamp_result(void *context, const uint8_t *address, const vestibule_writer *writer) {
    (void)context;
    CHECK(address[3] == 7 && vestibule_write_text(writer, (const uint8_t *)"lamps/kitchen & co", 18) == 0);
}

static int32_t lamp_resolve(void *context, const vestibule_name *name, uint8_t *address) {
    (void)context;
    if (vestibule_name_is(name, (const uint8_t *)"broker.lamp", 11) != 1) return 0;
    memcpy(address, "\xc0\xa8\x04\x09", 4);
    return 1;
}

static const vestibule_field lamp_fields[] = {
    {.name = VESTIBULE_TEXT("broker"), .label = VESTIBULE_TEXT("MQTT broker"), .required = 1, .longest = 60},
};
static const vestibule_route lamp_routes[] = {
    {VESTIBULE_TEXT("/lamps/{room}"), lamp_show, VESTIBULE_METHOD_GET, VESTIBULE_INTERFACE_ANY},
    {VESTIBULE_TEXT("/lamps/{room}"), lamp_switch, VESTIBULE_METHOD_POST, VESTIBULE_INTERFACE_HOME},
};

static vestibule_application lamp_application(struct lamp *lamp) {
    return (vestibule_application){
        .context = lamp,
        .fields = lamp_fields,
        .field_count = 1,
        .routes = lamp_routes,
        .route_count = 2,
        .name = VESTIBULE_TEXT("Kitchen lamp"),
        .colour = {0x1a, 0x5f, 0x7a},
        .has_colour = 1,
        .on_event = lamp_event,
        .on_submitted = lamp_submitted,
        .on_values = lamp_values,
        .resolve = lamp_resolve,
        .write_page = lamp_page,
        .write_result = lamp_result,
    };
}

static void lamp_answers(struct device *device, struct lamp *lamp) {
    uint8_t home = VESTIBULE_INTERFACE_HOME;
    const char *page = device_ask(device, home, "GET /lamps/kitchen HTTP/1.1\r\nHost: 10.0.0.8\r\n\r\n");
    CHECK(strstr(page, "<p>It is off.&lt;lamp&gt;") != NULL && strstr(page, "Content-Type: text/html") != NULL);
    const char *form = "POST /lamps/kitchen HTTP/1.1\r\nHost: 10.0.0.8\r\nContent-Length: 4\r\n\r\non=1";
    CHECK(strstr(device_ask(device, home, form), "Location: /lamps/kitchen\r\n") != NULL && lamp->lit);
    const char *bad = "POST /lamps/kitchen HTTP/1.1\r\nHost: 10.0.0.8\r\nContent-Length: 5\r\n\r\nup=10";
    CHECK(strncmp(device_ask(device, home, bad), "HTTP/1.1 500 ", 13) == 0);
    page = device_ask(device, home, "GET /lamps/kitchen HTTP/1.1\r\nHost: 10.0.0.8\r\n\r\n");
    CHECK(strstr(page, "<p>It is on.") != NULL);
}

static void journey_with_a_lamp(void) {
    static struct device device;
    struct lamp lamp = {0};
    vestibule_application application = lamp_application(&lamp);
    device_blank(&device);
    device_power_on(&device, &application);
    device_open_portal(&device);
    const uint8_t query[] =
        "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06" "Broker\x04lamp\x00\x00\x01\x00\x01";
    vestibule_datagram from = {{192, 168, 4, 2}, 40000, 53, VESTIBULE_INTERFACE_ACCESS_POINT};
    uint8_t room[VESTIBULE_REPLY_BYTES];
    vestibule_reply reply;
    CHECK(vestibule_handle_datagram(device.portal, &from, query, sizeof query - 1, room, sizeof room, &reply,
                                    device.now) == 1);
    CHECK(room[reply.length - 1] == 9);
    const char *page = device_ask(&device, VESTIBULE_INTERFACE_ACCESS_POINT, "GET / HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    CHECK(strstr(page, "MQTT broker") != NULL && strstr(page, "Kitchen lamp") != NULL);
    wrong_and_right(&device, "&broker=mqtt.local");
    CHECK(lamp.submitted == 2 && lamp.kept == 1 && strcmp(lamp.broker, "mqtt.local") == 0 && lamp.events > 10);
    CHECK(strstr(result_page(&device), "lamps/kitchen &amp; co") != NULL);
    device_wait(&device, 60 * 1000000ull);
    memset(&lamp, 0, sizeof lamp);
    restart(&device, &application);
    CHECK(strcmp(lamp.broker, "mqtt.local") == 0);
    char value[16];
    size_t length = 0;
    CHECK(vestibule_value(device.portal, (const uint8_t *)"broker", 6, (uint8_t *)value, sizeof value, &length) == 1);
    CHECK(length == 10 && memcmp(value, "mqtt.local", 10) == 0);
    lamp_answers(&device, &lamp);
    device_power_off(&device);
}

static void journey(void) {
    static struct device device;
    uint8_t fault;
    device_blank(&device);
    device_power_on(&device, NULL);
    device_open_portal(&device);
    phone_asks(&device);
    network_is_seen(&device);
    wrong_and_right(&device, "");
    result_is_read(&device);
    restart(&device, NULL);
    CHECK(vestibule_factory_reset(device.portal, &fault, device.now) == 0);
    CHECK(vestibule_has_credentials(device.portal) == 0);
    device_power_off(&device);
}

int main(void) {
    journey();
    journey_with_a_lamp();
    puts("the journey: check, DNS, DHCP, wrong and right passphrase, result, restart; and with an application");
    return 0;
}
