/* Carries out the portal's commands, one thing of a kind at a time, and tells the portal what came of it. Each has a limit: a
 * driver that has not done it by then has failed. An access point that could not be raised is tried again, later each time;
 * a network that cannot be joined is reported, and the portal decides. While a network is joined and the access point up, the
 * driver is asked now and then whether it is so still, because events are lost. */
#include <string.h>

#include "esp_log.h"
#include "esp_wifi.h"
#include "glue.h"

/* Chosen, all of them: many times what a chip takes. */
#define SECOND 1000000ull
#define RAISE_LIMIT (5 * SECOND)
#define SCAN_LIMIT (10 * SECOND)
#define LEAVE_LIMIT (3 * SECOND)
#define RETRY_INTERVAL (2 * SECOND)
#define LONGEST_RETRY_INTERVAL (60 * SECOND)
#define LOOK_INTERVAL (5 * SECOND)

/* The time in which an access point that was raised anew may say that it has stopped: the one before has. */
#define CHANGE_TIME (1 * SECOND)

enum access_point { DOWN, TO_RAISE, RAISING, UP, TO_DROP };
enum station { LEFT, LEAVING, JOINING, JOINED };

static struct {
    enum access_point access_point;
    /* The last command to raise it; the passphrase is wiped once the driver has it. */
    vestibule_radio_command raise;
    /* When it is tried again, or has failed. */
    uint64_t access_point_due, retry_interval;
    /* Since when it has been up. */
    uint64_t raised_at;
    enum station station;
    uint64_t left_by;
    bool wants_join;
    vestibule_radio_command join;
    vestibule_station_address home;
    bool wants_scan, is_scanning, has_name;
    vestibule_network_name name;
    uint64_t scanned_by;
    uint64_t look_at;
} radio;

void vestibule_esp_radio_begin(void) {
    wifi_ap_record_t record;
    /* A network of the program's, or of the portal before, is left before another is joined. */
    if (esp_wifi_sta_get_ap_info(&record) == ESP_OK) radio.station = JOINED;
}

void vestibule_esp_radio_end(void) {
    if (radio.access_point != DOWN) vestibule_esp_driver_drop();
    vestibule_esp_wipe(&radio, sizeof radio);
}

bool vestibule_esp_radio_is_up(void) { return radio.access_point == UP; }

static void report(uint8_t kind) {
    const vestibule_radio_event event = {.kind = kind};
    vestibule_esp_report(&event);
}

static void failed(const char *what, esp_err_t error) {
    ESP_LOGW(VESTIBULE_ESP_TAG, "the radio could not %s: %s", what, esp_err_to_name(error));
}

/* The access point. */

static void close_access_point(void) {
    vestibule_esp_datagrams_close();
    vestibule_esp_http_close(VESTIBULE_INTERFACE_ACCESS_POINT);
}

static void try_again(enum access_point what) {
    uint64_t doubled = radio.retry_interval * 2;
    radio.retry_interval = doubled < RETRY_INTERVAL ? RETRY_INTERVAL
                           : doubled > LONGEST_RETRY_INTERVAL ? LONGEST_RETRY_INTERVAL
                                                              : doubled;
    radio.access_point = what;
    radio.access_point_due = vestibule_esp_now() + radio.retry_interval;
}

/* The driver has it up: its address and its sockets follow. */
static void access_point_is_up(void) {
    uint32_t address = vestibule_esp_address(radio.raise.address);
    esp_err_t error = vestibule_esp_driver_address(&radio.raise);
    if (error == ESP_OK && !(vestibule_esp_datagrams_open(address) &&
                             vestibule_esp_http_open(VESTIBULE_INTERFACE_ACCESS_POINT, address,
                                                     vestibule_esp_device.config.http_port))) {
        error = ESP_ERR_NO_MEM;
    }
    if (error != ESP_OK) {
        failed("serve on its access point", error);
        close_access_point();
        if (radio.access_point == RAISING) return try_again(TO_RAISE);
        /* The passphrase is wiped: the portal gives the whole command again. */
        radio.access_point = DOWN;
        return report(VESTIBULE_RADIO_EVENT_KIND_ACCESS_POINT_DOWN);
    }
    vestibule_esp_wipe(radio.raise.passphrase, sizeof radio.raise.passphrase);
    radio.access_point = UP;
    radio.retry_interval = 0;
    radio.raised_at = vestibule_esp_now();
    radio.look_at = radio.raised_at + LOOK_INTERVAL;
    report(VESTIBULE_RADIO_EVENT_KIND_ACCESS_POINT_UP);
}

