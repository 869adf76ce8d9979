/* A device's radio for a C program, by Vestibule's device protocol, version 9 (docs/device-protocol.md): functions to put
 * behind the calls by which firmware uses its radio (esp_wifi_*, WiFi.*). One thread uses them at a time. */
#ifndef VESTIBULE_WIFI_H
#define VESTIBULE_WIFI_H

#include <stdbool.h>
#include <stdint.h>

/* Failed: not joined for any other reason. Lost: the network that was joined is gone. */
enum vestibule_state {
    VESTIBULE_IDLE, VESTIBULE_JOINING, VESTIBULE_JOINED, VESTIBULE_WRONG_PASSPHRASE, VESTIBULE_NOT_FOUND,
    VESTIBULE_FAILED, VESTIBULE_LOST,
};

struct vestibule_network {
    uint8_t name[33]; /* with a 0 behind it; a name may also hold a 0 */
    uint8_t name_length;
    uint8_t bssid[6];
    int channel, signal; /* the signal in dBm */
    bool is_open;
};

/* Connects to the host, and goes to the folder in which the device keeps its files. 0, or -1 with a message on the
 * standard error output. To be called first. When the host ends, so does the program. */
int vestibule_begin(void);

/* Raises the access point: open without a passphrase (NULL), otherwise by WPA2. Returns once it is up: 0, or -1. */
int vestibule_raise_access_point(const char *name, int channel, const char *address, const char *passphrase);

int vestibule_drop_access_point(void);

/* Looks for networks; returns how many there are of which it has written at most `most`. */
int vestibule_scan(struct vestibule_network *found, int most);

/* Begins to join a network: vestibule_state() says how that goes. vestibule_leave() gives it up, or leaves. */
int vestibule_join(const char *name, const char *passphrase);
int vestibule_leave(void);

/* How the join stands, without waiting. */
enum vestibule_state vestibule_state(void);

/* The device's address on the network that it has joined, "0.0.0.0" without one. */
const char *vestibule_address(void);

/* In place of bind(): a socket for this port of the device. It is bound to a free port of 127.0.0.1; for TCP call
 * vestibule_listen() then in place of listen(). 0, or -1 and errno. */
int vestibule_bind(int socket, uint16_t port);
int vestibule_listen(int socket, int backlog);

/* Restarts the device, as a reset does. Does not return. */
void vestibule_restart(void);

/* Called when the device's owner has it forget everything; NULL, as at first, for nothing. */
extern void (*vestibule_factory_reset)(void);

#endif
