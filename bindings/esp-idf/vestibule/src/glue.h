/* What the files of this component share; nothing of it is a program's. All is called on the portal's task, unless it says
 * otherwise, and no call waits. */
#ifndef VESTIBULE_GLUE_H
#define VESTIBULE_GLUE_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_err.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "lwip/sockets.h"
#include "sdkconfig.h"
#include "vestibule.h"
#include "vestibule_esp.h"

/* Where Kconfig is not run, as with Arduino. */
#ifndef CONFIG_VESTIBULE_CONNECTIONS
#define CONFIG_VESTIBULE_CONNECTIONS 6
#endif
#ifndef CONFIG_VESTIBULE_TASK_STACK
#define CONFIG_VESTIBULE_TASK_STACK 12288
#endif
#ifndef CONFIG_VESTIBULE_TASK_PRIORITY
#define CONFIG_VESTIBULE_TASK_PRIORITY 5
#endif
#ifndef CONFIG_VESTIBULE_PARTITION
#define CONFIG_VESTIBULE_PARTITION "vestibule"
#endif
#ifndef CONFIG_VESTIBULE_HMAC_KEY
#define CONFIG_VESTIBULE_HMAC_KEY -1
#endif

#define VESTIBULE_ESP_TAG "vestibule"

/* What the event loop and other tasks tell the portal's task. */
enum vestibule_esp_message_kind {
    MESSAGE_ACCESS_POINT_STARTED,
    MESSAGE_ACCESS_POINT_STOPPED,
    MESSAGE_SCAN_DONE,
    MESSAGE_DISCONNECTED, /* reason */
    MESSAGE_ADDRESS,      /* link */
    MESSAGE_ADDRESS_LOST,
    MESSAGE_SETUP,
    MESSAGE_FORGET,
    MESSAGE_STOP,
};
struct vestibule_esp_message {
    enum vestibule_esp_message_kind kind;
    uint16_t reason;
    vestibule_station_address link;
};

/* The portal, and what its task knows. */
struct vestibule_esp_device {
    vestibule_portal *portal;
    vestibule_esp_options options;
    vestibule_config config;
};
extern struct vestibule_esp_device vestibule_esp_device;

/* Microseconds since the chip started. From any task. */
uint64_t vestibule_esp_now(void);
/* What a call of the portal's returned; a refusal is a mistake of this component's, and is logged. */
int32_t vestibule_esp_checked(int32_t result, const char *call);
/* Tells the portal what the radio did, and does what it asks for then. */
void vestibule_esp_report(const vestibule_radio_event *event);
/* Does what the portal asks for: events, commands for the radio, connections. */
void vestibule_esp_drain(void);
/* From any task: hands it to the portal's. */
bool vestibule_esp_post(const struct vestibule_esp_message *message);
/* Overwrites bytes that were secret. From any task. */
void vestibule_esp_wipe(void *bytes, size_t length);

/* task.c: makes its queue, and starts it; `gives` is given when it has ended. From any task. */
esp_err_t vestibule_esp_task_prepare(SemaphoreHandle_t gives);
bool vestibule_esp_task_start(void);
/* api.c: what other tasks are told from now on. */
void vestibule_esp_publish(const vestibule_esp_status *now);

/* flash.c: the partition, from any task. */
esp_err_t vestibule_esp_flash(vestibule_flash *flash);
esp_err_t vestibule_esp_flash_erase(void);
/* random.c */
vestibule_random vestibule_esp_random(void);

/* wifi.c: starts the radio and hears its events; from any task. */
esp_err_t vestibule_esp_wifi_start(const vestibule_config *config);
void vestibule_esp_wifi_forget(void);
extern esp_netif_t *vestibule_esp_netifs[2]; /* by vestibule_interface */

/* radio.c: carries out the portal's commands. */
void vestibule_esp_radio_begin(void);
void vestibule_esp_radio_end(void);
void vestibule_esp_radio_command(const vestibule_radio_command *command);
void vestibule_esp_radio_message(const struct vestibule_esp_message *message);
/* What was commanded and has not been done, and what has taken too long. */
void vestibule_esp_radio_go_on(void);
bool vestibule_esp_radio_is_up(void);
/* driver.c: the calls of esp_wifi for them. */
esp_err_t vestibule_esp_driver_raise(const vestibule_radio_command *command);
esp_err_t vestibule_esp_driver_drop(void);
esp_err_t vestibule_esp_driver_address(const vestibule_radio_command *command);
esp_err_t vestibule_esp_driver_scan(const vestibule_network_name *name);
void vestibule_esp_driver_scan_results(void);
esp_err_t vestibule_esp_driver_join(const vestibule_radio_command *command);

/* sockets.c: a socket on one interface; -1 if there is none. Port in host order, address as in lwIP. */
int vestibule_esp_socket(int type, uint8_t interface, uint32_t address, uint16_t port);
uint32_t vestibule_esp_address(const uint8_t bytes[4]);

/* datagrams.c: DNS and DHCP on the access point. */
bool vestibule_esp_datagrams_open(uint32_t address);
void vestibule_esp_datagrams_close(void);
int vestibule_esp_datagrams_watch(fd_set *readable, int highest);
void vestibule_esp_datagrams_take(const fd_set *readable);

/* http.c: the pages, on both interfaces. */
bool vestibule_esp_http_open(uint8_t interface, uint32_t address, uint16_t port);
void vestibule_esp_http_close(uint8_t interface);
bool vestibule_esp_http_is_open(uint8_t interface);
int vestibule_esp_http_watch(fd_set *readable, fd_set *writable, int highest);
void vestibule_esp_http_take(const fd_set *readable, const fd_set *writable);
void vestibule_esp_http_send(uint8_t connection);

#endif
