/* See vestibule_wifi.h. Nothing but POSIX. */
#define _POSIX_C_SOURCE 200809L
#include "vestibule_wifi.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VERSION 9
enum { LINE_BYTES = 512, WORDS = 8, SOCKETS = 64 };

void (*vestibule_factory_reset)(void) = NULL;

static int control = -1;
static char received[LINE_BYTES * 4];
static size_t received_length;
static unsigned attempt;
static enum vestibule_state state = VESTIBULE_IDLE;
static char address[INET_ADDRSTRLEN] = "0.0.0.0";
/* The port of the device for which a socket is bound. */
static uint16_t ports[SOCKETS];

static int say(const char *line) {
    size_t length = strlen(line);
    while (length > 0) {
        ssize_t sent = send(control, line, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) _exit(0); /* without its host the device has no power */
        line += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static void to_hex(char *out, const char *bytes, size_t length) {
    if (length == 0) strcpy(out, "-");
    for (size_t i = 0; i < length; i++) sprintf(out + 2 * i, "%02x", (unsigned char)bytes[i]);
}

static size_t from_hex(uint8_t *out, size_t most, const char *word) {
    size_t length = 0;
    unsigned byte;
    while (length < most && sscanf(word + 2 * length, "%2x", &byte) == 1) out[length++] = (uint8_t)byte;
    return length;
}

/* The next line, in words; how many they are, or 0 if none came within so many milliseconds (-1: waits). */
static int next_line(char *words[WORDS], char line[LINE_BYTES], int timeout) {
    for (;;) {
        char *end = memchr(received, '\n', received_length);
        if (end != NULL) {
            size_t length = (size_t)(end - received);
            if (length >= LINE_BYTES) _exit(1);
            memcpy(line, received, length);
            line[length] = 0;
            received_length -= length + 1;
            memmove(received, end + 1, received_length);
            int count = 0;
            char *rest = line;
            for (char *word = strtok_r(line, " ", &rest); word && count < WORDS; word = strtok_r(NULL, " ", &rest))
                words[count++] = word;
            if (count > 0) return count;
            continue;
        }
        struct pollfd waits = {.fd = control, .events = POLLIN};
        int ready = poll(&waits, 1, timeout);
        if (ready == 0) return 0;
        if (ready < 0) continue;
        ssize_t length = recv(control, received + received_length, sizeof received - received_length, 0);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) _exit(0);
        received_length += (size_t)length;
    }
}

/* Takes what may come at any time. */
static void take(char *words[WORDS], int count) {
    if (strcmp(words[0], "factory-reset") == 0 && vestibule_factory_reset) vestibule_factory_reset();
    if (count < 2 || (unsigned)strtoul(words[1], NULL, 10) != attempt) return;
    if (strcmp(words[0], "joined") == 0 && count >= 3) {
        state = VESTIBULE_JOINED;
        snprintf(address, sizeof address, "%s", words[2]);
        return;
    }
    if (strcmp(words[0], "join-failed") == 0 && count >= 3) {
        bool is_wrong = strcmp(words[2], "WrongPassphrase") == 0, is_unknown = strcmp(words[2], "NotFound") == 0;
        state = is_wrong ? VESTIBULE_WRONG_PASSPHRASE : is_unknown ? VESTIBULE_NOT_FOUND : VESTIBULE_FAILED;
    } else if (strcmp(words[0], "join-aborted") == 0 && count >= 3) {
        /* Reason codes of ESP-IDF. */
        int code = atoi(words[2]);
        bool is_wrong = code == 2 || code == 15 || code == 204;
        state = is_wrong ? VESTIBULE_WRONG_PASSPHRASE : code == 201 ? VESTIBULE_NOT_FOUND : VESTIBULE_FAILED;
    } else if (strcmp(words[0], "disconnected") == 0) {
        state = VESTIBULE_LOST;
    } else {
        return;
    }
    strcpy(address, "0.0.0.0");
}

/* Waits for a line that begins with one of two words: 0 for the first, 1 for the second. */
static int wait_for(const char *first, const char *second) {
    char *words[WORDS], line[LINE_BYTES];
    for (;;) {
        int count = next_line(words, line, -1);
        if (strcmp(words[0], first) == 0) return 0;
        if (strcmp(words[0], second) == 0) return 1;
        take(words, count);
    }
}

int vestibule_begin(void) {
    const char *where = getenv("VESTIBULE_CONTROL"), *folder = getenv("VESTIBULE_FOLDER");
    const char *colon = where ? strrchr(where, ':') : NULL;
    if (!colon || !folder || chdir(folder) != 0) {
        fprintf(stderr, "this program is a device of `vestibule run --device`: VESTIBULE_CONTROL is not set\n");
        return -1;
    }
    struct sockaddr_in host = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    host.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    control = socket(AF_INET, SOCK_STREAM, 0);
    if (control < 0 || connect(control, (struct sockaddr *)&host, sizeof host) != 0) {
        perror("vestibule");
        return -1;
    }
    char *words[WORDS], line[LINE_BYTES];
    snprintf(line, sizeof line, "ready %d sockets\n", VERSION);
    say(line);
    int count = next_line(words, line, -1);
    if (count == 2 && strcmp(words[0], "welcome") == 0 && atoi(words[1]) == VERSION) return 0;
    fprintf(stderr, "the host speaks another version of the device protocol than %d\n", VERSION);
    return -1;
}

int vestibule_raise_access_point(const char *name, int channel, const char *own_address, const char *passphrase) {
    char line[LINE_BYTES], name_digits[65], secret[129] = "-";
    size_t length = strlen(name), secret_length = passphrase ? strlen(passphrase) : 0;
    if (length == 0 || length > 32 || secret_length > 64) return -1;
    to_hex(name_digits, name, length);
    to_hex(secret, passphrase, secret_length);
    snprintf(line, sizeof line, "raise-access-point %s %d %s %s %s\n", name_digits, channel, own_address,
             secret_length ? "Wpa2" : "Open", secret);
    say(line);
    return wait_for("access-point-up", "access-point-down") == 0 ? 0 : -1;
}

int vestibule_drop_access_point(void) {
    say("drop-access-point\n");
    wait_for("access-point-down", "access-point-down");
    return 0;
}

int vestibule_scan(struct vestibule_network *found, int most) {
    char *words[WORDS], line[LINE_BYTES];
    int count = 0;
    say("scan\n");
    for (;;) {
        int length = next_line(words, line, -1);
        if (strcmp(words[0], "scan-finished") == 0) return count;
        if (strcmp(words[0], "network-found") != 0 || length < 6) {
            take(words, length);
            continue;
        }
        if (count < most) {
            struct vestibule_network *network = &found[count];
            memset(network, 0, sizeof *network);
            network->name_length = (uint8_t)from_hex(network->name, 32, words[1]);
            from_hex(network->bssid, 6, words[2]);
            network->channel = atoi(words[3]);
            network->signal = atoi(words[4]);
            network->is_open = strcmp(words[5], "Open") == 0;
        }
        count++;
    }
}

int vestibule_join(const char *name, const char *passphrase) {
    char line[LINE_BYTES], name_digits[65], secret[129];
    size_t length = strlen(name), secret_length = passphrase ? strlen(passphrase) : 0;
    if (length == 0 || length > 32 || secret_length > 64) return -1;
    to_hex(name_digits, name, length);
    to_hex(secret, passphrase, secret_length);
    snprintf(line, sizeof line, "join %u %s %s\n", ++attempt, name_digits, secret);
    state = VESTIBULE_JOINING;
    strcpy(address, "0.0.0.0");
    return say(line);
}

int vestibule_leave(void) {
    attempt++;
    state = VESTIBULE_IDLE;
    strcpy(address, "0.0.0.0");
    return say("leave\n");
}

enum vestibule_state vestibule_state(void) {
    char *words[WORDS], line[LINE_BYTES];
    int count;
    while ((count = next_line(words, line, 0)) > 0) take(words, count);
    return state;
}

const char *vestibule_address(void) { return address; }

static int announce(int socket, const char *transport, uint16_t port) {
    char line[LINE_BYTES];
    struct sockaddr_in own;
    socklen_t length = sizeof own;
    if (getsockname(socket, (struct sockaddr *)&own, &length) != 0) return -1;
    snprintf(line, sizeof line, "listen %s %u %u\n", transport, port, ntohs(own.sin_port));
    return say(line);
}

int vestibule_bind(int socket, uint16_t port) {
    struct sockaddr_in own = {.sin_family = AF_INET};
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int type;
    socklen_t length = sizeof type;
    if (socket < 0 || socket >= SOCKETS) return errno = EMFILE, -1;
    if (bind(socket, (struct sockaddr *)&own, sizeof own) != 0) return -1;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) != 0) return -1;
    if (type == SOCK_DGRAM) return announce(socket, "udp", port);
    ports[socket] = port;
    return 0;
}

int vestibule_listen(int socket, int backlog) {
    if (listen(socket, backlog) != 0) return -1;
    return announce(socket, "tcp", ports[socket]);
}

void vestibule_restart(void) {
    say("restart\n");
    for (;;) pause();
}
