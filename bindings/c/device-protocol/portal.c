/* A small captive portal, to see a C program in a scenario:
 *
 *     cc -o portal bindings/c/device-protocol/portal.c bindings/c/device-protocol/vestibule_wifi.c
 *     vestibule run fixtures/devices/first-join.toml --device ./portal
 *
 * It stores the network in a file that it replaces as a whole, so that no power cut loses it. */
#define _POSIX_C_SOURCE 200809L
#include "vestibule_wifi.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NAME "Lamp-4F2A"
#define ADDRESS "192.168.4.1"

struct credentials {
    char name[33], passphrase[65];
};

static struct vestibule_network networks[32];
static int found;
/* What is tried, whether it has failed, and for how many turns the portal stays once its owner has read the result. */
static struct credentials tried;
static bool has_failed, is_read;

static void pause_for(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void store(const struct credentials *credentials) {
    FILE *file = fopen("wifi.new", "w");
    if (!file) return;
    fprintf(file, "%s\n%s\n", credentials->name, credentials->passphrase);
    fflush(file);
    fsync(fileno(file));
    fclose(file);
    /* The old file is whole until this moment, and the new one from then on. */
    rename("wifi.new", "wifi");
}

static bool load(struct credentials *credentials) {
    FILE *file = fopen("wifi", "r");
    if (!file) return false;
    bool is_whole = fgets(credentials->name, sizeof credentials->name, file) &&
                    fgets(credentials->passphrase, sizeof credentials->passphrase, file);
    fclose(file);
    credentials->name[strcspn(credentials->name, "\n")] = 0;
    credentials->passphrase[strcspn(credentials->passphrase, "\n")] = 0;
    return is_whole;
}

static void forget(void) { remove("wifi"); }

static void answer_dns(int dns) {
    uint8_t message[512];
    struct sockaddr_in client;
    socklen_t length = sizeof client;
    ssize_t size = recvfrom(dns, message, 496, 0, (struct sockaddr *)&client, &length);
    if (size < 17) return;
    size_t end = 12;
    while (end < (size_t)size && message[end]) end += message[end] + 1u;
    if (end + 5 > (size_t)size) return;
    bool is_address = memcmp(message + end + 1, "\0\1\0\1", 4) == 0;
    end += 5;
    memcpy(message + 2, "\x81\x80\0\1", 4);
    memset(message + 6, 0, 6);
    if (is_address) {
        message[7] = 1;
        memcpy(message + end, "\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4", 12);
        inet_pton(AF_INET, ADDRESS, message + end + 12);
        end += 16;
    }
    sendto(dns, message, end, 0, (struct sockaddr *)&client, length);
}

/* A field of a form that was sent, decoded. */
static void field(char *out, size_t most, const char *form, const char *name) {
    size_t length = strlen(name);
    *out = 0;
    for (const char *at = form; at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
        if (strncmp(at, name, length) != 0 || at[length] != '=') continue;
        size_t size = 0;
        for (at += length + 1; *at && *at != '&' && size + 1 < most; at++) {
            unsigned byte = (unsigned char)*at;
            if (*at == '+') byte = ' ';
            if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1) at += 2;
            out[size++] = (char)byte;
        }
        out[size] = 0;
        return;
    }
}

static void escape(char *out, const uint8_t *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        out += strchr("&<>\"'", text[i]) && text[i] ? sprintf(out, "&#%u;", text[i]) : sprintf(out, "%c", text[i]);
    *out = 0;
}

static void reply(int client, const char *status, const char *more, const char *body) {
    char head[512];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\n%sContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n"
                          "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
                          status, more, strlen(body));
    send(client, head, (size_t)length, MSG_NOSIGNAL);
    send(client, body, strlen(body), MSG_NOSIGNAL);
}

static void page(int client, const char *title, const char *content) {
    static char body[16384];
    snprintf(body, sizeof body,
             "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
             "<title>%s</title>%s",
             title, content);
    reply(client, "200 OK", "", body);
}

