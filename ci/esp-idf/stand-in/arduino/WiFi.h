/* See Arduino.h. */
#pragma once
#include "esp_wifi.h"

#define WIFI_STA WIFI_MODE_STA

class WiFiClass {
   public:
    void persistent(bool persists);
    bool setAutoReconnect(bool reconnects);
    bool mode(wifi_mode_t wanted);
};
extern WiFiClass WiFi;
