/* The rest of the chip: flash in a file, the boot button, random bytes, the clock, the log; and the main task. */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "driver/gpio.h"
#include "esp_hmac.h"
#include "esp_log.h"
#include "esp_partition.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "nvs_flash.h"
#include "stand_in.h"
#include "wifi.h"

#define SECTORS 2
#define SECTOR 4096

const char *stand_in_path(const char *name) {
    static __thread char path[512];
    const char *folder = getenv("STAND_IN");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
    return path;
}

bool stand_in_is_told(const char *name) { return access(stand_in_path(name), F_OK) == 0; }

bool stand_in_fails(const char *call) {
    char name[80];
    snprintf(name, sizeof name, "fail-%s", call);
    return stand_in_is_told(name);
}

unsigned stand_in_speed(void) {
    const char *speed = getenv("STAND_IN_SPEED");
    return speed && atoi(speed) > 0 ? (unsigned)atoi(speed) : 1;
}

struct timespec stand_in_moment(uint32_t milliseconds) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    uint64_t nanoseconds = (uint64_t)moment.tv_nsec + (uint64_t)milliseconds * 1000000 / stand_in_speed();
    moment.tv_sec += (time_t)(nanoseconds / 1000000000);
    moment.tv_nsec = (long)(nanoseconds % 1000000000);
    return moment;
}

void stand_in_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

int64_t esp_timer_get_time(void) {
    static struct timespec start;
    struct timespec now = stand_in_moment(0);
    if (start.tv_sec == 0) start = now;
    return ((int64_t)(now.tv_sec - start.tv_sec) * 1000000 + (now.tv_nsec - start.tv_nsec) / 1000) * stand_in_speed();
}

void stand_in_log(char level, const char *tag, const char *format, ...) {
    char line[256];
    va_list rest;
    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    printf("%c %s: %s\n", level, tag, line);
    fflush(stdout);
}

const char *esp_err_to_name(esp_err_t code) {
    static __thread char name[24];
    snprintf(name, sizeof name, "error 0x%x", (unsigned)code);
    return name;
}

void esp_fill_random(void *buf, size_t len) {
    if (getrandom(buf, len, 0) != (ssize_t)len) abort();
}

/* No key that anybody should use: each byte of the message moves all of them. */
esp_err_t esp_hmac_calculate(hmac_key_id_t key_id, const void *message, size_t message_len, uint8_t *hmac) {
    uint64_t state = 0x9e3779b97f4a7c15u + (uint64_t)key_id;
    for (size_t i = 0; i < message_len; i++) state = (state ^ ((const uint8_t *)message)[i]) * 0x100000001b3u;
    for (int i = 0; i < 32; i++) hmac[i] = (uint8_t)((state = state * 6364136223846793005u + 1) >> 56);
    return ESP_OK;
}

void esp_restart(void) { _exit(3); }
esp_err_t nvs_flash_init(void) { return ESP_OK; }

esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode) {
    return gpio_num == GPIO_NUM_9 && mode == GPIO_MODE_INPUT ? ESP_OK : ESP_FAIL;
}

esp_err_t gpio_set_pull_mode(gpio_num_t gpio_num, gpio_pull_mode_t pull) {
    return gpio_num == GPIO_NUM_9 && pull == GPIO_PULLUP_ONLY ? ESP_OK : ESP_FAIL;
}

int gpio_get_level(gpio_num_t gpio_num) { return gpio_num == 9 && stand_in_is_told("button") ? 0 : 1; }

/* NOR flash: writing clears bits, and erasing sets those of whole sectors. */
static uint8_t flash[SECTORS * SECTOR];

static void keep(void) {
    int file = open(stand_in_path("flash"), O_WRONLY | O_CREAT, 0600);
    if (file < 0 || pwrite(file, flash, sizeof flash, 0) != sizeof flash) abort();
    close(file);
}

const esp_partition_t *esp_partition_find_first(esp_partition_type_t type, esp_partition_subtype_t subtype,
                                                const char *label) {
    static esp_partition_t partition = {.size = sizeof flash, .erase_size = SECTOR, .label = "vestibule"};
    if (type != ESP_PARTITION_TYPE_ANY || subtype != ESP_PARTITION_SUBTYPE_ANY) return NULL;
    if (strcmp(label, partition.label) != 0 || stand_in_fails("esp_partition_find_first")) return NULL;
    partition.encrypted = stand_in_is_told("encrypted");
    int file = open(stand_in_path("flash"), O_RDONLY);
    memset(flash, 0xff, sizeof flash);
    if (file >= 0 && read(file, flash, sizeof flash) != sizeof flash) abort();
    if (file >= 0) close(file);
    return &partition;
}

static bool is_within(size_t offset, size_t size) { return offset <= sizeof flash && size <= sizeof flash - offset; }

esp_err_t esp_partition_read(const esp_partition_t *partition, size_t src_offset, void *dst, size_t size) {
    if (!partition || !is_within(src_offset, size)) return ESP_ERR_INVALID_SIZE;
    memcpy(dst, flash + src_offset, size);
    return ESP_OK;
}

esp_err_t esp_partition_write(const esp_partition_t *partition, size_t dst_offset, const void *src, size_t size) {
    if (!partition || !is_within(dst_offset, size)) return ESP_ERR_INVALID_SIZE;
    if (stand_in_fails("esp_partition_write")) return ESP_FAIL;
    for (size_t i = 0; i < size; i++) flash[dst_offset + i] &= ((const uint8_t *)src)[i];
    keep();
    return ESP_OK;
}

esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size) {
    if (!partition || !is_within(offset, size) || offset % SECTOR || size % SECTOR) return ESP_ERR_INVALID_SIZE;
    if (stand_in_fails("esp_partition_erase_range")) return ESP_FAIL;
    memset(flash + offset, 0xff, size);
    keep();
    return ESP_OK;
}

static void *air(void *unused) {
    for (;;) {
        stand_in_look_at_air();
        usleep(20000);
    }
    return unused;
}

void app_main(void);

static void *main_task(void *unused) {
    app_main();
    return unused;
}

/* Until it is told to end: the power goes, but what a sanitizer has to say is said. */
int main(void) {
    sigset_t ends;
    pthread_t thread;
    int which;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    esp_timer_get_time();
    if (pthread_create(&thread, NULL, air, NULL) != 0 || pthread_create(&thread, NULL, main_task, NULL) != 0) return 1;
    sigwait(&ends, &which);
    exit(0);
}
