#pragma once
#include "esp_err.h"
STAND_IN_BEGIN
void esp_restart(void);
STAND_IN_END
