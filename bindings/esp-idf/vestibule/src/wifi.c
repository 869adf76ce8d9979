/* Starts the radio, unless the program has, and hands its events to the portal's task. The events come on the event loop's
 * task, which must not wait for ours. */
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_wifi.h"
#include "glue.h"

esp_netif_t *vestibule_esp_netifs[2];

static uint8_t prefix_of(uint32_t netmask) {
    uint8_t bits = 0;
    for (uint32_t mask = ntohl(netmask); mask & 0x80000000u; mask <<= 1) bits++;
    return bits;
}

static void got_address(const ip_event_got_ip_t *event, struct vestibule_esp_message *message) {
    memcpy(message->link.address, &event->ip_info.ip.addr, sizeof message->link.address);
    memcpy(message->link.gateway, &event->ip_info.gw.addr, sizeof message->link.gateway);
    message->link.prefix = prefix_of(event->ip_info.netmask.addr);
}

static void handle_ip(void *context, esp_event_base_t base, int32_t id, void *data) {
    struct vestibule_esp_message message = {.kind = MESSAGE_ADDRESS_LOST};
    (void)context;
    (void)base;
    if (id == IP_EVENT_STA_GOT_IP) {
        message.kind = MESSAGE_ADDRESS;
        got_address(data, &message);
    } else if (id != IP_EVENT_STA_LOST_IP) {
        return;
    }
    vestibule_esp_post(&message);
}

static void handle_wifi(void *context, esp_event_base_t base, int32_t id, void *data) {
    struct vestibule_esp_message message = {.reason = 0};
    (void)context;
    (void)base;
    switch (id) {
    case WIFI_EVENT_AP_START: message.kind = MESSAGE_ACCESS_POINT_STARTED; break;
    case WIFI_EVENT_AP_STOP: message.kind = MESSAGE_ACCESS_POINT_STOPPED; break;
    case WIFI_EVENT_SCAN_DONE: message.kind = MESSAGE_SCAN_DONE; break;
    case WIFI_EVENT_STA_DISCONNECTED:
        message.kind = MESSAGE_DISCONNECTED;
        message.reason = ((const wifi_event_sta_disconnected_t *)data)->reason;
        break;
    default: return;
    }
    vestibule_esp_post(&message);
}

/* The device's address on the home network, where it is not to ask for one. */
static esp_err_t set_home_address(const vestibule_config *config) {
    esp_netif_t *home = vestibule_esp_netifs[VESTIBULE_INTERFACE_HOME];
    if (config->home_prefix == 0) return ESP_OK;
    esp_netif_ip_info_t own = {.netmask.addr = htonl(0xffffffffu << (32 - config->home_prefix))};
    esp_netif_dns_info_t dns;
    own.ip.addr = vestibule_esp_address(config->home_address);
    own.gw.addr = vestibule_esp_address(config->home_router);
    esp_err_t error = esp_netif_dhcpc_stop(home);
    if (error != ESP_OK && error != ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED) return error;
    error = esp_netif_set_ip_info(home, &own);
    if (error != ESP_OK || own.gw.addr == 0) return error;
    /* Nobody else says where names are looked up: as a rule a router knows. */
    memset(&dns, 0, sizeof dns);
    dns.ip.type = ESP_IPADDR_TYPE_V4;
    dns.ip.u_addr.ip4.addr = own.gw.addr;
    return esp_netif_set_dns_info(home, ESP_NETIF_DNS_MAIN, &dns);
}

static esp_err_t start_stack(void) {
    esp_err_t error = esp_netif_init();
    if (error != ESP_OK && error != ESP_ERR_INVALID_STATE) return error;
    error = esp_event_loop_create_default();
    if (error != ESP_OK && error != ESP_ERR_INVALID_STATE) return error; /* the latter: there is one */
    esp_netif_t **netifs = vestibule_esp_netifs;
    netifs[VESTIBULE_INTERFACE_HOME] = esp_netif_get_handle_from_ifkey("WIFI_STA_DEF");
    if (!netifs[VESTIBULE_INTERFACE_HOME]) netifs[VESTIBULE_INTERFACE_HOME] = esp_netif_create_default_wifi_sta();
    netifs[VESTIBULE_INTERFACE_ACCESS_POINT] = esp_netif_get_handle_from_ifkey("WIFI_AP_DEF");
    if (!netifs[VESTIBULE_INTERFACE_ACCESS_POINT])
        netifs[VESTIBULE_INTERFACE_ACCESS_POINT] = esp_netif_create_default_wifi_ap();
    return netifs[0] && netifs[1] ? ESP_OK : ESP_ERR_NO_MEM;
}

static esp_err_t start_radio(const vestibule_config *config) {
    wifi_mode_t mode;
    if (esp_wifi_get_mode(&mode) == ESP_ERR_WIFI_NOT_INIT) {
        wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
        init.nvs_enable = 0;
        esp_err_t error = esp_wifi_init(&init);
        if (error != ESP_OK) return error;
    }
    /* The portal keeps the networks: the driver's own store would be a second truth, with passphrases in clear. */
    esp_err_t error = esp_wifi_set_storage(WIFI_STORAGE_RAM);
    if (error == ESP_OK) error = esp_wifi_set_mode(WIFI_MODE_STA);
    if (error == ESP_OK) error = esp_wifi_start();
    if (error == ESP_OK && config->country[0] != 0) {
        const char country[3] = {(char)config->country[0], (char)config->country[1], 0};
        error = esp_wifi_set_country_code(country, true);
    }
    return error;
}

esp_err_t vestibule_esp_wifi_start(const vestibule_config *config) {
    esp_err_t error = start_stack();
    if (error == ESP_OK) error = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, handle_wifi, NULL);
    if (error == ESP_OK) error = esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, handle_ip, NULL);
    if (error == ESP_OK) error = start_radio(config);
    if (error == ESP_OK) error = set_home_address(config);
    if (error == ESP_OK) return ESP_OK;
    ESP_LOGE(VESTIBULE_ESP_TAG, "the radio cannot be started: %s", esp_err_to_name(error));
    vestibule_esp_wifi_forget();
    return error;
}

void vestibule_esp_wifi_forget(void) {
    esp_event_handler_unregister(WIFI_EVENT, ESP_EVENT_ANY_ID, handle_wifi);
    esp_event_handler_unregister(IP_EVENT, ESP_EVENT_ANY_ID, handle_ip);
}