static void raise_access_point(void) {
    wifi_mode_t mode = WIFI_MODE_NULL;
    bool stands = esp_wifi_get_mode(&mode) == ESP_OK && mode == WIFI_MODE_APSTA &&
                  esp_netif_is_netif_up(vestibule_esp_netifs[VESTIBULE_INTERFACE_ACCESS_POINT]);
    esp_err_t error = vestibule_esp_driver_raise(&radio.raise);
    if (error != ESP_OK) {
        failed("raise the access point", error);
        return try_again(TO_RAISE);
    }
    radio.access_point = RAISING;
    radio.access_point_due = vestibule_esp_now() + RAISE_LIMIT;
    /* One that stood already need not say that it has started. */
    if (stands) access_point_is_up();
}

static void drop_access_point(void) {
    esp_err_t error = vestibule_esp_driver_drop();
    close_access_point();
    radio.access_point = DOWN;
    radio.retry_interval = 0;
    if (error != ESP_OK) {
        failed("drop the access point", error);
        try_again(TO_DROP);
    }
    /* If it is up still, the portal is closed all the same. */
    report(VESTIBULE_RADIO_EVENT_KIND_ACCESS_POINT_DOWN);
}

static void access_point_has_stopped(void) {
    if (radio.access_point != UP || vestibule_esp_now() < radio.raised_at + CHANGE_TIME) return;
    close_access_point();
    radio.access_point = DOWN;
    report(VESTIBULE_RADIO_EVENT_KIND_ACCESS_POINT_DOWN);
}

/* Scans. */

static void finish_scan(void) {
    radio.is_scanning = false;
    report(VESTIBULE_RADIO_EVENT_KIND_SCAN_FINISHED);
}

static void stop_scan(void) {
    if (!radio.is_scanning) return;
    esp_wifi_scan_stop();
    esp_wifi_clear_ap_list();
    finish_scan();
}

static void scan(void) {
    radio.wants_scan = false;
    esp_err_t error = vestibule_esp_driver_scan(radio.has_name ? &radio.name : NULL);
    radio.is_scanning = true;
    radio.scanned_by = vestibule_esp_now() + SCAN_LIMIT;
    if (error == ESP_OK) return;
    failed("scan", error);
    finish_scan();
}

/* The station. */

static void forget_join(void) {
    radio.wants_join = false;
    vestibule_esp_wipe(&radio.join, sizeof radio.join);
}

static void leave(void) {
    vestibule_esp_http_close(VESTIBULE_INTERFACE_HOME);
    if (radio.station == LEFT || radio.station == LEAVING) return;
    esp_err_t error = esp_wifi_disconnect();
    if (error != ESP_OK) failed("leave", error);
    radio.station = LEAVING;
    radio.left_by = vestibule_esp_now() + LEAVE_LIMIT;
}

static void join(void) {
    stop_scan();
    esp_err_t error = vestibule_esp_driver_join(&radio.join);
    forget_join();
    radio.station = JOINING;
    if (error == ESP_OK) return;
    failed("join", error);
    radio.station = LEFT;
    const vestibule_radio_event event = {
        .kind = VESTIBULE_RADIO_EVENT_KIND_JOIN_FAILED,
        .failure = VESTIBULE_JOIN_FAILURE_UNKNOWN,
    };
    vestibule_esp_report(&event);
}

static void disconnected(uint16_t reason) {
    enum station was = radio.station;
    vestibule_radio_event event = {.kind = VESTIBULE_RADIO_EVENT_KIND_DISCONNECTED};
    /* The end of the network before: this one has not answered yet. */
    if (was == JOINING && reason == WIFI_REASON_ASSOC_LEAVE) return;
    radio.station = LEFT;
    vestibule_esp_http_close(VESTIBULE_INTERFACE_HOME);
    if (was == JOINING) {
        event.kind = VESTIBULE_RADIO_EVENT_KIND_JOIN_ABORTED;
        event.reason = reason;
        event.stage = VESTIBULE_JOIN_STAGE_UNKNOWN; /* the driver does not say */
    } else if (was != JOINED) {
        return;
    }
    ESP_LOGI(VESTIBULE_ESP_TAG, "the network has ended or refused the device: reason %u", (unsigned)reason);
    vestibule_esp_report(&event);
}

static void serve_home(void) {
    if (vestibule_esp_device.options.without_home_page) return;
    vestibule_esp_http_open(VESTIBULE_INTERFACE_HOME, vestibule_esp_address(radio.home.address),
                            vestibule_esp_device.config.home_port);
}

