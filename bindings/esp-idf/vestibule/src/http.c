/* HTTP connections: passes bytes between sockets and the portal, and decides nothing. What the portal does not take yet stays
 * in the socket, and what the socket does not take yet is kept here. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "esp_log.h"
#include "glue.h"

/* Bytes that are passed at once. */
#define PIECE 512

/* A client that is gone without a word is noticed after about 15 s of silence. */
static const int keep_alive_after_s = 5, keep_alive_interval_s = 5, keep_alive_count = 2;

struct connection {
    int socket;
    uint8_t interface;
    bool has_ended;  /* the client sends no more */
    bool is_stalled; /* the portal takes no more before it has answered */
    size_t length, sent;
    uint8_t bytes[PIECE];
};
static struct connection connections[CONFIG_VESTIBULE_CONNECTIONS];
static bool is_ready;
static int listeners[2] = {-1, -1}; /* by interface */

_Static_assert(CONFIG_VESTIBULE_CONNECTIONS <= VESTIBULE_CONNECTIONS, "the portal has not so many connections");

static void set_up(void) {
    for (int i = 0; i < CONFIG_VESTIBULE_CONNECTIONS && !is_ready; i++) connections[i].socket = -1;
    is_ready = true;
}

/* Closes it; its number is free again. */
static void end(uint8_t i) {
    close(connections[i].socket);
    connections[i].socket = -1;
    vestibule_esp_checked(vestibule_handle_closed(vestibule_esp_device.portal, i), "vestibule_handle_closed");
}

bool vestibule_esp_http_open(uint8_t interface, uint32_t address, uint16_t port) {
    set_up();
    vestibule_esp_http_close(interface);
    listeners[interface] = vestibule_esp_socket(SOCK_STREAM, interface, address, port);
    return listeners[interface] >= 0;
}

bool vestibule_esp_http_is_open(uint8_t interface) { return listeners[interface] >= 0; }

void vestibule_esp_http_close(uint8_t interface) {
    set_up();
    if (listeners[interface] >= 0) close(listeners[interface]);
    listeners[interface] = -1;
    for (uint8_t i = 0; i < CONFIG_VESTIBULE_CONNECTIONS; i++) {
        if (connections[i].socket >= 0 && connections[i].interface == interface) end(i);
    }
}

/* What is to be sent, as far as the socket takes it. False if it has to wait for the socket, or is gone. */
static bool flush(uint8_t i) {
    struct connection *own = &connections[i];
    while (own->sent < own->length) {
        ssize_t sent = send(own->socket, own->bytes + own->sent, own->length - own->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
        if (sent < 0) {
            end(i);
            return false;
        }
        own->sent += (size_t)sent;
    }
    own->sent = own->length = 0;
    return true;
}

void vestibule_esp_http_send(uint8_t i) {
    if (i >= CONFIG_VESTIBULE_CONNECTIONS || connections[i].socket < 0) return;
    struct connection *own = &connections[i];
    while (flush(i)) {
        int32_t transfer = vestibule_poll_send(vestibule_esp_device.portal, i, own->bytes, sizeof own->bytes,
                                               &own->length, vestibule_esp_now());
        switch (vestibule_esp_checked(transfer, "vestibule_poll_send")) {
        case VESTIBULE_TRANSFER_BYTES: own->is_stalled = false; continue;
        case VESTIBULE_TRANSFER_FINISH: shutdown(own->socket, SHUT_WR); break;
        case VESTIBULE_TRANSFER_IDLE: own->length = 0; return;
        default: end(i); return; /* VESTIBULE_TRANSFER_CLOSE */
        }
        own->length = 0;
    }
}

/* A number for a client that waits: a free one, or that of a client which was answered and says nothing. -1 if all are busy. */
static int number(void) {
    int idle = -1;
    for (uint8_t i = 0; i < CONFIG_VESTIBULE_CONNECTIONS; i++) {
        if (connections[i].socket < 0) return i;
        if (idle < 0 && vestibule_is_idle(vestibule_esp_device.portal, i) == 1) idle = i;
    }
    return idle;
}

static void welcome(uint8_t interface) {
    const int yes = 1;
    int i = number();
    int client = i < 0 ? -1 : accept(listeners[interface], NULL, NULL);
    if (client < 0) return;
    if (connections[i].socket >= 0) end((uint8_t)i);
    /* Without these it is served all the same, if not as well. */
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    setsockopt(client, IPPROTO_TCP, TCP_KEEPIDLE, &keep_alive_after_s, sizeof keep_alive_after_s);
    setsockopt(client, IPPROTO_TCP, TCP_KEEPINTVL, &keep_alive_interval_s, sizeof keep_alive_interval_s);
    setsockopt(client, IPPROTO_TCP, TCP_KEEPCNT, &keep_alive_count, sizeof keep_alive_count);
    fcntl(client, F_SETFL, O_NONBLOCK);
    int32_t opened = vestibule_handle_open(vestibule_esp_device.portal, (uint8_t)i, interface, vestibule_esp_now());
    if (vestibule_esp_checked(opened, "vestibule_handle_open") < 0) {
        close(client);
        return;
    }
    connections[i] = (struct connection){.socket = client, .interface = interface};
    vestibule_esp_drain();
}

static void receive(uint8_t i) {
    struct connection *own = &connections[i];
    uint8_t bytes[PIECE];
    size_t taken = 0;
    ssize_t length = recv(own->socket, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (length < 0) {
        end(i);
    } else if (length == 0) {
        own->has_ended = true;
        int32_t told = vestibule_handle_received_end(vestibule_esp_device.portal, i, vestibule_esp_now());
        vestibule_esp_checked(told, "vestibule_handle_received_end");
    } else {
        int32_t told = vestibule_handle_received(vestibule_esp_device.portal, i, bytes, (size_t)length, &taken,
                                                 vestibule_esp_now());
        own->is_stalled = vestibule_esp_checked(told, "vestibule_handle_received") < 0 || taken < (size_t)length;
        if (taken > 0) recv(own->socket, bytes, taken, MSG_DONTWAIT);
        vestibule_esp_wipe(bytes, sizeof bytes); /* there may have been a passphrase */
    }
    vestibule_esp_drain();
}

int vestibule_esp_http_watch(fd_set *readable, fd_set *writable, int highest) {
    set_up();
    for (int interface = 0; interface < 2; interface++) {
        /* One who cannot be welcomed would end each wait at once. */
        if (listeners[interface] < 0 || number() < 0) continue;
        FD_SET(listeners[interface], readable);
        if (listeners[interface] > highest) highest = listeners[interface];
    }
    for (int i = 0; i < CONFIG_VESTIBULE_CONNECTIONS; i++) {
        const struct connection *own = &connections[i];
        if (own->socket < 0) continue;
        if (!own->has_ended && !own->is_stalled) FD_SET(own->socket, readable);
        if (own->sent < own->length) FD_SET(own->socket, writable);
        if (own->socket > highest) highest = own->socket;
    }
    return highest;
}

void vestibule_esp_http_take(const fd_set *readable, const fd_set *writable) {
    for (uint8_t i = 0; i < CONFIG_VESTIBULE_CONNECTIONS; i++) {
        int watched = connections[i].socket;
        if (watched < 0) continue;
        if (FD_ISSET(watched, writable)) vestibule_esp_http_send(i);
        if (connections[i].socket == watched && FD_ISSET(watched, readable)) receive(i);
    }
    for (uint8_t interface = 0; interface < 2; interface++) {
        if (listeners[interface] >= 0 && FD_ISSET(listeners[interface], readable)) welcome(interface);
    }
}
