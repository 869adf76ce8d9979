/* The partition that networks and values are kept in. All of it is the portal's. */
#include "esp_log.h"
#include "esp_partition.h"
#include "glue.h"

static const esp_partition_t *partition(void) {
    return esp_partition_find_first(ESP_PARTITION_TYPE_ANY, ESP_PARTITION_SUBTYPE_ANY, CONFIG_VESTIBULE_PARTITION);
}

static int32_t flash_read(void *context, uint32_t offset, uint8_t *bytes, size_t length) {
    return esp_partition_read(context, offset, bytes, length);
}

static int32_t flash_write(void *context, uint32_t offset, const uint8_t *bytes, size_t length) {
    return esp_partition_write(context, offset, bytes, length);
}

static int32_t flash_erase(void *context, uint32_t from, uint32_t to) {
    return esp_partition_erase_range(context, from, to - from);
}

esp_err_t vestibule_esp_flash(vestibule_flash *flash) {
    const esp_partition_t *found = partition();
    if (found == NULL) {
        ESP_LOGE(VESTIBULE_ESP_TAG, "no partition is called %s: see partitions.csv of the example",
                 CONFIG_VESTIBULE_PARTITION);
        return ESP_ERR_NOT_FOUND;
    }
    if (found->encrypted) {
        /* Encrypted flash is written 16 bytes at once, and a record of the portal's is completed by a word. */
        ESP_LOGE(VESTIBULE_ESP_TAG, "the partition %s must not be encrypted", CONFIG_VESTIBULE_PARTITION);
        return ESP_ERR_NOT_SUPPORTED;
    }
    *flash = (vestibule_flash){
        .context = (void *)found, /* it is only read */
        .sectors = found->size / VESTIBULE_SECTOR_BYTES,
        .read = flash_read,
        .write = flash_write,
        .erase = flash_erase,
    };
    return ESP_OK;
}

esp_err_t vestibule_esp_flash_erase(void) {
    const esp_partition_t *found = partition();
    return found == NULL ? ESP_ERR_NOT_FOUND : esp_partition_erase_range(found, 0, found->size);
}
