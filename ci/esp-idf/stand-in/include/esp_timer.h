#pragma once
#include "esp_err.h"
STAND_IN_BEGIN
int64_t esp_timer_get_time(void);
STAND_IN_END
