"""The whole of pi-wifi-setup: its DNS and DHCP (dnsmasq), its firewall's rules, its pages. The commands that it calls
for the radio are stand-ins (the folder `stands`)."""

from pi_wifi_setup import SetupMode

SetupMode(button_gpio=17, ap_ssid="VendingSetup", auto_on_no_credentials=True).run_blocking()