static void got_address(const vestibule_station_address *link) {
    if (radio.station != JOINING && radio.station != JOINED) return;
    vestibule_radio_event event = {.kind = VESTIBULE_RADIO_EVENT_KIND_JOINED, .link = *link};
    if (radio.station == JOINED) event.kind = VESTIBULE_RADIO_EVENT_KIND_ADDRESS_CHANGED;
    radio.station = JOINED;
    radio.home = *link;
    radio.look_at = vestibule_esp_now() + LOOK_INTERVAL;
    serve_home();
    vestibule_esp_report(&event);
}

static void lost_address(void) {
    if (radio.station != JOINED) return;
    vestibule_esp_http_close(VESTIBULE_INTERFACE_HOME);
    memset(&radio.home, 0, sizeof radio.home);
    report(VESTIBULE_RADIO_EVENT_KIND_ADDRESS_LOST);
}

/* What is called from the task. */

void vestibule_esp_radio_command(const vestibule_radio_command *command) {
    switch (command->kind) {
    case VESTIBULE_RADIO_COMMAND_KIND_RAISE_ACCESS_POINT:
        radio.raise = *command;
        /* One that failed is not tried earlier for that. */
        if (radio.access_point != TO_RAISE) radio.access_point_due = 0;
        radio.access_point = TO_RAISE;
        break;
    case VESTIBULE_RADIO_COMMAND_KIND_DROP_ACCESS_POINT:
        vestibule_esp_wipe(&radio.raise, sizeof radio.raise);
        radio.access_point = TO_DROP;
        radio.access_point_due = 0;
        break;
    case VESTIBULE_RADIO_COMMAND_KIND_SCAN:
    case VESTIBULE_RADIO_COMMAND_KIND_SCAN_FOR:
        radio.wants_scan = true;
        radio.has_name = command->kind == VESTIBULE_RADIO_COMMAND_KIND_SCAN_FOR;
        radio.name = command->ssid;
        break;
    case VESTIBULE_RADIO_COMMAND_KIND_JOIN:
        leave();
        radio.join = *command;
        radio.wants_join = true;
        break;
    case VESTIBULE_RADIO_COMMAND_KIND_LEAVE:
        forget_join();
        leave();
        break;
    default: ESP_LOGE(VESTIBULE_ESP_TAG, "an unknown command for the radio: %u", command->kind);
    }
}

void vestibule_esp_radio_message(const struct vestibule_esp_message *message) {
    switch (message->kind) {
    case MESSAGE_ACCESS_POINT_STARTED:
        /* Also one that the driver has started anew by itself: its DHCP server is back. */
        if (radio.access_point == RAISING || radio.access_point == UP) access_point_is_up();
        break;
    case MESSAGE_ACCESS_POINT_STOPPED: access_point_has_stopped(); break;
    case MESSAGE_SCAN_DONE:
        if (!radio.is_scanning) break;
        vestibule_esp_driver_scan_results();
        finish_scan();
        break;
    case MESSAGE_DISCONNECTED: disconnected(message->reason); break;
    case MESSAGE_ADDRESS: got_address(&message->link); break;
    case MESSAGE_ADDRESS_LOST: lost_address(); break;
    default: break;
    }
}

/* Whether what was said to be so is so still. */
static void look(uint64_t now) {
    wifi_ap_record_t record;
    radio.look_at = now + LOOK_INTERVAL;
    if (radio.access_point == UP &&
        !esp_netif_is_netif_up(vestibule_esp_netifs[VESTIBULE_INTERFACE_ACCESS_POINT])) {
        access_point_has_stopped();
    }
    if (radio.station != JOINED) return;
    if (esp_wifi_sta_get_ap_info(&record) != ESP_OK) return disconnected(WIFI_REASON_UNSPECIFIED);
    if (!vestibule_esp_http_is_open(VESTIBULE_INTERFACE_HOME) && radio.home.prefix != 0) serve_home();
}

void vestibule_esp_radio_go_on(void) {
    uint64_t now = vestibule_esp_now();
    if (radio.access_point_due <= now) {
        switch (radio.access_point) {
        case TO_RAISE: raise_access_point(); break;
        case TO_DROP: drop_access_point(); break;
        case RAISING:
            failed("raise the access point", ESP_ERR_TIMEOUT);
            try_again(TO_RAISE);
            break;
        default: break;
        }
    }
    if (radio.station == LEAVING && radio.left_by <= now) radio.station = LEFT;
    if (radio.is_scanning && radio.scanned_by <= now) stop_scan();
    if (radio.wants_join && radio.station == LEFT) join();
    bool is_free = !radio.wants_join && radio.station != JOINING && radio.station != LEAVING;
    if (radio.wants_scan && !radio.is_scanning && is_free) scan();
    if (radio.look_at <= now) look(now);
}
