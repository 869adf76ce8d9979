/* DNS and DHCP on the access point: passes datagrams to the portal, and its answers back. */
#include <string.h>
#include <unistd.h>

#include "glue.h"

static const uint16_t ports[2] = {53, 67};
static int sockets[2] = {-1, -1};

/* The longest that comes whole; longer ones are no questions that the portal answers. */
static uint8_t payload[1500];
static uint8_t answer[VESTIBULE_REPLY_BYTES];

/* Datagrams of one turn, so that a flood leaves time for the rest. */
#define AT_ONCE 8

bool vestibule_esp_datagrams_open(uint32_t address) {
    vestibule_esp_datagrams_close();
    sockets[0] = vestibule_esp_socket(SOCK_DGRAM, VESTIBULE_INTERFACE_ACCESS_POINT, address, ports[0]);
    /* Who has no address yet sends to 255.255.255.255. */
    sockets[1] = vestibule_esp_socket(SOCK_DGRAM, VESTIBULE_INTERFACE_ACCESS_POINT, INADDR_ANY, ports[1]);
    if (sockets[0] >= 0 && sockets[1] >= 0) return true;
    vestibule_esp_datagrams_close();
    return false;
}

void vestibule_esp_datagrams_close(void) {
    for (int i = 0; i < 2; i++) {
        if (sockets[i] >= 0) close(sockets[i]);
        sockets[i] = -1;
    }
}

int vestibule_esp_datagrams_watch(fd_set *readable, int highest) {
    for (int i = 0; i < 2; i++) {
        if (sockets[i] < 0) continue;
        FD_SET(sockets[i], readable);
        if (sockets[i] > highest) highest = sockets[i];
    }
    return highest;
}

/* One datagram; false if there is none. */
static bool take_one(int i) {
    struct sockaddr_in from;
    socklen_t from_length = sizeof from;
    vestibule_datagram datagram = {.port = ports[i], .interface = VESTIBULE_INTERFACE_ACCESS_POINT};
    vestibule_reply reply;
    ssize_t length = recvfrom(sockets[i], payload, sizeof payload, MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);
    if (length < 0) return false;
    memcpy(datagram.from, &from.sin_addr.s_addr, sizeof datagram.from);
    datagram.from_port = ntohs(from.sin_port);
    int32_t is_answered = vestibule_handle_datagram(vestibule_esp_device.portal, &datagram, payload, (size_t)length,
                                                    answer, sizeof answer, &reply, vestibule_esp_now());
    if (vestibule_esp_checked(is_answered, "vestibule_handle_datagram") == 1) {
        from.sin_port = htons(reply.to_port);
        memcpy(&from.sin_addr.s_addr, reply.to, sizeof reply.to);
        /* Who does not answer ARP yet is reached by everybody's address. */
        if (reply.has_hardware) from.sin_addr.s_addr = INADDR_BROADCAST;
        /* One that is lost is asked for again. */
        sendto(sockets[i], answer, reply.length, MSG_DONTWAIT, (struct sockaddr *)&from, sizeof from);
    }
    vestibule_esp_drain();
    return true;
}

void vestibule_esp_datagrams_take(const fd_set *readable) {
    for (int i = 0; i < 2; i++) {
        if (sockets[i] < 0 || !FD_ISSET(sockets[i], readable)) continue;
        for (int taken = 0; taken < AT_ONCE && sockets[i] >= 0 && take_one(i); taken++) continue;
    }
}
