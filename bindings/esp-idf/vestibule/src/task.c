/* The task that owns the portal: it waits for sockets, messages and the portal's moments, and does what the portal asks for.
 * Sockets and a queue cannot be waited for together, so no wait is longer than TURN_MS. */
#include <string.h>

#include "esp_log.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "glue.h"

#define TURN_MS 50

/* What other tasks may have said and ours has not heard: more than the radio says within a turn. */
#define MESSAGES 16

/* How long another task waits for room among them. */
#define POST_MS 100

struct vestibule_esp_device vestibule_esp_device;

static QueueHandle_t messages;
static SemaphoreHandle_t ended;

uint64_t vestibule_esp_now(void) { return (uint64_t)esp_timer_get_time(); }

int32_t vestibule_esp_checked(int32_t result, const char *call) {
    if (result < 0) ESP_LOGE(VESTIBULE_ESP_TAG, "%s was refused: %d", call, (int)result);
    return result;
}

void vestibule_esp_wipe(void *bytes, size_t length) {
    volatile uint8_t *each = bytes;
    while (length-- > 0) *each++ = 0;
}

bool vestibule_esp_post(const struct vestibule_esp_message *message) {
    if (xQueueSend(messages, message, pdMS_TO_TICKS(POST_MS)) == pdTRUE) return true;
    ESP_LOGW(VESTIBULE_ESP_TAG, "the portal's task is too busy for message %d", (int)message->kind);
    return false;
}

void vestibule_esp_report(const vestibule_radio_event *event) {
    int32_t told = vestibule_handle_radio(vestibule_esp_device.portal, event, vestibule_esp_now());
    vestibule_esp_checked(told, "vestibule_handle_radio");
    vestibule_esp_drain();
}

void vestibule_esp_drain(void) {
    struct vestibule_esp_device *device = &vestibule_esp_device;
    vestibule_event event;
    vestibule_radio_command command;
    uint8_t connection;
    while (vestibule_poll_event(device->portal, &event) == 1) {
        if (device->options.on_event) device->options.on_event(device->options.context, &event);
    }
    /* They are noted here and carried out by vestibule_esp_radio_go_on, so that no report comes from within a report. */
    while (vestibule_poll_radio(device->portal, &command) == 1) {
        vestibule_esp_radio_command(&command);
        vestibule_esp_wipe(&command, sizeof command);
    }
    while (vestibule_poll_ready(device->portal, &connection) == 1) vestibule_esp_http_send(connection);
}

/* Says to other tasks where the device stands. */
static void publish(void) {
    vestibule_status portal;
    vestibule_esp_status own;
    memset(&own, 0, sizeof own);
    if (vestibule_esp_checked(vestibule_status_get(vestibule_esp_device.portal, &portal), "vestibule_status_get") < 0)
        return;
    own.state = portal.state;
    own.network = portal.ssid;
    own.access_point_is_up = vestibule_esp_radio_is_up();
    own.has_network = vestibule_has_credentials(vestibule_esp_device.portal) == 1;
    vestibule_home(vestibule_esp_device.portal, &own.home);
    vestibule_esp_publish(&own);
}

static void setup(void) {
    int32_t done = vestibule_setup(vestibule_esp_device.portal, vestibule_esp_now());
    vestibule_esp_checked(done, "vestibule_setup");
}

static void forget(void) {
    uint8_t fault = VESTIBULE_UNKNOWN;
    int32_t done = vestibule_factory_reset(vestibule_esp_device.portal, &fault, vestibule_esp_now());
    if (vestibule_esp_checked(done, "vestibule_factory_reset") == 1)
        ESP_LOGE(VESTIBULE_ESP_TAG, "the flash could not be wiped: fault %u", fault);
}

/* What other tasks said. False if ours is to end. */
static bool hear(void) {
    struct vestibule_esp_message message;
    while (xQueueReceive(messages, &message, 0) == pdTRUE) {
        switch (message.kind) {
        case MESSAGE_STOP: return false;
        case MESSAGE_SETUP: setup(); break;
        case MESSAGE_FORGET: forget(); break;
        default: vestibule_esp_radio_message(&message);
        }
        vestibule_esp_drain();
    }
    return true;
}

/* Waits for sockets until the portal's next moment, or for a turn. */
static void wait_for_sockets(void) {
    fd_set readable, writable;
    uint64_t at, now = vestibule_esp_now(), longest = TURN_MS * 1000;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    int highest = vestibule_esp_datagrams_watch(&readable, -1);
    highest = vestibule_esp_http_watch(&readable, &writable, highest);
    if (vestibule_poll_timeout(vestibule_esp_device.portal, &at) == 1 && at < now + longest)
        longest = at > now ? at - now : 0;
    if (highest < 0) {
        /* lwIP's select refuses to wait for nothing. */
        vTaskDelay(pdMS_TO_TICKS(longest / 1000) + 1);
        return;
    }
    struct timeval timeout = {.tv_usec = (suseconds_t)longest};
    if (select(highest + 1, &readable, &writable, NULL, &timeout) > 0) {
        vestibule_esp_datagrams_take(&readable);
        vestibule_esp_http_take(&readable, &writable);
    }
}

static void begin(void) {
    int32_t (*const calls[])(vestibule_portal *, uint64_t) = {vestibule_connect_or_setup, vestibule_connect,
                                                              vestibule_setup};
    vestibule_esp_radio_begin();
    int32_t begun = calls[vestibule_esp_device.options.begin](vestibule_esp_device.portal, vestibule_esp_now());
    vestibule_esp_checked(begun, "the first call");
    vestibule_esp_drain();
}

static void end(void) {
    vestibule_esp_datagrams_close();
    vestibule_esp_http_close(VESTIBULE_INTERFACE_ACCESS_POINT);
    vestibule_esp_http_close(VESTIBULE_INTERFACE_HOME);
    vestibule_esp_wifi_forget();
    vestibule_esp_radio_end();
    /* What has been said until now is not for the next portal. */
    xQueueReset(messages);
    vestibule_esp_checked(vestibule_portal_end(vestibule_esp_device.portal), "vestibule_portal_end");
}

static void portal_task(void *unused) {
    (void)unused;
    begin();
    while (hear()) {
        uint64_t at;
        if (vestibule_poll_timeout(vestibule_esp_device.portal, &at) == 1 && at <= vestibule_esp_now()) {
            vestibule_esp_checked(vestibule_handle_timeout(vestibule_esp_device.portal, vestibule_esp_now()),
                                  "vestibule_handle_timeout");
            vestibule_esp_drain();
        }
        vestibule_esp_radio_go_on();
        publish();
        wait_for_sockets();
    }
    end();
    xSemaphoreGive(ended);
    vTaskDelete(NULL);
}

esp_err_t vestibule_esp_task_prepare(SemaphoreHandle_t gives) {
    ended = gives;
    if (!messages) messages = xQueueCreate(MESSAGES, sizeof(struct vestibule_esp_message));
    return messages ? ESP_OK : ESP_ERR_NO_MEM;
}

bool vestibule_esp_task_start(void) {
    return xTaskCreate(portal_task, "vestibule", CONFIG_VESTIBULE_TASK_STACK, NULL, CONFIG_VESTIBULE_TASK_PRIORITY,
                       NULL) == pdPASS;
}
