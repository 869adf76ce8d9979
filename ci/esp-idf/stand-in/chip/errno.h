#pragma once
extern int errno;
#define EAGAIN 11
#define EWOULDBLOCK EAGAIN
#define ENODEV 19
