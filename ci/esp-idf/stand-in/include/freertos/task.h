#pragma once
#include "freertos/FreeRTOS.h"
STAND_IN_BEGIN
typedef struct stand_in_task *TaskHandle_t;
typedef void (*TaskFunction_t)(void *parameters);
BaseType_t xTaskCreate(TaskFunction_t code, const char *name, uint32_t stack_depth, void *parameters,
                       UBaseType_t priority, TaskHandle_t *created);
void vTaskDelete(TaskHandle_t task);
void vTaskDelay(TickType_t ticks);
STAND_IN_END
