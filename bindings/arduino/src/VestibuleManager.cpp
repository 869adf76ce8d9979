/* See VestibuleManager.h. The portal's task says what happened, and the sketch's own task calls the sketch: a callback may take
 * as long as it likes, and a value does not change while the sketch reads it. */
#include "VestibuleManager.h"

#include <WiFi.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>

namespace {

/* How often a blocking call looks. */
constexpr unsigned long lookMs = 20;

constexpr size_t longestValue = 255;

vestibule_text text(const char *bytes) {
    return {reinterpret_cast<const uint8_t *>(bytes), std::strlen(bytes)};
}

uint8_t prefixOf(const IPAddress &subnet) {
    uint8_t bits = 0;
    for (int i = 0; i < 4; i++) {
        for (uint8_t byte = subnet[i]; byte & 0x80; byte = static_cast<uint8_t>(byte << 1)) bits++;
    }
    return bits;
}

bool isSet(const IPAddress &address) { return address[0] != 0; }

void copy(uint8_t *bytes, const IPAddress &address) {
    for (int i = 0; i < 4; i++) bytes[i] = address[i];
}

void wipe(std::string &secret) {
    volatile char *bytes = secret.empty() ? nullptr : &secret[0];
    for (size_t i = 0; i < secret.size(); i++) bytes[i] = 0;
    secret.clear();
}

std::string defaultName() {
    char name[16];
    snprintf(name, sizeof name, "ESP32_%06X", static_cast<unsigned>(ESP.getEfuseMac() >> 24) & 0xffffffu);
    return name;
}

}  // namespace

VestibuleParameter::VestibuleParameter(const char *id, const char *label, const char *defaultValue, int length)
    : _id(id), _label(label), _length(0) {
    setValue(defaultValue, length);
}

void VestibuleParameter::setValue(const char *value, int length) {
    _length = std::min(std::max(length, 0), static_cast<int>(longestValue));
    _value = value ? value : "";
    if (_value.size() > static_cast<size_t>(_length)) _value.resize(static_cast<size_t>(_length));
}

VestibuleManager::VestibuleManager() = default;

VestibuleManager::~VestibuleManager() { stopConfigPortal(); }

bool VestibuleManager::addParameter(VestibuleParameter *parameter) {
    const char *id = parameter ? parameter->getID() : nullptr;
    if (_runs || !id || !*id || _parameters.size() >= VESTIBULE_MAX_FIELDS) return false;
    for (const char *at = id; *at; at++) {
        if (!std::isalnum(static_cast<unsigned char>(*at)) && *at != '_') return false;
    }
    _parameters.push_back(parameter);
    return true;
}

void VestibuleManager::setAPStaticIPConfig(IPAddress ip, IPAddress, IPAddress) { _apAddress = ip; }

void VestibuleManager::setSTAStaticIPConfig(IPAddress ip, IPAddress gateway, IPAddress subnet) {
    _homeAddress = ip;
    _homeRouter = gateway;
    _homeSubnet = subnet;
}

bool VestibuleManager::autoConnect() { return autoConnect(nullptr); }

bool VestibuleManager::autoConnect(const char *apName, const char *apPassword) {
    return run(_opensPortal ? VESTIBULE_ESP_CONNECT_OR_SETUP : VESTIBULE_ESP_CONNECT, apName, apPassword);
}

bool VestibuleManager::startConfigPortal() { return startConfigPortal(nullptr); }

bool VestibuleManager::startConfigPortal(const char *apName, const char *apPassword) {
    return run(VESTIBULE_ESP_SETUP, apName, apPassword);
}

bool VestibuleManager::run(vestibule_esp_begin begin, const char *name, const char *password) {
    stopConfigPortal();
    _name = name && *name ? name : defaultName();
    _password = password ? password : "";
    bool isStarted = start(begin);
    wipe(_password);
    if (!isStarted || !_blocks) return false;
    while (!process()) {
        if (_isClosed) {
            stopConfigPortal();
            return false;
        }
        delay(lookMs);
    }
    stopConfigPortal();
    return true;
}

/* What the page asks for. The texts belong to the parameters, which the sketch keeps. */
void VestibuleManager::describe(vestibule_application &application, std::vector<vestibule_field> &fields) {
    for (const VestibuleParameter *parameter : _parameters) {
        vestibule_field field = {};
        field.name = text(parameter->_id);
        field.label = text(parameter->_label ? parameter->_label : parameter->_id);
        field.initial = text(parameter->getValue());
        field.kind = VESTIBULE_FIELD_KIND_TEXT;
        field.longest = static_cast<uint8_t>(parameter->_length);
        fields.push_back(field);
    }
    application.context = this;
    application.fields = fields.data();
    application.field_count = fields.size();
    _shownTitle = _title;
    application.name = text(_shownTitle.c_str());
    application.on_submitted = [](void *context, const vestibule_values *) {
        auto *own = static_cast<VestibuleManager *>(context);
        std::lock_guard<std::mutex> guard(own->_mutex);
        own->_isSubmitted = true;
    };
    application.on_values = [](void *context, const vestibule_values *values) {
        static_cast<VestibuleManager *>(context)->keep(values);
    };
}

