#pragma once
#include "esp_err.h"
STAND_IN_BEGIN
void esp_fill_random(void *buf, size_t len);
STAND_IN_END
