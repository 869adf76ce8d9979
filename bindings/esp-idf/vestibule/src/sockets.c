/* Sockets that hear one interface only: what is for the access point does not come from the home network, whatever address
 * somebody there sends it to. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "esp_log.h"
#include "glue.h"

/* Clients that wait for a number to be free. */
#define BACKLOG 4

uint32_t vestibule_esp_address(const uint8_t bytes[4]) {
    uint32_t address;
    memcpy(&address, bytes, sizeof address);
    return address;
}

static bool set_up(int made, int type, uint8_t interface, uint32_t address, uint16_t port) {
    struct ifreq name;
    const int yes = 1;
    struct sockaddr_in own;
    memset(&name, 0, sizeof name);
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons(port);
    own.sin_addr.s_addr = address;
    if (esp_netif_get_netif_impl_name(vestibule_esp_netifs[interface], name.ifr_name) != ESP_OK) {
        errno = ENODEV;
        return false;
    }
    return setsockopt(made, SOL_SOCKET, SO_BINDTODEVICE, &name, sizeof name) == 0 &&
           setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
           (type != SOCK_DGRAM || setsockopt(made, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) == 0) &&
           fcntl(made, F_SETFL, O_NONBLOCK) == 0 && bind(made, (struct sockaddr *)&own, sizeof own) == 0 &&
           (type != SOCK_STREAM || listen(made, BACKLOG) == 0);
}

int vestibule_esp_socket(int type, uint8_t interface, uint32_t address, uint16_t port) {
    int made = socket(AF_INET, type, 0);
    if (made >= 0 && set_up(made, type, interface, address, port)) return made;
    ESP_LOGW(VESTIBULE_ESP_TAG, "no socket for port %u: error %d", (unsigned)port, errno);
    if (made >= 0) close(made);
    return -1;
}