void VestibuleManager::configure(vestibule_config &config) const {
    if (_portalTimeout) config.idle_timeout_ms = static_cast<uint32_t>(_portalTimeout * 1000);
    if (_connectTimeout) config.join_timeout_ms = static_cast<uint32_t>(_connectTimeout * 1000);
    if (_connectRetries) config.stored_attempts = _connectRetries;
    if (_channel > 0) config.channel = static_cast<uint8_t>(_channel);
    if (_country.size() == 2) std::memcpy(config.country, _country.data(), 2);
    if (isSet(_apAddress)) copy(config.address, _apAddress);
    if (!isSet(_homeAddress)) return;
    copy(config.home_address, _homeAddress);
    copy(config.home_router, _homeRouter);
    config.home_prefix = prefixOf(_homeSubnet);
}

bool VestibuleManager::start(vestibule_esp_begin begin) {
    vestibule_application application = {};
    vestibule_esp_options options = {};
    std::vector<vestibule_field> fields;
    /* The initial values stay with the portal, while the parameters get others: they are texts of their own. */
    describe(application, fields);
    {
        std::lock_guard<std::mutex> guard(_mutex);
        _values.assign(_parameters.size(), std::string());
        _initial.assign(_parameters.size(), std::string());
        for (size_t i = 0; i < fields.size(); i++) {
            _initial[i] = _parameters[i]->_value;
            fields[i].initial = text(_initial[i].c_str());
        }
        _hasValues = _isSubmitted = false;
    }
    _apIsUp = _isSaved = _isClosed = _isConnected = false;
    options.name = _name.c_str();
    options.passphrase = _password.empty() ? nullptr : _password.c_str();
    options.application = &application;
    options.configure = [](void *context, vestibule_config *config) {
        static_cast<const VestibuleManager *>(context)->configure(*config);
    };
    options.on_event = [](void *context, const vestibule_event *event) {
        static_cast<VestibuleManager *>(context)->heard(*event);
    };
    options.context = this;
    options.without_home_page = !_hasHomePage;
    options.begin = begin;
    /* Arduino's own layer knows of the network then, and joins nothing by itself. */
    WiFi.persistent(false);
    WiFi.setAutoReconnect(false);
    if (!WiFi.mode(WIFI_STA)) return false;
    _runs = vestibule_esp_start(&options) == ESP_OK;
    return _runs;
}

bool VestibuleManager::stopConfigPortal() {
    if (!_runs) return true;
    _wasSaved = getWiFiIsSaved();
    if (vestibule_esp_stop() != ESP_OK) return false;
    _runs = false;
    WiFi.setAutoReconnect(true);
    return true;
}

/* On the portal's task, as the next one. */
void VestibuleManager::heard(const vestibule_event &event) {
    if (event.kind == VESTIBULE_EVENT_KIND_ACCESS_POINT && event.up) _apIsUp = true;
    if (event.kind == VESTIBULE_EVENT_KIND_STORED) _isSaved = true;
    if (event.kind == VESTIBULE_EVENT_KIND_STAYS_CLOSED) _isClosed = true;
    if (event.kind != VESTIBULE_EVENT_KIND_STATE) return;
    if (event.to == VESTIBULE_STATE_CONNECTED) _isConnected = true;
    if (event.to == VESTIBULE_STATE_IDLE) _isClosed = true;
}

void VestibuleManager::keep(const vestibule_values *values) {
    std::lock_guard<std::mutex> guard(_mutex);
    for (size_t i = 0; i < _values.size(); i++) {
        uint8_t room[longestValue];
        size_t length = 0;
        vestibule_text id = text(_parameters[i]->_id);
        int32_t found = vestibule_values_get(values, id.bytes, id.length, room, sizeof room, &length);
        /* What was never entered is what it was. */
        _values[i] = found == 1 ? std::string(reinterpret_cast<const char *>(room), length) : _initial[i];
    }
    _hasValues = true;
}

void VestibuleManager::takeValues() {
    bool isSubmitted = false;
    {
        std::lock_guard<std::mutex> guard(_mutex);
        if (!_hasValues) return;
        for (size_t i = 0; i < _values.size(); i++) _parameters[i]->setValue(_values[i].c_str(), _parameters[i]->_length);
        isSubmitted = _isSubmitted;
        _hasValues = _isSubmitted = false;
    }
    if (isSubmitted && _saveParamsCallback) _saveParamsCallback();
}

void VestibuleManager::callBack() {
    if (_apIsUp.exchange(false) && _apCallback) _apCallback(this);
    takeValues();
    if (_isSaved.exchange(false) && _saveCallback) _saveCallback();
}

bool VestibuleManager::process() {
    if (!_runs) return false;
    bool isConnected = _isConnected.exchange(false);
    callBack();
    return isConnected;
}

void VestibuleManager::resetSettings() {
    vestibule_esp_forget();
    _wasSaved = false;
    if (_resetCallback) _resetCallback();
}

bool VestibuleManager::getConfigPortalActive() {
    vestibule_esp_status status;
    return _runs && vestibule_esp_get_status(&status) == ESP_OK && status.access_point_is_up;
}

bool VestibuleManager::getWiFiIsSaved() {
    vestibule_esp_status status;
    if (!_runs) return _wasSaved;
    return vestibule_esp_get_status(&status) == ESP_OK && status.has_network;
}
