/* lwIP's sockets are those of POSIX: on a machine that has these, they are these. Elsewhere they are declared only. */
#pragma once
#include "esp_err.h"
#ifdef __linux__
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#else
#include "declared_sockets.h"
#endif
