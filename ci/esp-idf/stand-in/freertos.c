/* Tasks, queues and semaphores of FreeRTOS, on threads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "stand_in.h"

struct stand_in_queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t length, item_size, first, count;
    uint8_t *items;
};

QueueHandle_t xQueueCreate(UBaseType_t length, UBaseType_t item_size) {
    QueueHandle_t queue = calloc(1, sizeof *queue);
    pthread_mutex_init(&queue->mutex, NULL);
    stand_in_condition(&queue->changed);
    queue->length = length;
    queue->item_size = item_size;
    queue->items = calloc(length, item_size ? item_size : 1);
    return queue;
}

/* Waits until there are more items than `least` or fewer than `most`; holds the mutex if it was so. */
static bool wait_until(QueueHandle_t queue, size_t least, size_t most, TickType_t ticks) {
    struct timespec until = stand_in_moment(ticks == portMAX_DELAY ? 3600000 : ticks * (1000 / configTICK_RATE_HZ));
    pthread_mutex_lock(&queue->mutex);
    while (queue->count < least || queue->count > most) {
        if (pthread_cond_timedwait(&queue->changed, &queue->mutex, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&queue->mutex);
            return false;
        }
    }
    return true;
}

BaseType_t xQueueSend(QueueHandle_t queue, const void *item, TickType_t ticks_to_wait) {
    if (!wait_until(queue, 0, queue->length - 1, ticks_to_wait)) return pdFALSE;
    size_t at = (queue->first + queue->count++) % queue->length;
    if (queue->item_size) memcpy(queue->items + at * queue->item_size, item, queue->item_size);
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
    return pdTRUE;
}

BaseType_t xQueueReceive(QueueHandle_t queue, void *item, TickType_t ticks_to_wait) {
    if (!wait_until(queue, 1, queue->length, ticks_to_wait)) return pdFALSE;
    if (queue->item_size) memcpy(item, queue->items + queue->first * queue->item_size, queue->item_size);
    queue->first = (queue->first + 1) % queue->length;
    queue->count--;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
    return pdTRUE;
}

BaseType_t xQueueReset(QueueHandle_t queue) {
    pthread_mutex_lock(&queue->mutex);
    queue->count = 0;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
    return pdPASS;
}

SemaphoreHandle_t xSemaphoreCreateBinary(void) { return xQueueCreate(1, 0); }

SemaphoreHandle_t xSemaphoreCreateMutex(void) {
    SemaphoreHandle_t mutex = xSemaphoreCreateBinary();
    xSemaphoreGive(mutex);
    return mutex;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks_to_wait) {
    return xQueueReceive(semaphore, NULL, ticks_to_wait);
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore) { return xQueueSend(semaphore, NULL, 0); }

struct start {
    TaskFunction_t code;
    void *parameters;
};

static void *run(void *given) {
    struct start start = *(struct start *)given;
    free(given);
    start.code(start.parameters);
    abort(); /* a task must not return */
}

BaseType_t xTaskCreate(TaskFunction_t code, const char *name, uint32_t stack_depth, void *parameters,
                       UBaseType_t priority, TaskHandle_t *created) {
    pthread_t thread;
    (void)name;
    (void)stack_depth;
    (void)priority;
    (void)created;
    if (stand_in_fails("xTaskCreate")) return pdFAIL;
    struct start *start = malloc(sizeof *start);
    *start = (struct start){code, parameters};
    if (pthread_create(&thread, NULL, run, start) != 0) return pdFAIL;
    pthread_detach(thread);
    return pdPASS;
}

void vTaskDelete(TaskHandle_t task) {
    if (task != NULL) abort(); /* nobody here ends another task */
    pthread_exit(NULL);
}

void vTaskDelay(TickType_t ticks) { usleep(ticks * (1000000 / configTICK_RATE_HZ) / stand_in_speed()); }
