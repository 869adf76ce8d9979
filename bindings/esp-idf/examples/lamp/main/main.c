/* A lamp on ESP-IDF: it joins by the portal, which also asks for its message broker. The boot button opens the portal, and
 * held for five seconds it makes the lamp forget its network. */
#include <inttypes.h>
#include <stdio.h>

#include "driver/gpio.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nvs_flash.h"
#include "vestibule_esp.h"

#define TAG "lamp"
/* The boot button of boards with an ESP32-C3 or -C6. */
#define BUTTON GPIO_NUM_9
#define LOOK_MS 50
#define HELD_MS 5000

static const vestibule_field fields[] = {{
    .name = VESTIBULE_TEXT("broker"),
    .label = VESTIBULE_TEXT("Message broker"),
    .initial = VESTIBULE_TEXT("broker.local"),
    .kind = VESTIBULE_FIELD_KIND_TEXT,
    .longest = 40,
}};

static void on_values(void *context, const vestibule_values *values) {
    char broker[41] = "";
    size_t length = 0;
    (void)context;
    if (vestibule_values_get(values, (const uint8_t *)"broker", 6, (uint8_t *)broker, sizeof broker - 1, &length) == 1)
        ESP_LOGI(TAG, "broker %.*s", (int)length, broker);
}

static void on_event(void *context, const vestibule_event *event) {
    (void)context;
    switch (event->kind) {
    case VESTIBULE_EVENT_KIND_STATE: ESP_LOGI(TAG, "state %u", event->to); break;
    case VESTIBULE_EVENT_KIND_JOIN_FAILED: ESP_LOGI(TAG, "join failed: %u", event->failure); break;
    case VESTIBULE_EVENT_KIND_JOINED:
        ESP_LOGI(TAG, "joined, address %u.%u.%u.%u", event->link.address[0], event->link.address[1],
                 event->link.address[2], event->link.address[3]);
        break;
    case VESTIBULE_EVENT_KIND_FORGOTTEN: ESP_LOGI(TAG, "forgotten"); break;
    default: break;
    }
}

/* Never returns. */
static void watch_button(void) {
    gpio_set_direction(BUTTON, GPIO_MODE_INPUT);
    gpio_set_pull_mode(BUTTON, GPIO_PULLUP_ONLY);
    for (uint32_t held = 0;; vTaskDelay(pdMS_TO_TICKS(LOOK_MS))) {
        bool is_pressed = gpio_get_level(BUTTON) == 0;
        if (is_pressed && held <= HELD_MS && (held += LOOK_MS) > HELD_MS) vestibule_esp_forget();
        if (!is_pressed && held > 0 && held <= HELD_MS) vestibule_esp_setup();
        if (!is_pressed) held = 0;
    }
}

void app_main(void) {
    const vestibule_application application = {
        .fields = fields,
        .field_count = sizeof fields / sizeof *fields,
        .name = VESTIBULE_TEXT("Lamp"),
        .on_values = on_values,
    };
    const vestibule_esp_options options = {.name = "Lamp", .application = &application, .on_event = on_event};
    /* The radio keeps its calibration there; without it, it measures at each start. */
    nvs_flash_init();
    ESP_ERROR_CHECK(vestibule_esp_start(&options));
    watch_button();
}
