#pragma once
#include <stddef.h>
#include <stdint.h>
typedef int ssize_t;
typedef long suseconds_t;
typedef int64_t time_t;
typedef uint32_t socklen_t;
typedef uint8_t sa_family_t;
struct timeval {
    time_t tv_sec;
    suseconds_t tv_usec;
};
typedef struct {
    unsigned long bits[2];
} fd_set;
#define FD_ZERO(set) (*(set) = (fd_set){{0}})
#define FD_SET(file, set) ((set)->bits[(file) / 32] |= 1ul << ((file) % 32))
#define FD_ISSET(file, set) (((set)->bits[(file) / 32] >> ((file) % 32)) & 1)
struct in_addr {
    uint32_t s_addr;
};
struct sockaddr {
    uint8_t sa_len;
    sa_family_t sa_family;
    char sa_data[14];
};
struct sockaddr_in {
    uint8_t sin_len;
    sa_family_t sin_family;
    uint16_t sin_port;
    struct in_addr sin_addr;
    char sin_zero[8];
};
struct ifreq {
    char ifr_name[6];
};
#define AF_INET 2
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define IPPROTO_TCP 6
#define SOL_SOCKET 0xfff
#define SO_REUSEADDR 0x0004
#define SO_KEEPALIVE 0x0008
#define SO_BROADCAST 0x0020
#define SO_BINDTODEVICE 0x100b
#define TCP_NODELAY 0x01
#define TCP_KEEPIDLE 0x03
#define TCP_KEEPINTVL 0x04
#define TCP_KEEPCNT 0x05
#define MSG_PEEK 0x01
#define MSG_DONTWAIT 0x08
#define MSG_NOSIGNAL 0x20
#define SHUT_WR 1
#define INADDR_ANY 0u
#define INADDR_BROADCAST 0xffffffffu
#define htons(number) __builtin_bswap16(number)
#define ntohs(number) __builtin_bswap16(number)
#define htonl(number) __builtin_bswap32(number)
#define ntohl(number) __builtin_bswap32(number)
int socket(int domain, int type, int protocol);
int setsockopt(int made, int level, int name, const void *value, socklen_t length);
int bind(int made, const struct sockaddr *own, socklen_t length);
int listen(int made, int backlog);
int accept(int made, struct sockaddr *from, socklen_t *length);
int shutdown(int made, int how);
ssize_t recv(int made, void *bytes, size_t length, int flags);
ssize_t recvfrom(int made, void *bytes, size_t length, int flags, struct sockaddr *from, socklen_t *from_length);
ssize_t send(int made, const void *bytes, size_t length, int flags);
ssize_t sendto(int made, const void *bytes, size_t length, int flags, const struct sockaddr *to, socklen_t to_length);
int select(int count, fd_set *readable, fd_set *writable, fd_set *failed, struct timeval *timeout);
