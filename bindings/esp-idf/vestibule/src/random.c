/* Random bytes, the chip's own key if it has one, and what is done when the library has found a mistake of its own. The
 * library needs the last, and the linker finds it because the others are called from here. */
#include <stdlib.h>

#include "esp_log.h"
#include "esp_random.h"
#include "esp_system.h"
#include "glue.h"
#if CONFIG_VESTIBULE_HMAC_KEY >= 0
#include "esp_hmac.h"
#endif

/* The hardware's source is fed by the radio, which is started before the portal is made. */
static void fill(void *context, uint8_t *bytes, size_t length) {
    (void)context;
    esp_fill_random(bytes, length);
}

#if CONFIG_VESTIBULE_HMAC_KEY >= 0
/* A key in eFuses, with the purpose HMAC_UP, which no program can read. */
static int32_t derive_key(void *context, const uint8_t *purpose, size_t length, uint8_t *key) {
    (void)context;
    return esp_hmac_calculate((hmac_key_id_t)(HMAC_KEY0 + CONFIG_VESTIBULE_HMAC_KEY), purpose, length, key);
}
#else
#define derive_key NULL
#endif

vestibule_random vestibule_esp_random(void) { return (vestibule_random){NULL, fill, derive_key}; }

void vestibule_panicked(const uint8_t *file, size_t length, uint32_t line) {
    ESP_LOGE(VESTIBULE_ESP_TAG, "a mistake of the library's own at %.*s:%u: restarting", (int)length, (const char *)file,
             (unsigned)line);
    esp_restart();
    abort();
}
