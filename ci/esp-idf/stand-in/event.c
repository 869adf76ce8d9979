/* The default event loop: handlers are called one after the other on a thread of its own, in the order in which they were
 * registered, as ESP-IDF does it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stand_in.h"

#define HANDLERS 8

struct event {
    struct event *next;
    struct timespec due;
    esp_event_base_t base;
    int32_t id;
    _Alignas(16) uint8_t data[64];
};

static struct {
    esp_event_base_t base;
    esp_event_handler_t handler;
    void *arg;
} handlers[HANDLERS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static struct event *events;
static bool runs;

static bool is_before(struct timespec one, struct timespec other) {
    return one.tv_sec != other.tv_sec ? one.tv_sec < other.tv_sec : one.tv_nsec < other.tv_nsec;
}

static void dispatch(const struct event *event) {
    for (int i = 0; i < HANDLERS; i++) {
        pthread_mutex_lock(&mutex);
        esp_event_handler_t handler = handlers[i].base == event->base ? handlers[i].handler : NULL;
        void *arg = handlers[i].arg;
        pthread_mutex_unlock(&mutex);
        if (handler) handler(arg, event->base, event->id, (void *)event->data);
    }
}

static void *loop(void *unused) {
    for (;;) {
        pthread_mutex_lock(&mutex);
        while (!events || is_before(stand_in_moment(0), events->due)) {
            struct timespec until = events ? events->due : stand_in_moment(1000);
            pthread_cond_timedwait(&changed, &mutex, &until);
        }
        struct event *event = events;
        events = event->next;
        pthread_mutex_unlock(&mutex);
        dispatch(event);
        free(event);
    }
    return unused;
}

esp_err_t esp_event_loop_create_default(void) {
    pthread_t thread;
    if (runs) return ESP_ERR_INVALID_STATE;
    runs = true;
    stand_in_condition(&changed);
    if (pthread_create(&thread, NULL, loop, NULL) != 0) return ESP_FAIL;
    pthread_detach(thread);
    return ESP_OK;
}

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void *handler_arg) {
    esp_err_t error = ESP_ERR_NO_MEM;
    if (id != ESP_EVENT_ANY_ID) return ESP_ERR_NOT_SUPPORTED;
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < HANDLERS && error != ESP_OK; i++) {
        if (handlers[i].handler) continue;
        handlers[i].base = base;
        handlers[i].handler = handler;
        handlers[i].arg = handler_arg;
        error = ESP_OK;
    }
    pthread_mutex_unlock(&mutex);
    return error;
}

esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t id, esp_event_handler_t handler) {
    (void)id;
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < HANDLERS; i++) {
        if (handlers[i].base == base && handlers[i].handler == handler) handlers[i].handler = NULL;
    }
    pthread_mutex_unlock(&mutex);
    return ESP_OK;
}

void stand_in_post(esp_event_base_t base, int32_t id, const void *data, size_t length, uint32_t after_ms) {
    struct event *event = calloc(1, sizeof *event);
    event->due = stand_in_moment(after_ms);
    event->base = base;
    event->id = id;
    if (length > sizeof event->data) abort();
    if (length) memcpy(event->data, data, length);
    pthread_mutex_lock(&mutex);
    struct event **at = &events;
    while (*at && !is_before(event->due, (*at)->due)) at = &(*at)->next;
    event->next = *at;
    *at = event;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
}
