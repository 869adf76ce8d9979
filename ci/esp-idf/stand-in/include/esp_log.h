#pragma once
#include "esp_err.h"
STAND_IN_BEGIN
void stand_in_log(char level, const char *tag, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define ESP_LOGE(tag, ...) stand_in_log('E', tag, __VA_ARGS__)
#define ESP_LOGW(tag, ...) stand_in_log('W', tag, __VA_ARGS__)
#define ESP_LOGI(tag, ...) stand_in_log('I', tag, __VA_ARGS__)
STAND_IN_END
