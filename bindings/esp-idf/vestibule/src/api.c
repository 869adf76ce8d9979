/* What a program calls, from any of its tasks: makes the portal, starts its task, and says where the device stands. */
#include <string.h>

#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "glue.h"

/* How long it waits for the end of the portal's task, and for the lock. */
#define STOP_MS 10000
#define LOCK_MS 100

/* How often vestibule_esp_wait looks. */
#define WAIT_MS 20

static _Alignas(VESTIBULE_PORTAL_ALIGN) uint8_t memory[VESTIBULE_PORTAL_SIZE];
static SemaphoreHandle_t has_ended;
/* Guards what follows. */
static SemaphoreHandle_t lock;
static vestibule_esp_status status;
static bool runs;

void vestibule_esp_publish(const vestibule_esp_status *now) {
    if (xSemaphoreTake(lock, pdMS_TO_TICKS(LOCK_MS)) != pdTRUE) return;
    status = *now;
    xSemaphoreGive(lock);
}

static bool is_running(void) {
    bool answer = false;
    if (!lock || xSemaphoreTake(lock, pdMS_TO_TICKS(LOCK_MS)) != pdTRUE) return false;
    answer = runs;
    xSemaphoreGive(lock);
    return answer;
}

static void set_running(bool now) {
    /* Held for a copy at most, by anybody. */
    xSemaphoreTake(lock, portMAX_DELAY);
    runs = now;
    if (!now) memset(&status, 0, sizeof status);
    xSemaphoreGive(lock);
}

static esp_err_t configure(const vestibule_esp_options *options) {
    vestibule_config *config = &vestibule_esp_device.config;
    const char *name = options->name ? options->name : "";
    if (vestibule_config_init(config, (const uint8_t *)name, strlen(name)) != 0) return ESP_ERR_INVALID_ARG;
    if (options->passphrase && *options->passphrase) {
        config->security = VESTIBULE_SECURITY_WPA2;
        config->passphrase = (vestibule_text){(const uint8_t *)options->passphrase, strlen(options->passphrase)};
    }
    if (options->configure) options->configure(options->context, config);
    vestibule_esp_device.options = *options;
    return options->begin > VESTIBULE_ESP_SETUP ? ESP_ERR_INVALID_ARG : ESP_OK;
}

static esp_err_t make_portal(void) {
    struct vestibule_esp_device *device = &vestibule_esp_device;
    vestibule_flash flash;
    const vestibule_random random = vestibule_esp_random();
    esp_err_t error = vestibule_esp_flash(&flash);
    if (error != ESP_OK) return error;
    int32_t made = vestibule_portal_new(memory, sizeof memory, &device->config, &flash, &random,
                                        device->options.application, &device->portal);
    /* The portal has copies, and the program may wipe its own. */
    device->config.passphrase = (vestibule_text){NULL, 0};
    device->options.passphrase = device->options.name = NULL;
    device->options.application = NULL;
    return vestibule_esp_checked(made, "vestibule_portal_new") == 0 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

static esp_err_t make_locks(void) {
    if (!has_ended) has_ended = xSemaphoreCreateBinary();
    if (!lock) lock = xSemaphoreCreateMutex();
    return has_ended && lock ? vestibule_esp_task_prepare(has_ended) : ESP_ERR_NO_MEM;
}

esp_err_t vestibule_esp_start(const vestibule_esp_options *options) {
    esp_err_t error = make_locks();
    if (error == ESP_OK && is_running()) error = ESP_ERR_INVALID_STATE;
    if (error == ESP_OK) error = configure(options);
    if (error == ESP_OK) error = vestibule_esp_wifi_start(&vestibule_esp_device.config);
    if (error != ESP_OK) return error;
    error = make_portal();
    if (error == ESP_OK) {
        set_running(true);
        if (vestibule_esp_task_start()) return ESP_OK;
        set_running(false);
        vestibule_portal_end(vestibule_esp_device.portal);
        error = ESP_ERR_NO_MEM;
    }
    vestibule_esp_wifi_forget();
    return error;
}

esp_err_t vestibule_esp_stop(void) {
    const struct vestibule_esp_message message = {.kind = MESSAGE_STOP};
    if (!is_running()) return ESP_OK;
    if (!vestibule_esp_post(&message) || xSemaphoreTake(has_ended, pdMS_TO_TICKS(STOP_MS)) != pdTRUE)
        return ESP_ERR_TIMEOUT;
    set_running(false);
    return ESP_OK;
}

static esp_err_t ask(enum vestibule_esp_message_kind kind) {
    const struct vestibule_esp_message message = {.kind = kind};
    if (!is_running()) return ESP_ERR_INVALID_STATE;
    return vestibule_esp_post(&message) ? ESP_OK : ESP_ERR_TIMEOUT;
}

esp_err_t vestibule_esp_setup(void) { return ask(MESSAGE_SETUP); }

esp_err_t vestibule_esp_forget(void) { return is_running() ? ask(MESSAGE_FORGET) : vestibule_esp_flash_erase(); }

esp_err_t vestibule_esp_get_status(vestibule_esp_status *own) {
    if (!is_running()) return ESP_ERR_INVALID_STATE;
    if (xSemaphoreTake(lock, pdMS_TO_TICKS(LOCK_MS)) != pdTRUE) return ESP_ERR_TIMEOUT;
    *own = status;
    xSemaphoreGive(lock);
    return ESP_OK;
}

esp_err_t vestibule_esp_wait(uint32_t timeout_ms) {
    vestibule_esp_status now;
    uint64_t until = vestibule_esp_now() + (uint64_t)timeout_ms * 1000;
    for (;;) {
        esp_err_t error = vestibule_esp_get_status(&now);
        if (error == ESP_ERR_INVALID_STATE) return error;
        if (error == ESP_OK && now.state == VESTIBULE_STATE_CONNECTED) return ESP_OK;
        if (vestibule_esp_now() >= until) return ESP_ERR_TIMEOUT;
        vTaskDelay(pdMS_TO_TICKS(WAIT_MS) + 1);
    }
}
