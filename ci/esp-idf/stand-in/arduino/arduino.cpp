/* Arduino's core on the stand-in: its Wi-Fi layer starts the radio, and rejoins what the driver was configured for. */
#include <Arduino.h>
#include <WiFi.h>

#include <atomic>

#include "esp_netif.h"
#include "esp_system.h"
#include "freertos/task.h"

HardwareSerial Serial;
EspClass ESP;
WiFiClass WiFi;

static std::atomic<bool> reconnects{true};

void EspClass::restart() { esp_restart(); }

void delay(uint32_t milliseconds) { vTaskDelay(pdMS_TO_TICKS(milliseconds)); }

void WiFiClass::persistent(bool) {}

bool WiFiClass::setAutoReconnect(bool wanted) {
    reconnects = wanted;
    return true;
}

static void handle(void *, esp_event_base_t, int32_t id, void *data) {
    if (id != WIFI_EVENT_STA_DISCONNECTED || !reconnects) return;
    if (static_cast<const wifi_event_sta_disconnected_t *>(data)->reason == WIFI_REASON_ASSOC_LEAVE) return;
    Serial.println("Arduino rejoins");
    delay(500);
    esp_wifi_connect();
}

static void handleAddress(void *, esp_event_base_t, int32_t id, void *) {
    if (id == IP_EVENT_STA_GOT_IP) Serial.println("Arduino has an address");
}

bool WiFiClass::mode(wifi_mode_t wanted) {
    static bool isStarted = false;
    if (!isStarted) {
        wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
        esp_netif_init();
        esp_event_loop_create_default();
        esp_netif_create_default_wifi_sta();
        esp_netif_create_default_wifi_ap();
        esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, handle, nullptr);
        esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, handleAddress, nullptr);
        if (esp_wifi_init(&config) != ESP_OK) return false;
        isStarted = true;
    }
    return esp_wifi_set_mode(wanted) == ESP_OK && esp_wifi_start() == ESP_OK;
}

extern "C" void app_main() {
    setup();
    for (;;) loop();
}
