# The whole portal of esp-wifi-manager, on MicroPython: it has no DNS.
from esp_wifi_manager.esp32_config import ESP32WiFiConfig

ESP32WiFiConfig(ap_name="Lamp", ap_pass="12345678").start()