static void show_result(int client) {
    char content[1024], name[200];
    if (vestibule_state() == VESTIBULE_JOINING)
        return page(client, "Connecting", "<meta http-equiv=refresh content=2><p>Connecting …");
    escape(name, (const uint8_t *)tried.name, strlen(tried.name));
    const char *address = vestibule_address();
    snprintf(content, sizeof content, "<p>The lamp is on %s now, at <a href='http://%s/'>%s</a>.", name, address, address);
    is_read = true;
    page(client, "Connected", content);
}

static void show_form(int client) {
    static char content[12288];
    int length = snprintf(content, sizeof content,
                          "<h1>Set up the lamp</h1>%s<form method=post action=/connect><p><label>Network "
                          "<input name=ssid list=networks required></label><datalist id=networks>",
                          has_failed ? "<p role=alert>The password is wrong.</p>" : "");
    for (int i = 0; i < found; i++) {
        char name[200];
        escape(name, networks[i].name, networks[i].name_length);
        if (*name && length < 11000)
            length += snprintf(content + length, sizeof content - (size_t)length, "<option>%s</option>", name);
    }
    snprintf(content + length, sizeof content - (size_t)length,
             "</datalist><p><label>Password <input type=password name=password></label><p><button>Connect</button></form>");
    page(client, "Lamp", content);
}

static void answer_http(int client) {
    static char request[8192];
    size_t length = 0;
    char *body = NULL;
    struct timeval patience = {2, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (;;) {
        ssize_t more = recv(client, request + length, sizeof request - 1 - length, 0);
        if (more <= 0) return;
        length += (size_t)more;
        request[length] = 0;
        if (!body && (body = strstr(request, "\r\n\r\n"))) body += 4;
        const char *stated = strstr(request, "Content-Length: ");
        if (!stated) stated = strstr(request, "content-length: ");
        if (body && strlen(body) >= (stated && stated < body ? strtoul(stated + 16, NULL, 10) : 0)) break;
        if (length + 1 >= sizeof request) return;
    }
    bool is_own = strstr(request, "ost: " ADDRESS) != NULL;
    if (!is_own) return reply(client, "302 Found", "Location: http://" ADDRESS "/\r\n", "");
    if (strncmp(request, "POST /connect ", 14) == 0) {
        field(tried.name, sizeof tried.name, body, "ssid");
        field(tried.passphrase, sizeof tried.passphrase, body, "password");
        has_failed = vestibule_join(tried.name, tried.passphrase) != 0;
        return reply(client, "303 See Other", "Location: http://" ADDRESS "/result\r\n", "");
    }
    if (strncmp(request, "GET /result ", 12) == 0 && *tried.name && !has_failed) return show_result(client);
    show_form(client);
}

static void open_portal(void) {
    found = vestibule_scan(networks, 32);
    if (found > 32) found = 32;
    vestibule_raise_access_point(NAME, 6, ADDRESS, NULL);
    int http = socket(AF_INET, SOCK_STREAM, 0), dns = socket(AF_INET, SOCK_DGRAM, 0);
    if (vestibule_bind(http, 80) != 0 || vestibule_listen(http, 5) != 0 || vestibule_bind(dns, 53) != 0) exit(1);
    bool is_stored = false;
    for (int turns = 0; turns < 20; turns += is_read) {
        struct pollfd waits[] = {{.fd = http, .events = POLLIN}, {.fd = dns, .events = POLLIN}};
        poll(waits, 2, 100);
        if (waits[1].revents) answer_dns(dns);
        if (waits[0].revents) {
            int client = accept(http, NULL, NULL);
            if (client >= 0) {
                answer_http(client);
                close(client);
            }
        }
        enum vestibule_state state = vestibule_state();
        if (state == VESTIBULE_JOINED && !is_stored) {
            store(&tried);
            is_stored = true;
        }
        has_failed |= state != VESTIBULE_IDLE && state != VESTIBULE_JOINING && state != VESTIBULE_JOINED;
    }
    vestibule_drop_access_point();
}

int main(void) {
    struct credentials stored;
    vestibule_factory_reset = forget;
    if (vestibule_begin() != 0) return 1;
    if (!load(&stored)) open_portal();
    for (;; pause_for(500)) {
        enum vestibule_state state = vestibule_state();
        if (state != VESTIBULE_JOINED && state != VESTIBULE_JOINING && load(&stored))
            vestibule_join(stored.name, stored.passphrase);
    }
}
