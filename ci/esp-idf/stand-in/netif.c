/* Network interfaces: those of the machine, whose names and addresses the test has given them. The DHCP server of an access
 * point starts with it and is in the way until it is stopped, as ESP-IDF's is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stand_in.h"
#include "wifi.h"

struct esp_netif_obj {
    const char *key;
    const char *variable; /* of the environment: the interface's name */
    const char *otherwise;
    bool is_made, has_dhcp;
};
static struct esp_netif_obj station = {"WIFI_STA_DEF", "STAND_IN_STATION", "lo", false, true};
static struct esp_netif_obj access_point = {"WIFI_AP_DEF", "STAND_IN_ACCESS_POINT", "lo", false, false};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

esp_event_base_t const IP_EVENT = "IP_EVENT";

esp_err_t esp_netif_init(void) { return stand_in_fails("esp_netif_init") ? ESP_FAIL : ESP_OK; }

static esp_netif_t *make(esp_netif_t *netif) {
    if (netif->is_made) abort(); /* ESP-IDF aborts for a second one of the same key, too */
    netif->is_made = true;
    return netif;
}

esp_netif_t *esp_netif_create_default_wifi_sta(void) { return make(&station); }
esp_netif_t *esp_netif_create_default_wifi_ap(void) { return make(&access_point); }

esp_netif_t *esp_netif_get_handle_from_ifkey(const char *if_key) {
    esp_netif_t *netif = strcmp(if_key, station.key) == 0 ? &station : &access_point;
    return netif->is_made ? netif : NULL;
}

void stand_in_access_point_starts(void) {
    pthread_mutex_lock(&mutex);
    access_point.has_dhcp = true;
    pthread_mutex_unlock(&mutex);
}

bool esp_netif_is_netif_up(esp_netif_t *esp_netif) {
    return esp_netif == &access_point ? stand_in_has_access_point() : stand_in_is_joined();
}

esp_err_t esp_netif_get_netif_impl_name(esp_netif_t *esp_netif, char *name) {
    const char *set = getenv(esp_netif->variable);
    snprintf(name, 16, "%s", set ? set : esp_netif->otherwise);
    return ESP_OK;
}

static esp_err_t stop(esp_netif_t *netif) {
    pthread_mutex_lock(&mutex);
    bool had = netif->has_dhcp;
    netif->has_dhcp = false;
    pthread_mutex_unlock(&mutex);
    return had ? ESP_OK : ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED;
}

esp_err_t esp_netif_dhcps_stop(esp_netif_t *esp_netif) {
    return stand_in_fails("esp_netif_dhcps_stop") ? ESP_FAIL : stop(esp_netif);
}

esp_err_t esp_netif_dhcpc_stop(esp_netif_t *esp_netif) { return stop(esp_netif); }

esp_err_t esp_netif_set_ip_info(esp_netif_t *esp_netif, const esp_netif_ip_info_t *ip_info) {
    (void)ip_info; /* the test has set the address */
    pthread_mutex_lock(&mutex);
    bool has_dhcp = esp_netif->has_dhcp;
    pthread_mutex_unlock(&mutex);
    return has_dhcp ? ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED : ESP_OK;
}

esp_err_t esp_netif_set_dns_info(esp_netif_t *esp_netif, esp_netif_dns_type_t type, esp_netif_dns_info_t *dns) {
    return esp_netif && type == ESP_NETIF_DNS_MAIN && dns ? ESP_OK : ESP_FAIL;
}
