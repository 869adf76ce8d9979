/* What the portal commands, in the terms of esp_wifi. Whether and when is decided in radio.c. */
#include <string.h>

#include "esp_log.h"
#include "esp_wifi.h"
#include "glue.h"

/* Networks that are looked at after a scan, the strongest first; the portal's list has as many. */
#define RECORDS 32

/* Phones on the access point at once. */
#define CLIENTS 4

static wifi_auth_mode_t own_protection(uint8_t security) {
    switch (security) {
    case VESTIBULE_SECURITY_OPEN: return WIFI_AUTH_OPEN;
    case VESTIBULE_SECURITY_WPA2_WPA3: return WIFI_AUTH_WPA2_WPA3_PSK;
    case VESTIBULE_SECURITY_WPA3: return WIFI_AUTH_WPA3_PSK;
    default: return WIFI_AUTH_WPA2_PSK;
    }
}

/* How a network is protected, as far as joining depends on it. The station here joins none with WEP, WAPI or OWE. */
static uint8_t security_of(wifi_auth_mode_t mode) {
    switch (mode) {
    case WIFI_AUTH_OPEN: return VESTIBULE_SECURITY_OPEN;
    case WIFI_AUTH_WPA_PSK:
    case WIFI_AUTH_WPA2_PSK:
    case WIFI_AUTH_WPA_WPA2_PSK: return VESTIBULE_SECURITY_WPA2;
    case WIFI_AUTH_WPA2_WPA3_PSK: return VESTIBULE_SECURITY_WPA2_WPA3;
    case WIFI_AUTH_WPA3_PSK: return VESTIBULE_SECURITY_WPA3;
    case WIFI_AUTH_WPA2_ENTERPRISE:
    case WIFI_AUTH_WPA3_ENT_192: return VESTIBULE_SECURITY_ENTERPRISE;
    default: return VESTIBULE_SECURITY_UNSUPPORTED;
    }
}

esp_err_t vestibule_esp_driver_raise(const vestibule_radio_command *command) {
    wifi_config_t config;
    memset(&config, 0, sizeof config);
    memcpy(config.ap.ssid, command->ssid.bytes, command->ssid.length);
    config.ap.ssid_len = command->ssid.length;
    if (command->passphrase_length < sizeof config.ap.password)
        memcpy(config.ap.password, command->passphrase, command->passphrase_length);
    config.ap.channel = command->channel;
    config.ap.authmode = own_protection(command->security);
    config.ap.pmf_cfg.required = command->security == VESTIBULE_SECURITY_WPA3;
    config.ap.max_connection = CLIENTS;
    config.ap.beacon_interval = 100;
    esp_err_t error = esp_wifi_set_mode(WIFI_MODE_APSTA);
    if (error == ESP_OK) error = esp_wifi_set_config(WIFI_IF_AP, &config);
    vestibule_esp_wipe(&config, sizeof config);
    return error;
}

esp_err_t vestibule_esp_driver_drop(void) { return esp_wifi_set_mode(WIFI_MODE_STA); }

/* The address counts only where ESP-IDF's own DHCP server has stopped, which starts with each access point. */
esp_err_t vestibule_esp_driver_address(const vestibule_radio_command *command) {
    esp_netif_t *netif = vestibule_esp_netifs[VESTIBULE_INTERFACE_ACCESS_POINT];
    esp_netif_ip_info_t own = {.netmask.addr = htonl(0xffffff00u)};
    own.ip.addr = own.gw.addr = vestibule_esp_address(command->address);
    esp_err_t error = esp_netif_dhcps_stop(netif);
    if (error != ESP_OK && error != ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED) return error;
    return esp_netif_set_ip_info(netif, &own);
}

esp_err_t vestibule_esp_driver_scan(const vestibule_network_name *name) {
    uint8_t text[sizeof name->bytes + 1] = {0};
    wifi_scan_config_t config;
    memset(&config, 0, sizeof config);
    if (name != NULL) {
        memcpy(text, name->bytes, name->length);
        config.ssid = text;
        config.show_hidden = true;
    }
    return esp_wifi_scan_start(&config, false);
}

void vestibule_esp_driver_scan_results(void) {
    static wifi_ap_record_t records[RECORDS];
    uint16_t count = RECORDS;
    /* It also frees the driver's list. */
    if (esp_wifi_scan_get_ap_records(&count, records) != ESP_OK) return;
    for (uint16_t i = 0; i < count && i < RECORDS; i++) {
        vestibule_radio_event found = {
            .kind = VESTIBULE_RADIO_EVENT_KIND_NETWORK_FOUND,
            .security = security_of(records[i].authmode),
            .channel = records[i].primary,
            .signal = records[i].rssi,
        };
        found.ssid.length = (uint8_t)strnlen((const char *)records[i].ssid, sizeof found.ssid.bytes);
        memcpy(found.ssid.bytes, records[i].ssid, found.ssid.length);
        memcpy(found.bssid, records[i].bssid, sizeof found.bssid);
        vestibule_esp_report(&found);
    }
}

esp_err_t vestibule_esp_driver_join(const vestibule_radio_command *command) {
    wifi_config_t config;
    memset(&config, 0, sizeof config);
    memcpy(config.sta.ssid, command->ssid.bytes, command->ssid.length);
    memcpy(config.sta.password, command->passphrase, command->passphrase_length);
    /* The strongest access point of this name, not the first: a house may have several. */
    config.sta.scan_method = WIFI_ALL_CHANNEL_SCAN;
    config.sta.sort_method = WIFI_CONNECT_AP_BY_SIGNAL;
    config.sta.sae_pwe_h2e = WPA3_SAE_PWE_BOTH;
    if (command->passphrase_length > 0) {
#if CONFIG_VESTIBULE_JOINS_WPA
        config.sta.threshold.authmode = WIFI_AUTH_WPA_PSK;
#else
        config.sta.threshold.authmode = WIFI_AUTH_WPA2_PSK;
#endif
    }
    esp_err_t error = esp_wifi_set_config(WIFI_IF_STA, &config);
    vestibule_esp_wipe(&config, sizeof config);
    return error == ESP_OK ? esp_wifi_connect() : error;
}
