//! How a system asks for an address, as far as anybody has said: what its DHCP messages hold, and what hardware address it
//! has on a network that it does not know. A server that minds is one that fails some phones only. It says what is in
//! the messages; a DHCP client writes them.

use super::rule::{Grade, Rule};

/// What of a system is seen in its DHCP messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DhcpFingerprint {
    /// The options that it asks for, in its order (option 55).
    pub parameter_request_list: &'static [u8],
    /// Its vendor class (option 60).
    pub vendor_class: Option<&'static str>,
    /// Its name, as it comes out of the box (option 12).
    pub host_name: Option<&'static str>,
    /// Whether it has a client identifier (option 61): its hardware address.
    pub has_client_identifier: bool,
    /// The longest message that it takes (option 57).
    pub max_message_size: Option<u16>,
    /// Seconds that it wants to be lent an address for (option 51).
    pub lease_time: Option<u32>,
    /// Where that is known from.
    pub rule: &'static Rule,
    /// Whether it draws a hardware address for a network that it does not know.
    pub draws_address: bool,
    /// Where that is known from.
    pub address_rule: &'static Rule,
}

macro_rules! dhcp_rule {
    ($name:ident, $id:literal, $says:literal, $source:literal, $grade:ident) => {
        static $name: Rule = Rule { id: $id, says: $says, source: $source, grade: Grade::$grade };
    };
}

dhcp_rule!(
    ANDROID,
    "dhcp.android",
    "asks for 1, 3, 6, 15, 26, 28, 51, 58, 59 and 43, from 11 on for 114, now for 108 too; says android-dhcp- with the \
     release, takes 1500 bytes, is identified by its hardware address; a name is the maker's choice",
    "AOSP NetworkStack DhcpClient.java @1b08b4f26e and as it was when 114 depended on the captive portal API \
     (getRequestedParams), DhcpPacket.java (addCommonClientTlvs); that 108 came with 12 was not read",
    A
);
dhcp_rule!(
    ANDROID_5,
    "dhcp.android-5",
    "dhcpcd 5.5.6 asks for 1, 33, 3, 6, 15, 28, 51, 58 and 59 and says its name and version",
    "lists of DHCP fingerprints name it as Android's before 6; dhcpcd's own list was not read",
    D
);
dhcp_rule!(
    MAKER,
    "dhcp.maker",
    "asks as Android 14 does",
    "unverified: what a maker changes of Android's client was not read",
    E
);
dhcp_rule!(
    HUAWEI,
    "dhcp.huawei",
    "as Android, but its vendor class names the maker and the board in place of the release",
    "Huawei's DhcpPacket.java, decompiled (getVendorId)",
    AMinus
);
dhcp_rule!(
    APPLE,
    "dhcp.apple",
    "asks for 1, 121, 3, 6, 15, 119 and 252, a Mac for 95, 44 and 46 too; from iOS 14 and macOS 11 on for 114, from 15 and \
     12 on for 108; names itself, wants 90 days, takes 1500 bytes, is identified by its hardware address",
    "a Mac of 2020 in nDPI's iphone.pcap; the lists of the others as projects that tell systems by them have them \
     (several agree on 1,121,3,6,15,108,114,119,252)",
    D
);
dhcp_rule!(
    WINDOWS,
    "dhcp.windows",
    "asks for 1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249 and 252, Windows 7 for 1, 15, 3, 6, 44, 46, 47, 31, 33, 121, 249 \
     and 43; says MSFT 5.0, names itself, is identified by its hardware address",
    "ritzinmobileworld.blogspot.com/2022/09/dhcp-various-client-options.html for Windows 10; the older list as projects \
     that tell systems by them have it",
    D
);
dhcp_rule!(
    NETWORK_MANAGER,
    "dhcp.networkmanager",
    "asks for 1, 2, 6, 12, 15, 26, 28, 121, 3, 33, 40, 41, 42, 119, 249, 252 and 17, names the host, takes what the interface \
     carries, is identified by its hardware address",
    "NetworkManager src/core/dhcp/nm-dhcp-options.c @0c10e4f8b6, the internal client; n-dhcp4-c-connection.c for the size",
    A
);
dhcp_rule!(
    CONNMAN,
    "dhcp.connman",
    "asks for 12, 6, 15, 42, 252, 1 and 3, names the host, is identified by its hardware address",
    "ConnMan src/dhcp.c (dhcp_initialize)",
    A
);
dhcp_rule!(
    UNKNOWN,
    "dhcp.unknown",
    "asks for a subnet mask, a router, a DNS server and a domain, and says nothing of itself",
    "unverified: what every client asks for",
    E
);
dhcp_rule!(
    DRAWN,
    "dhcp.address.drawn",
    "on a network that it does not know it has a hardware address that it drew, marked as locally administered: Android from \
     10, iOS and iPadOS from 14, macOS from 15 on",
    "source.android.com, MAC randomization behavior; support.apple.com/102509, Use private Wi-Fi addresses on Apple devices",
    B
);
dhcp_rule!(
    OWN,
    "dhcp.address.own",
    "it has its adapter's own hardware address, unless somebody has switched drawn ones on",
    "support.microsoft.com/help/4027925, random hardware addresses are turned on by hand (and C. Huitema, IETF 93); the \
     same pages of Android and Apple for what was before; Linux' desktops were not looked at",
    B
);

/// What Android has asked for since it has a client of its own.
const ANDROID_LIST: &[u8] = &[1, 3, 6, 15, 26, 28, 51, 58, 59, 43];
const ANDROID_11_LIST: &[u8] = &[1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114];
const ANDROID_12_LIST: &[u8] = &[1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108];

/// Takes of a frame what Ethernet carries.
const ETHERNET: u16 = 1500;

