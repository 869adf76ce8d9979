/* What is declared in these headers is what the component calls of ESP-IDF 5, written from its public documentation. It is
 * not ESP-IDF: see ci/esp-idf/stand-in/README.md. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
#define STAND_IN_BEGIN extern "C" {
#define STAND_IN_END }
#else
#define STAND_IN_BEGIN
#define STAND_IN_END
#endif

STAND_IN_BEGIN
typedef int esp_err_t;
#define ESP_OK 0
#define ESP_FAIL -1
#define ESP_ERR_NO_MEM 0x101
#define ESP_ERR_INVALID_ARG 0x102
#define ESP_ERR_INVALID_STATE 0x103
#define ESP_ERR_INVALID_SIZE 0x104
#define ESP_ERR_NOT_FOUND 0x105
#define ESP_ERR_NOT_SUPPORTED 0x106
#define ESP_ERR_TIMEOUT 0x107
const char *esp_err_to_name(esp_err_t code);
#define ESP_ERROR_CHECK(call) \
    do { \
        if ((call) != ESP_OK) abort(); \
    } while (0)
STAND_IN_END
