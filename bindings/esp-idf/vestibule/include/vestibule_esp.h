/* The portal of Vestibule on ESP-IDF: a task with radio, sockets, flash and random bytes of the chip. There is one, because
 * there is one radio. Pages, fields and choices are those of vestibule.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef VESTIBULE_ESP_H
#define VESTIBULE_ESP_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "vestibule.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is done first. */
typedef enum {
    /* Joins with what is stored, and opens the portal if nothing is or if that fails. */
    VESTIBULE_ESP_CONNECT_OR_SETUP = 0,
    /* Joins with what is stored, and opens no portal. */
    VESTIBULE_ESP_CONNECT,
    /* Opens the portal, whatever is stored. */
    VESTIBULE_ESP_SETUP,
} vestibule_esp_begin;

/* How a device is. What is zero has its default. Callbacks run on the portal's task: they are quick, and call none of the
 * functions below. */
typedef struct {
    /* The access point's name, up to 32 bytes. */
    const char *name;
    /* Its passphrase, 8 to 63 bytes, which is copied; NULL is an open access point. */
    const char *passphrase;
    /* The program's own fields and pages, or NULL. The struct and its tables are copied, its texts stay as they are until
     * vestibule_esp_stop. */
    const vestibule_application *application;
    /* Changes the choices before the portal is made, or NULL. Texts stay until vestibule_esp_stop. */
    void (*configure)(void *context, vestibule_config *config);
    /* Something happened, or NULL. */
    void (*on_event)(void *context, const vestibule_event *event);
    /* Handed to both. */
    void *context;
    /* Nothing is served on the home network, where the port is the program's. */
    bool without_home_page;
    vestibule_esp_begin begin;
} vestibule_esp_options;

/* Where the device stands. */
typedef struct {
    /* A vestibule_state. */
    uint8_t state;
    bool access_point_is_up;
    /* A network is stored. */
    bool has_network;
    /* The device's address on the home network; zeros are none. */
    vestibule_station_address home;
    /* The network that is joined, tried, or was tried. */
    vestibule_network_name network;
} vestibule_esp_status;

/* Starts the radio, unless the program has, and the portal's task. `options` are copied.
 *
 * ESP_ERR_INVALID_STATE if it runs already, ESP_ERR_INVALID_ARG for options that the portal refuses (the log says why),
 * ESP_ERR_NOT_FOUND without the partition, ESP_ERR_NOT_SUPPORTED for one that is encrypted, ESP_ERR_NO_MEM, or what a
 * call of ESP-IDF returned. Then nothing runs. */
esp_err_t vestibule_esp_start(const vestibule_esp_options *options);

/* Ends the portal and its access point; a network that is joined stays joined. Waits for the task, ten seconds at most:
 * ESP_ERR_TIMEOUT then. Without effect if nothing runs. Not from a callback. */
esp_err_t vestibule_esp_stop(void);

/* Opens the portal, whatever is stored. ESP_ERR_INVALID_STATE if nothing runs, ESP_ERR_TIMEOUT if the task is too busy. */
esp_err_t vestibule_esp_setup(void);

/* Forgets every network and value and leaves the network: for a button of the device. Without the task it erases the
 * partition. Errors as of vestibule_esp_setup, and of the flash. */
esp_err_t vestibule_esp_forget(void);

/* Where the device stands, into `status`. ESP_ERR_INVALID_STATE if nothing runs. */
esp_err_t vestibule_esp_get_status(vestibule_esp_status *status);

/* Waits until the home network is joined and the access point is down: 0 if it is, ESP_ERR_TIMEOUT if it is not after so
 * many milliseconds, ESP_ERR_INVALID_STATE if nothing runs. */
esp_err_t vestibule_esp_wait(uint32_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
