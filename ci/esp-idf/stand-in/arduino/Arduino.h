/* What the library and its example call of Arduino's core for ESP32, version 3: declared from its public documentation. */
#pragma once
#include <cstdint>
#include <cstdio>
#include <string>

class String {
   public:
    String(const char *bytes = "") : text(bytes) {}
    const char *c_str() const { return text.c_str(); }

   private:
    std::string text;
};

class IPAddress {
   public:
    IPAddress() : IPAddress(0, 0, 0, 0) {}
    IPAddress(uint8_t a, uint8_t b, uint8_t c, uint8_t d) : bytes{a, b, c, d} {}
    uint8_t operator[](int index) const { return bytes[index]; }

   private:
    uint8_t bytes[4];
};

class HardwareSerial {
   public:
    void begin(unsigned long) {}
    void print(const char *text) { std::printf("%s", text); }
    void print(const String &text) { print(text.c_str()); }
    void println(const char *text) {
        std::printf("%s\n", text);
        std::fflush(stdout);
    }
    void println(const String &text) { println(text.c_str()); }
};
extern HardwareSerial Serial;

class EspClass {
   public:
    uint64_t getEfuseMac() { return 0x0a0b0c000002; }
    void restart();
};
extern EspClass ESP;

void delay(uint32_t milliseconds);
void setup();
void loop();
