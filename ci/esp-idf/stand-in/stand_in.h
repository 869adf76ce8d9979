/* What the files of the stand-in share. */
#ifndef STAND_IN_H
#define STAND_IN_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "esp_event.h"
#include "esp_netif.h"

/* A file in the folder that STAND_IN names: the flash is one; others are what a test tells the chip. */
const char *stand_in_path(const char *name);
bool stand_in_is_told(const char *name);
/* A call of ESP-IDF that fails while there is a file fail-NAME. */
bool stand_in_fails(const char *call);
/* How many times as fast as the machine's the chip's time goes: STAND_IN_SPEED, so that a test need not wait. */
unsigned stand_in_speed(void);
/* A moment so many of the chip's milliseconds from now, for pthread_cond_timedwait on a condition of stand_in_condition. */
struct timespec stand_in_moment(uint32_t milliseconds);
void stand_in_condition(pthread_cond_t *condition);
/* Hands an event to the handlers, on the event loop's own thread, after a while. */
void stand_in_post(esp_event_base_t base, int32_t id, const void *data, size_t length, uint32_t after_ms);

#endif