/// What nobody has said anything of.
pub(super) const PLAIN: DhcpFingerprint = DhcpFingerprint {
    parameter_request_list: &[1, 3, 6, 15],
    vendor_class: None,
    host_name: None,
    has_client_identifier: true,
    max_message_size: None,
    lease_time: None,
    rule: &UNKNOWN,
    draws_address: false,
    address_rule: &OWN,
};

/// NetworkManager's internal client.
pub(super) const NETWORK_MANAGER_CLIENT: DhcpFingerprint = DhcpFingerprint {
    parameter_request_list: &[1, 2, 6, 12, 15, 26, 28, 121, 3, 33, 40, 41, 42, 119, 249, 252, 17],
    host_name: Some("localhost"),
    max_message_size: Some(ETHERNET),
    rule: &NETWORK_MANAGER,
    ..PLAIN
};

/// ConnMan's.
pub(super) const CONNMAN_CLIENT: DhcpFingerprint = DhcpFingerprint {
    parameter_request_list: &[12, 6, 15, 42, 252, 1, 3],
    host_name: Some("localhost"),
    rule: &CONNMAN,
    ..PLAIN
};

/// An Android's, by the model's id.
pub(super) fn android(id: &str) -> DhcpFingerprint {
    let (parameter_request_list, vendor_class, rule) = match id {
        "android-5" => {
            (&[1, 33, 3, 6, 15, 28, 51, 58, 59][..], "dhcpcd-5.5.6:Linux-3.4.0:armv7l:Qualcomm", &ANDROID_5)
        }
        "android-6" => (ANDROID_LIST, "android-dhcp-6.0", &ANDROID),
        "android-7.0" => (ANDROID_LIST, "android-dhcp-7.0", &ANDROID),
        "android-7.1" => (ANDROID_LIST, "android-dhcp-7.1.1", &ANDROID),
        "android-7.1.2" => (ANDROID_LIST, "android-dhcp-7.1.2", &ANDROID),
        "android-8" => (ANDROID_LIST, "android-dhcp-8.1.0", &ANDROID),
        "android-9" => (ANDROID_LIST, "android-dhcp-9", &ANDROID),
        "android-10" | "android-10-2021" => (ANDROID_LIST, "android-dhcp-10", &ANDROID),
        "android-11" | "android-11-2021" => (ANDROID_11_LIST, "android-dhcp-11", &ANDROID),
        "android-12" => (ANDROID_12_LIST, "android-dhcp-12", &ANDROID),
        "android-13" => (ANDROID_12_LIST, "android-dhcp-13", &ANDROID),
        "android-14" | "android-own-host" => (ANDROID_12_LIST, "android-dhcp-14", &ANDROID),
        "android-15" => (ANDROID_12_LIST, "android-dhcp-15", &ANDROID),
        "android-16" => (ANDROID_12_LIST, "android-dhcp-16", &ANDROID),
        "android-17" => (ANDROID_12_LIST, "android-dhcp-17", &ANDROID),
        "huawei" => (ANDROID_LIST, "HUAWEI:android:board", &HUAWEI),
        "samsung-6" | "samsung-6-private" => (ANDROID_LIST, "android-dhcp-6.0", &MAKER),
        "samsung-16" | "samsung-16-private" => (ANDROID_12_LIST, "android-dhcp-16", &MAKER),
        _ => (ANDROID_12_LIST, "android-dhcp-14", &MAKER),
    };
    let is_older = ["android-5", "android-6", "android-7", "android-8", "android-9", "samsung-6"];
    let draws_address = !is_older.iter().any(|older| id.starts_with(older));
    DhcpFingerprint {
        parameter_request_list,
        vendor_class: Some(vendor_class),
        max_message_size: Some(ETHERNET),
        rule,
        draws_address,
        address_rule: if draws_address { &DRAWN } else { &OWN },
        ..PLAIN
    }
}

/// One of Apple's, by the model's id.
pub(super) fn apple(id: &str) -> DhcpFingerprint {
    /// 90 days.
    const LEASE_SECONDS: u32 = 7_776_000;
    let is_old = ["ios-4", "ios-7", "ios-10", "ios-13"].contains(&id);
    let parameter_request_list: &[u8] = match id {
        "macos-11" => &[1, 121, 3, 6, 15, 114, 119, 252, 95, 44, 46],
        _ if id.starts_with("macos") => &[1, 121, 3, 6, 15, 108, 114, 119, 252, 95, 44, 46],
        _ if is_old => &[1, 121, 3, 6, 15, 119, 252],
        "ios-14" => &[1, 121, 3, 6, 15, 114, 119, 252],
        _ => &[1, 121, 3, 6, 15, 108, 114, 119, 252],
    };
    let host_name = match id.split('-').next() {
        Some("ipados") => "iPad",
        Some("macos") => "MacBook-Pro",
        _ => "iPhone",
    };
    let draws_address = !is_old && id != "macos-11";
    DhcpFingerprint {
        parameter_request_list,
        host_name: Some(host_name),
        max_message_size: Some(ETHERNET),
        lease_time: Some(LEASE_SECONDS),
        rule: &APPLE,
        draws_address,
        address_rule: if draws_address { &DRAWN } else { &OWN },
        ..PLAIN
    }
}

/// One of Windows, by the model's id.
pub(super) fn windows(id: &str) -> DhcpFingerprint {
    let parameter_request_list: &[u8] = match id {
        "windows-7" => &[1, 15, 3, 6, 44, 46, 47, 31, 33, 121, 249, 43],
        _ => &[1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252],
    };
    DhcpFingerprint {
        parameter_request_list,
        vendor_class: Some("MSFT 5.0"),
        host_name: Some("DESKTOP-4F2A7C1"),
        rule: &WINDOWS,
        ..PLAIN
    }
}
