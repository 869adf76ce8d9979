/* In this folder is what the component calls of C's and lwIP's libraries, declared for a compiler that has none: for looking whether it
 * compiles for a chip. */
#pragma once
#include <stddef.h>
void *memcpy(void *to, const void *from, size_t length);
void *memset(void *bytes, int value, size_t length);
int memcmp(const void *one, const void *other, size_t length);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
