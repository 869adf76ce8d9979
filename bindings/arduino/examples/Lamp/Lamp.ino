/* A lamp: it joins by the portal, which also asks for its message broker. With WiFiManager this sketch is the same but for the
 * names of the header and of two classes. partitions.csv beside it has the portal's partition. */
#include <VestibuleManager.h>
#include <WiFi.h>

VestibuleParameter broker("broker", "Message broker", "broker.local", 40);

void portalIsOpen(VestibuleManager *manager) {
    Serial.print("portal ");
    Serial.println(manager->getConfigPortalSSID());
}

void isSaved() {
    Serial.print("saved, broker ");
    Serial.println(broker.getValue());
}

void setup() {
    Serial.begin(115200);
    VestibuleManager manager;
    manager.addParameter(&broker);
    manager.setAPCallback(portalIsOpen);
    manager.setSaveConfigCallback(isSaved);
    manager.setConfigPortalTimeout(180);
    if (!manager.autoConnect("Lamp", "twelve owls")) {
        Serial.println("nobody came");
        delay(1000);
        ESP.restart();
    }
    Serial.print("joined, broker ");
    Serial.println(broker.getValue());
}

void loop() { delay(100); }
