/* The portal of Vestibule for Arduino sketches on an ESP32, with the calls that WiFiManager 2 has: docs/arduino.md says which,
 * and what is different.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef VESTIBULE_MANAGER_H
#define VESTIBULE_MANAGER_H

#include <Arduino.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "vestibule_esp.h"

/* A line that the setup page asks for. It is kept with the networks, and is there again after a restart. */
class VestibuleParameter {
   public:
    /* `id` has letters, digits and `_`; the value has up to `length` characters, 255 at most. `id` and `label` stay where they
     * are. */
    VestibuleParameter(const char *id, const char *label, const char *defaultValue = "", int length = 40);

    const char *getID() const { return _id; }
    const char *getLabel() const { return _label; }
    const char *getPlaceholder() const { return _label; }
    const char *getValue() const { return _value.c_str(); }
    int getValueLength() const { return _length; }
    void setValue(const char *value, int length);

   private:
    friend class VestibuleManager;
    const char *_id;
    const char *_label;
    int _length;
    std::string _value;
};

/* There is one at a time, as there is one radio. Its calls come from one task; callbacks are called from within them. */
class VestibuleManager {
   public:
    VestibuleManager();
    ~VestibuleManager();
    VestibuleManager(const VestibuleManager &) = delete;
    VestibuleManager &operator=(const VestibuleManager &) = delete;

    /* Joins what is stored, or opens the portal. True once the device has joined and its access point is down; then the
     * portal has ended, and Arduino's own layer rejoins. False when the portal has timed out or could not be started, and
     * when it may not open by itself, more than ten minutes after the start, because somebody could jam the network. */
    bool autoConnect();
    bool autoConnect(const char *apName, const char *apPassword = nullptr);
    /* Opens the portal, whatever is stored. */
    bool startConfigPortal();
    bool startConfigPortal(const char *apName, const char *apPassword = nullptr);
    /* Ends the portal; what is joined stays joined, and Arduino's own layer rejoins. */
    bool stopConfigPortal();
    /* After setConfigPortalBlocking(false), for loop(): calls the callbacks; true once whenever the device has joined. The
     * portal stays then: it rejoins, and opens again if that fails. */
    bool process();

    /* Forgets networks and values. */
    void resetSettings();
    /* False if the id cannot be used, there are 16 already, or the portal runs. */
    bool addParameter(VestibuleParameter *parameter);
    VestibuleParameter **getParameters() { return _parameters.data(); }
    int getParametersCount() const { return static_cast<int>(_parameters.size()); }

    /* The access point is up. */
    void setAPCallback(std::function<void(VestibuleManager *)> callback) { _apCallback = callback; }
    /* A network that the owner entered is joined and stored. */
    void setSaveConfigCallback(std::function<void()> callback) { _saveCallback = callback; }
    /* The parameters have the owner's values. */
    void setSaveParamsCallback(std::function<void()> callback) { _saveParamsCallback = callback; }
    void setConfigResetCallback(std::function<void()> callback) { _resetCallback = callback; }

    /* The portal closes after so many seconds without a request; 0 is never. */
    void setConfigPortalTimeout(unsigned long seconds) { _portalTimeout = seconds; }
    void setTimeout(unsigned long seconds) { _portalTimeout = seconds; }
    /* How long a join may take. */
    void setConnectTimeout(unsigned long seconds) { _connectTimeout = seconds; }
    /* How often what is stored is tried before the portal opens. */
    void setConnectRetries(uint8_t retries) { _connectRetries = retries; }
    void setConfigPortalBlocking(bool blocks) { _blocks = blocks; }
    /* If false, autoConnect opens no portal. */
    void setEnableConfigPortal(bool enable) { _opensPortal = enable; }
    /* 1 to 11; 0 is the best one. */
    void setWiFiAPChannel(int32_t channel) { _channel = channel; }
    /* Two capital letters. */
    void setCountry(const char *country) { _country = country; }
    /* What the device is called on its page. */
    void setTitle(const char *title) { _title = title; }
    void setAPStaticIPConfig(IPAddress ip, IPAddress gateway, IPAddress subnet);
    void setSTAStaticIPConfig(IPAddress ip, IPAddress gateway, IPAddress subnet);
    /* Serves the portal's page on the home network, too, on port 80. WiFiManager has none, and the default is none. */
    void setHomePage(bool serves) { _hasHomePage = serves; }

    String getConfigPortalSSID() const { return _name.c_str(); }
    bool getConfigPortalActive();
    bool getWiFiIsSaved();

   private:
    bool run(vestibule_esp_begin begin, const char *name, const char *password);
    bool start(vestibule_esp_begin begin);
    void describe(vestibule_application &application, std::vector<vestibule_field> &fields);
    void configure(vestibule_config &config) const;
    void heard(const vestibule_event &event);
    void keep(const vestibule_values *values);
    void takeValues();
    void callBack();

    std::vector<VestibuleParameter *> _parameters;
    std::function<void(VestibuleManager *)> _apCallback;
    std::function<void()> _saveCallback, _saveParamsCallback, _resetCallback;
    unsigned long _portalTimeout = 0, _connectTimeout = 0;
    uint8_t _connectRetries = 0;
    bool _blocks = true, _opensPortal = true, _hasHomePage = false, _runs = false, _wasSaved = false;
    int32_t _channel = 0;
    IPAddress _apAddress, _homeAddress, _homeRouter, _homeSubnet;
    std::string _name, _password, _title, _shownTitle, _country;

    /* What the portal's task has seen, until callBack takes it. */
    std::atomic<bool> _apIsUp{false}, _isSaved{false}, _isClosed{false}, _isConnected{false};
    std::mutex _mutex;
    std::vector<std::string> _values, _initial; /* guarded by it, as are: */
    bool _hasValues = false, _isSubmitted = false;
};

#endif
