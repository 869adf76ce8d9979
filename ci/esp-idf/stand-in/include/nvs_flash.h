#pragma once
#include "esp_err.h"
STAND_IN_BEGIN
esp_err_t nvs_flash_init(void);
STAND_IN_END
