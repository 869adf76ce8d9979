/* The radio, and the air: a network "Home" with the passphrase "correct horse battery", and "Cafe" without one. The file
 * home-is-off takes "Home" off the air. What a call does it does after a while, and says it by an event, as esp_wifi does. */
#include "wifi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_log.h"
#include "esp_wifi.h"
#include "lwip/sockets.h"
#include "stand_in.h"

#define TAG "stand-in"
#define JOIN_MS 150
#define SCAN_MS 200
#define START_MS 20

esp_event_base_t const WIFI_EVENT = "WIFI_EVENT";

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool is_there, has_started, is_scanning, is_joined;
static wifi_mode_t mode = WIFI_MODE_STA;
static wifi_config_t station, access_point;
static uint16_t found;

static bool home_is_on(void) { return !stand_in_is_told("home-is-off"); }

bool stand_in_has_access_point(void) {
    pthread_mutex_lock(&mutex);
    bool answer = has_started && mode == WIFI_MODE_APSTA;
    pthread_mutex_unlock(&mutex);
    return answer;
}

bool stand_in_is_joined(void) {
    pthread_mutex_lock(&mutex);
    bool answer = is_joined;
    pthread_mutex_unlock(&mutex);
    return answer;
}

static void disconnected(uint8_t reason, uint32_t after_ms) {
    wifi_event_sta_disconnected_t event = {.reason = reason};
    stand_in_post(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &event, sizeof event, after_ms);
}

void stand_in_look_at_air(void) {
    pthread_mutex_lock(&mutex);
    /* Gone without a word, or with one. */
    bool ends = is_joined && !home_is_on();
    if (ends) is_joined = false;
    pthread_mutex_unlock(&mutex);
    if (ends && !stand_in_is_told("silently")) disconnected(WIFI_REASON_BEACON_TIMEOUT, 0);
}

esp_err_t esp_wifi_init(const wifi_init_config_t *config) {
    if (stand_in_fails("esp_wifi_init") || config->magic != 0x1F2F3F4F) return ESP_ERR_INVALID_ARG;
    is_there = true;
    return ESP_OK;
}

esp_err_t esp_wifi_set_storage(wifi_storage_t storage) { return storage == WIFI_STORAGE_RAM ? ESP_OK : ESP_FAIL; }

esp_err_t esp_wifi_set_country_code(const char *country, bool ieee80211d_enabled) {
    ESP_LOGI(TAG, "country %s", country);
    return ieee80211d_enabled ? ESP_OK : ESP_FAIL;
}

static void post_mode(wifi_mode_t before, wifi_mode_t now) {
    if (before != WIFI_MODE_APSTA && now == WIFI_MODE_APSTA) {
        stand_in_access_point_starts();
        stand_in_post(WIFI_EVENT, WIFI_EVENT_AP_START, NULL, 0, START_MS);
    }
    if (before == WIFI_MODE_APSTA && now != WIFI_MODE_APSTA) stand_in_post(WIFI_EVENT, WIFI_EVENT_AP_STOP, NULL, 0, START_MS);
}

esp_err_t esp_wifi_set_mode(wifi_mode_t wanted) {
    if (!is_there) return ESP_ERR_WIFI_NOT_INIT;
    if (stand_in_fails("esp_wifi_set_mode")) return ESP_FAIL;
    pthread_mutex_lock(&mutex);
    wifi_mode_t before = mode;
    mode = wanted;
    pthread_mutex_unlock(&mutex);
    if (before != wanted) ESP_LOGI(TAG, "mode %d", wanted);
    if (has_started) post_mode(before, wanted);
    return ESP_OK;
}

esp_err_t esp_wifi_get_mode(wifi_mode_t *now) {
    if (!is_there) return ESP_ERR_WIFI_NOT_INIT;
    pthread_mutex_lock(&mutex);
    *now = mode;
    pthread_mutex_unlock(&mutex);
    return ESP_OK;
}

esp_err_t esp_wifi_start(void) {
    if (!is_there) return ESP_ERR_WIFI_NOT_INIT;
    has_started = true;
    return ESP_OK;
}

static esp_err_t set_access_point(const wifi_ap_config_t *own) {
    size_t length = strnlen((const char *)own->password, sizeof own->password);
    if (mode != WIFI_MODE_APSTA) return ESP_ERR_WIFI_IF;
    if (own->authmode != WIFI_AUTH_OPEN && (length < 8 || length > 63)) return ESP_ERR_WIFI_PASSWORD;
    ESP_LOGI(TAG, "access point %.*s, channel %u, protection %d", own->ssid_len, (const char *)own->ssid, own->channel,
             (int)own->authmode);
    return ESP_OK;
}

esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *conf) {
    esp_err_t error = stand_in_fails("esp_wifi_set_config") ? ESP_FAIL : ESP_OK;
    pthread_mutex_lock(&mutex);
    if (error == ESP_OK && interface == WIFI_IF_AP) error = set_access_point(&conf->ap);
    if (error == ESP_OK) *(interface == WIFI_IF_AP ? &access_point : &station) = *conf;
    pthread_mutex_unlock(&mutex);
    return error;
}

static void joins(void) {
    ip_event_got_ip_t event = {.ip_changed = true};
    event.ip_info.ip.addr = inet_addr("10.0.0.7");
    event.ip_info.gw.addr = inet_addr("10.0.0.1");
    event.ip_info.netmask.addr = inet_addr("255.255.255.0");
    is_joined = true;
    stand_in_post(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED, NULL, 0, JOIN_MS);
    stand_in_post(IP_EVENT, IP_EVENT_STA_GOT_IP, &event, sizeof event, JOIN_MS);
}

esp_err_t esp_wifi_connect(void) {
    if (!has_started) return ESP_ERR_WIFI_NOT_STARTED;
    if (stand_in_fails("esp_wifi_connect")) return ESP_ERR_WIFI_CONN;
    pthread_mutex_lock(&mutex);
    const wifi_sta_config_t *own = &station.sta;
    bool is_home = strncmp((const char *)own->ssid, "Home", sizeof own->ssid) == 0 && home_is_on();
    bool is_cafe = strncmp((const char *)own->ssid, "Cafe", sizeof own->ssid) == 0;
    bool is_right = strncmp((const char *)own->password, "correct horse battery", sizeof own->password) == 0;
    bool was_busy = is_joined || is_scanning;
    if (was_busy) {
        /* The component must not rely on what the driver does then. */
        ESP_LOGE(TAG, "joins while it scans or is joined");
    } else if (is_cafe || (is_home && is_right && own->threshold.authmode == WIFI_AUTH_WPA2_PSK)) {
        joins();
    } else if (!stand_in_is_told("says-nothing")) {
        disconnected(is_home ? WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT : WIFI_REASON_NO_AP_FOUND, JOIN_MS);
    }
    pthread_mutex_unlock(&mutex);
    return was_busy ? ESP_ERR_WIFI_STATE : ESP_OK;
}

esp_err_t esp_wifi_disconnect(void) {
    if (stand_in_fails("esp_wifi_disconnect")) return ESP_FAIL;
    pthread_mutex_lock(&mutex);
    is_joined = false;
    pthread_mutex_unlock(&mutex);
    disconnected(WIFI_REASON_ASSOC_LEAVE, START_MS);
    return ESP_OK;
}

static uint16_t look_around(const wifi_scan_config_t *config, wifi_ap_record_t *records) {
    static const wifi_ap_record_t all[] = {
        {{2, 0, 0, 0, 0, 1}, "Home", 6, -50, WIFI_AUTH_WPA2_PSK},
        {{2, 0, 0, 0, 0, 2}, "Cafe", 11, -70, WIFI_AUTH_OPEN},
        {{2, 0, 0, 0, 0, 3}, "Office", 1, -80, WIFI_AUTH_WPA2_ENTERPRISE},
    };
    uint16_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (i == 0 && !home_is_on()) continue;
        if (config && config->ssid && strcmp((const char *)config->ssid, (const char *)all[i].ssid) != 0) continue;
        records[count++] = all[i];
    }
    return count;
}

static wifi_ap_record_t list[4];

esp_err_t esp_wifi_scan_start(const wifi_scan_config_t *config, bool block) {
    const wifi_event_sta_scan_done_t done = {.status = 0};
    if (block || stand_in_fails("esp_wifi_scan_start")) return ESP_FAIL;
    pthread_mutex_lock(&mutex);
    bool was_busy = is_scanning;
    is_scanning = true;
    found = look_around(config, list);
    pthread_mutex_unlock(&mutex);
    if (was_busy) return ESP_ERR_WIFI_STATE;
    if (!stand_in_is_told("scan-does-not-end")) stand_in_post(WIFI_EVENT, WIFI_EVENT_SCAN_DONE, &done, sizeof done, SCAN_MS);
    return ESP_OK;
}

static void end_scan(void) {
    pthread_mutex_lock(&mutex);
    is_scanning = false;
    pthread_mutex_unlock(&mutex);
}

esp_err_t esp_wifi_scan_stop(void) {
    end_scan();
    return ESP_OK;
}

esp_err_t esp_wifi_scan_get_ap_records(uint16_t *number, wifi_ap_record_t *ap_records) {
    end_scan();
    if (*number < found) return ESP_FAIL;
    memcpy(ap_records, list, found * sizeof *list);
    *number = found;
    return ESP_OK;
}

esp_err_t esp_wifi_clear_ap_list(void) {
    found = 0;
    return ESP_OK;
}

esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *ap_info) {
    memset(ap_info, 0, sizeof *ap_info);
    return stand_in_is_joined() ? ESP_OK : ESP_ERR_WIFI_NOT_CONNECT;
}
