/* The portal of Vestibule for programs in C. Made by cbindgen of bindings/c/src: not to be edited.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */

#ifndef VESTIBULE_H
#define VESTIBULE_H

#include <stddef.h>
#include <stdint.h>

/* The rules of every call:
 *
 * - It returns 0 or more for an answer, and a negative vestibule_error when it was refused. Then nothing has happened, and
 *   nothing was written to where results go.
 * - Each pointer is null (which is an error, unless its length is 0) or points to so many bytes of the program's own.
 *   Bytes, structs and the portal's memory must not overlap. What is read must not change while the call runs.
 * - Texts are UTF-8 with a length, and end with no NUL. Those of vestibule_config and vestibule_application stay where they are,
 *   unchanged, until vestibule_portal_end; what else a call is given is copied before it returns.
 * - One call at a time is in a portal, and a callback calls no portal: VESTIBULE_ERROR_BUSY.
 * - Moments (now_us) are microseconds since any one before the first call, and never go back.
 *
 * After each call that changes something (handle, connect, setup, submit, reset) the program asks for everything that is to
 * be done: vestibule_poll_event until 0, vestibule_poll_radio until 0, vestibule_poll_ready until 0 with vestibule_poll_send for
 * each, and then vestibule_poll_timeout. */

#if UINTPTR_MAX == 0xffffffffu
#define VESTIBULE_32_BIT
#else
#define VESTIBULE_64_BIT
#endif

/* The program has this function: the library has found a mistake of its own that it cannot go on after. It logs where
 * (the file's name has so many bytes and no NUL) and starts the device anew; it does not return. */
#ifdef __cplusplus
extern "C"
#endif
void vestibule_panicked(const uint8_t *file, size_t length, uint32_t line);


// Most bytes of a network's name.
#define VESTIBULE_NAME_BYTES 32

// Most bytes of a passphrase.
#define VESTIBULE_PASSPHRASE_BYTES 64

// How many connections there are; they have the numbers from 0 up.
#define VESTIBULE_CONNECTIONS 8

// Room that suffices for every answer.
#define VESTIBULE_REPLY_BYTES 548

// Most fields of an application.
#define VESTIBULE_MAX_FIELDS 16

// Most choices of all its fields together.
#define VESTIBULE_MAX_CHOICES 32

#if defined(VESTIBULE_64_BIT)
// The bytes that vestibule_portal_new needs. The exact number is said by vestibule_portal_size; it may become less
// without notice, and more with another VESTIBULE_ABI_MINOR.
#define VESTIBULE_PORTAL_SIZE (32 * 1024)
#endif

#if defined(VESTIBULE_32_BIT)
// The bytes that vestibule_portal_new needs. The exact number is said by vestibule_portal_size; it may become less
// without notice, and more with another VESTIBULE_ABI_MINOR.
#define VESTIBULE_PORTAL_SIZE (28 * 1024)
#endif

// What the address of that memory must be a multiple of.
#define VESTIBULE_PORTAL_ALIGN 8

// The version of the binary interface. A program works with a library of the same major version whose minor one is not
// less than its header's. The major version rises when a struct, a number or what a call does changes, the minor one when
// calls, numbers or constants come on top. Before 1 every minor version may change everything, and has to be the same.
#define VESTIBULE_ABI_MAJOR 0

// See VESTIBULE_ABI_MAJOR.
#define VESTIBULE_ABI_MINOR 1

// The number of something that this version has no number for.
#define VESTIBULE_UNKNOWN 255

// Bytes of a sector: what is erased at once.
#define VESTIBULE_SECTOR_BYTES 4096

// Offsets and lengths of what is read and written are multiples of this.
#define VESTIBULE_WORD_BYTES 4

// Fewest sectors in which nothing is lost when power fails.
#define VESTIBULE_LEAST_SECTORS 2

// Most routes of an application.
#define VESTIBULE_MAX_ROUTES 16

// How a request was answered.
enum vestibule_answer_kind
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // A connectivity check, sent to the portal: `client`.
    VESTIBULE_ANSWER_KIND_CAPTURED = 0,
    // A connectivity check, answered as on the Internet: `client`.
    VESTIBULE_ANSWER_KIND_LET_GO = 1,
    // Any other foreign address, sent to the portal.
    VESTIBULE_ANSWER_KIND_REDIRECTED = 2,
    // The page to choose a network on.
    VESTIBULE_ANSWER_KIND_SETUP_PAGE = 3,
    // The page that says that the network is being tried.
    VESTIBULE_ANSWER_KIND_JOINING_PAGE = 4,
    // The page with the result.
    VESTIBULE_ANSWER_KIND_RESULT_PAGE = 5,
    // The page on the home network.
    VESTIBULE_ANSWER_KIND_HOME_PAGE = 6,
    // The script of the pages.
    VESTIBULE_ANSWER_KIND_SCRIPT = 7,
    // A form was taken.
    VESTIBULE_ANSWER_KIND_FORM_TAKEN = 8,
    // The application's answer.
    VESTIBULE_ANSWER_KIND_APPLICATION = 9,
    // The JSON interface's answer.
    VESTIBULE_ANSWER_KIND_DATA = 10,
    // A page that is still open has said so.
    VESTIBULE_ANSWER_KIND_KEPT_ALIVE = 11,
    // A request that cannot be served.
    VESTIBULE_ANSWER_KIND_REFUSED = 12,
};
#ifndef __cplusplus
typedef uint8_t vestibule_answer_kind;
#endif // __cplusplus

// What an answer has in it.
enum vestibule_answered
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Nothing but the status.
    VESTIBULE_ANSWERED_EMPTY = 0,
    // A page that write_page writes.
    VESTIBULE_ANSWERED_PAGE = 1,
    // The way to another page; `location` says which.
    VESTIBULE_ANSWERED_SEE_OTHER = 2,
};
#ifndef __cplusplus
typedef uint8_t vestibule_answered;
#endif // __cplusplus

// What phones' checks are answered once the network is joined.
enum vestibule_afterwards
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // As on the Internet, where the owner's page stays all the same.
    VESTIBULE_AFTERWARDS_LET_GO = 0,
    // As before, until the access point goes away.
    VESTIBULE_AFTERWARDS_STAY_CAPTIVE = 1,
};
#ifndef __cplusplus
typedef uint8_t vestibule_afterwards;
#endif // __cplusplus

// What asked whether it is on the Internet.
enum vestibule_client
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Android and what is made of it.
    VESTIBULE_CLIENT_ANDROID = 0,
    // iOS, iPadOS, macOS.
    VESTIBULE_CLIENT_APPLE = 1,
    // Windows.
    VESTIBULE_CLIENT_WINDOWS = 2,
    // ChromeOS.
    VESTIBULE_CLIENT_CHROME_OS = 3,
    // Firefox.
    VESTIBULE_CLIENT_FIREFOX = 4,
    // NetworkManager on Linux.
    VESTIBULE_CLIENT_NETWORK_MANAGER = 5,
    // KDE.
    VESTIBULE_CLIENT_KDE = 6,
    // Amazon's Fire OS.
    VESTIBULE_CLIENT_FIRE_OS = 7,
    // Kindle.
    VESTIBULE_CLIENT_KINDLE = 8,
    // Nintendo's consoles.
    VESTIBULE_CLIENT_NINTENDO = 9,
};
#ifndef __cplusplus
typedef uint8_t vestibule_client;
#endif // __cplusplus

// Why a call was refused. Nothing has happened then, and no place for results was written to.
enum vestibule_error
#ifdef __cplusplus
  : int32_t
#endif // __cplusplus
 {
    // A pointer that must not be null is.
    VESTIBULE_ERROR_NULL = -1,
    // A pointer is not aligned as what it points to must be.
    VESTIBULE_ERROR_MISALIGNED = -2,
    // There are fewer bytes than VESTIBULE_PORTAL_SIZE, or a buffer has no room for what is to be put there.
    VESTIBULE_ERROR_TOO_SMALL = -3,
    // A length is beyond what a program can have, or beyond the bound that is said at the call.
    VESTIBULE_ERROR_TOO_LONG = -4,
    // Places that must be apart overlap: a buffer with the portal's memory, or what is read with what is written.
    VESTIBULE_ERROR_OVERLAP = -5,
    // This is no portal: one that has ended, that was moved, or memory that was never one.
    VESTIBULE_ERROR_NOT_A_PORTAL = -6,
    // The memory is not all zero at its beginning: there may be a portal, which has to end first.
    VESTIBULE_ERROR_IN_USE = -7,
    // A call from within a callback, or from another thread while one runs.
    VESTIBULE_ERROR_BUSY = -8,
    // The moment is before that of an earlier call.
    VESTIBULE_ERROR_WENT_BACK = -9,
    // The calls came in the wrong order: a connection that is open was opened, or one that is not was used.
    VESTIBULE_ERROR_ORDER = -10,
    // A number stands for nothing that is known here: a kind, a connection, an index.
    VESTIBULE_ERROR_NUMBER = -11,
    // A text is not UTF-8, or has characters that cannot stand there.
    VESTIBULE_ERROR_TEXT = -12,
    // A passphrase of the device's own is too weak, too short or too long.
    VESTIBULE_ERROR_PASSPHRASE = -13,
    // A callback that there must be is missing.
    VESTIBULE_ERROR_CALLBACK = -14,
    // The header is of another version, or was compiled with other types, than the library.
    VESTIBULE_ERROR_LAYOUT = -15,
    // The tables of the application have more entries than VESTIBULE_MAX_* say, or a field has a name of the portal's own.
    VESTIBULE_ERROR_TABLE = -16,
    // The handle of a callback was used after the callback has returned, or for something else.
    VESTIBULE_ERROR_SCOPE = -17,
};
#ifndef __cplusplus
typedef int32_t vestibule_error;
#endif // __cplusplus

// What kind of event it is, and which fields it uses.
enum vestibule_event_kind
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // The device is in another state: `from`, `on`, `to`.
    VESTIBULE_EVENT_KIND_STATE = 0,
    // The access point came up (`up` is 1) or went down.
    VESTIBULE_EVENT_KIND_ACCESS_POINT = 1,
    // A request was answered: `connection`, `interface`, `http_status`, `answer`, `client`.
    VESTIBULE_EVENT_KIND_ANSWERED = 2,
    // The owner submitted a network that is tried now: `ssid`.
    VESTIBULE_EVENT_KIND_SUBMITTED = 3,
    // The owner's submission cannot be tried: `problem`.
    VESTIBULE_EVENT_KIND_REJECTED = 4,
    // A join failed: `ssid`, `failure`.
    VESTIBULE_EVENT_KIND_JOIN_FAILED = 5,
    // The home network is joined: `ssid`, `link`.
    VESTIBULE_EVENT_KIND_JOINED = 6,
    // The device's address has changed: `link`.
    VESTIBULE_EVENT_KIND_ADDRESS_CHANGED = 7,
    // The network is stored: `ssid`.
    VESTIBULE_EVENT_KIND_STORED = 8,
    // What was stored was forgotten.
    VESTIBULE_EVENT_KIND_FORGOTTEN = 9,
    // The owner has been handed the result: `front_end`, `interface`.
    VESTIBULE_EVENT_KIND_RESULT_DELIVERED = 10,
    // Everything that is stored was tried in vain, and the portal does not open by itself.
    VESTIBULE_EVENT_KIND_STAYS_CLOSED = 11,
    // The home network has a sign-in page.
    VESTIBULE_EVENT_KIND_CAPTIVE_HOME = 12,
    // The flash failed: `fault`.
    VESTIBULE_EVENT_KIND_STORAGE_FAULT = 13,
};
#ifndef __cplusplus
typedef uint8_t vestibule_event_kind;
#endif // __cplusplus

// How a field is asked and which values it takes.
enum vestibule_field_kind
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // A line of text.
    VESTIBULE_FIELD_KIND_TEXT = 0,
    // A secret line of text, never shown again.
    VESTIBULE_FIELD_KIND_PASSWORD = 1,
    // A whole number from `min` to `max`.
    VESTIBULE_FIELD_KIND_NUMBER = 2,
    // The same on a slider.
    VESTIBULE_FIELD_KIND_RANGE = 3,
    // One of the choices, in a list that opens.
    VESTIBULE_FIELD_KIND_SELECT = 4,
    // One of the choices, all in sight.
    VESTIBULE_FIELD_KIND_RADIO = 5,
    // Yes (`on`) or no (an empty value).
    VESTIBULE_FIELD_KIND_CHECKBOX = 6,
    // Not shown; the page sends its value back.
    VESTIBULE_FIELD_KIND_HIDDEN = 7,
    // A button for each of the choices.
    VESTIBULE_FIELD_KIND_BUTTONS = 8,
};
#ifndef __cplusplus
typedef uint8_t vestibule_field_kind;
#endif // __cplusplus

// How the owner was handed the result.
enum vestibule_front_end
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // On the page.
    VESTIBULE_FRONT_END_PAGE = 0,
    // By the JSON interface.
    VESTIBULE_FRONT_END_JSON = 1,
    // By a WebSocket of an application's.
    VESTIBULE_FRONT_END_WEB_SOCKET = 2,
    // On a serial line.
    VESTIBULE_FRONT_END_SERIAL = 3,
    // By Bluetooth.
    VESTIBULE_FRONT_END_BLUETOOTH = 4,
    // By the application.
    VESTIBULE_FRONT_END_APPLICATION = 5,
};
#ifndef __cplusplus
typedef uint8_t vestibule_front_end;
#endif // __cplusplus

// What the machine took to get from one state to another.
enum vestibule_input
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Connect or set up; one network is stored.
    VESTIBULE_INPUT_START_STORED = 0,
    // Connect or set up; several networks are stored.
    VESTIBULE_INPUT_START_SEVERAL = 1,
    // Connect or set up; nothing is stored.
    VESTIBULE_INPUT_START_EMPTY = 2,
    // Open the portal, whatever is stored.
    VESTIBULE_INPUT_SETUP = 3,
    // The scan is over.
    VESTIBULE_INPUT_SCAN_FINISHED = 4,
    // The owner submitted a network.
    VESTIBULE_INPUT_SUBMITTED = 5,
    // The same, of a radio that cannot be both.
    VESTIBULE_INPUT_SUBMITTED_ALONE = 6,
    // What is stored is to be tried by such a radio.
    VESTIBULE_INPUT_RETRY_ALONE = 7,
    // The network is joined.
    VESTIBULE_INPUT_JOINED = 8,
    // A join failed, and others follow.
    VESTIBULE_INPUT_JOIN_FAILED = 9,
    // The last join failed, and the portal may open.
    VESTIBULE_INPUT_LAST_JOIN_FAILED = 10,
    // The last join failed, and the device is to rest.
    VESTIBULE_INPUT_GAVE_UP = 11,
    // A wait is over.
    VESTIBULE_INPUT_TIMEOUT = 12,
    // The owner has been handed the result.
    VESTIBULE_INPUT_RESULT_DELIVERED = 13,
    // The home network is gone.
    VESTIBULE_INPUT_DISCONNECTED = 14,
    // The portal was open for long enough.
    VESTIBULE_INPUT_PORTAL_TIMEOUT = 15,
    // The device was told to forget.
    VESTIBULE_INPUT_CLEARED = 16,
};
#ifndef __cplusplus
typedef uint8_t vestibule_input;
#endif // __cplusplus

// Where something comes from or goes to.
enum vestibule_interface
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // The device's own access point.
    VESTIBULE_INTERFACE_ACCESS_POINT = 0,
    // The home network.
    VESTIBULE_INTERFACE_HOME = 1,
    // Both, or none of them, where that is said.
    VESTIBULE_INTERFACE_ANY = 2,
};
#ifndef __cplusplus
typedef uint8_t vestibule_interface;
#endif // __cplusplus

// Why a network was not joined.
enum vestibule_join_failure
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // The passphrase is wrong, or the link is too weak.
    VESTIBULE_JOIN_FAILURE_WRONG_PASSPHRASE = 0,
    // No network of this name was found.
    VESTIBULE_JOIN_FAILURE_NOT_FOUND = 1,
    // The network's access point refused the device.
    VESTIBULE_JOIN_FAILURE_REFUSED = 2,
    // The network handed out no address.
    VESTIBULE_JOIN_FAILURE_NO_ADDRESS = 3,
    // The network has no router to others.
    VESTIBULE_JOIN_FAILURE_NO_GATEWAY = 4,
    // The radio does not know.
    VESTIBULE_JOIN_FAILURE_UNKNOWN = 5,
};
#ifndef __cplusplus
typedef uint8_t vestibule_join_failure;
#endif // __cplusplus

// How far a join had come when the radio gave a reason code.
enum vestibule_join_stage
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // The radio does not say.
    VESTIBULE_JOIN_STAGE_UNKNOWN = 0,
    // Looking for the network.
    VESTIBULE_JOIN_STAGE_SCAN = 1,
    // Open System authentication.
    VESTIBULE_JOIN_STAGE_OPEN_AUTHENTICATION = 2,
    // SAE, first exchange.
    VESTIBULE_JOIN_STAGE_SAE_COMMIT = 3,
    // SAE, second exchange.
    VESTIBULE_JOIN_STAGE_SAE_CONFIRM = 4,
    // Association.
    VESTIBULE_JOIN_STAGE_ASSOCIATION = 5,
    // The 4-way handshake.
    VESTIBULE_JOIN_STAGE_HANDSHAKE = 6,
};
#ifndef __cplusplus
typedef uint8_t vestibule_join_stage;
#endif // __cplusplus

// When the portal may open by itself.
enum vestibule_may_open
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Whenever nothing can be joined.
    VESTIBULE_MAY_OPEN_ALWAYS = 0,
    // For a while after power has come.
    VESTIBULE_MAY_OPEN_AFTER_POWER_UP = 1,
    // The same, and once.
    VESTIBULE_MAY_OPEN_ONCE_AFTER_POWER_UP = 2,
    // Never, only by vestibule_setup.
    VESTIBULE_MAY_OPEN_WHEN_ASKED = 3,
};
#ifndef __cplusplus
typedef uint8_t vestibule_may_open;
#endif // __cplusplus

// A method of HTTP that an application's route may take.
enum vestibule_method
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // GET, and HEAD, whose content is left out.
    VESTIBULE_METHOD_GET = 0,
    // POST.
    VESTIBULE_METHOD_POST = 1,
    // PUT.
    VESTIBULE_METHOD_PUT = 2,
    // PATCH.
    VESTIBULE_METHOD_PATCH = 3,
    // DELETE.
    VESTIBULE_METHOD_DELETE = 4,
};
#ifndef __cplusplus
typedef uint8_t vestibule_method;
#endif // __cplusplus

// What the owner is told above the form.
enum vestibule_notice
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Nothing.
    VESTIBULE_NOTICE_NOTHING = 0,
    // The network could not be joined; the failure says why.
    VESTIBULE_NOTICE_FAILED = 1,
    // The same, probably because of characters beyond ASCII in its passphrase.
    VESTIBULE_NOTICE_NOT_ASCII = 2,
    // The firmware has failed and restarted several times.
    VESTIBULE_NOTICE_RESTARTED = 3,
    // The submission could not be used; the problem says why.
    VESTIBULE_NOTICE_PROBLEM = 4,
    // What the flash holds could not be read.
    VESTIBULE_NOTICE_STORED_UNREADABLE = 5,
};
#ifndef __cplusplus
typedef uint8_t vestibule_notice;
#endif // __cplusplus

// Where in a request a value is looked for.
enum vestibule_part
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // At `{name}` of the route's pattern, or at its `*`.
    VESTIBULE_PART_PATH = 0,
    // In the query.
    VESTIBULE_PART_QUERY = 1,
    // In the body, which is an HTML form.
    VESTIBULE_PART_FORM = 2,
    // In the headers, where it is as it was sent.
    VESTIBULE_PART_HEADER = 3,
};
#ifndef __cplusplus
typedef uint8_t vestibule_part;
#endif // __cplusplus

// What is wrong with what the owner asked for.
enum vestibule_problem
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // No network was named.
    VESTIBULE_PROBLEM_NO_NETWORK = 0,
    // The network's name has more than 32 bytes.
    VESTIBULE_PROBLEM_NETWORK_NAME_TOO_LONG = 1,
    // The network's name is not text.
    VESTIBULE_PROBLEM_NETWORK_NAME_NOT_TEXT = 2,
    // A network of nearly that name was heard, and none of it; asked again, it is tried.
    VESTIBULE_PROBLEM_NETWORK_NAME_ALIKE = 3,
    // The passphrase has fewer than 8 characters.
    VESTIBULE_PROBLEM_PASSPHRASE_TOO_SHORT = 4,
    // The passphrase has more than 63 characters.
    VESTIBULE_PROBLEM_PASSPHRASE_TOO_LONG = 5,
    // 64 characters are a key, and not all are hexadecimal digits.
    VESTIBULE_PROBLEM_PASSPHRASE_NOT_HEX = 6,
    // The passphrase has a control character.
    VESTIBULE_PROBLEM_PASSPHRASE_WITH_CONTROL = 7,
    // What was sent cannot be read.
    VESTIBULE_PROBLEM_UNREADABLE = 8,
    // A network is still being tried.
    VESTIBULE_PROBLEM_BUSY = 9,
    // The network asks for a user name or a certificate.
    VESTIBULE_PROBLEM_ENTERPRISE = 10,
    // The device does not have the network's protection.
    VESTIBULE_PROBLEM_UNSUPPORTED = 11,
    // The network asks for a passphrase.
    VESTIBULE_PROBLEM_PASSPHRASE_MISSING = 12,
    // The network that was heard asks for no passphrase.
    VESTIBULE_PROBLEM_PASSPHRASE_NEEDLESS = 13,
    // The passphrase is not text.
    VESTIBULE_PROBLEM_PASSPHRASE_NOT_TEXT = 14,
    // One of the application's fields does not take its value.
    VESTIBULE_PROBLEM_FIELD = 15,
    // The values of the application's fields are too long together.
    VESTIBULE_PROBLEM_FIELDS_TOO_LONG = 16,
    // The form carries no valid CSRF token.
    VESTIBULE_PROBLEM_STALE = 17,
    // The sealed form cannot be opened.
    VESTIBULE_PROBLEM_SEAL_BROKEN = 18,
    // The sealed form cannot be opened by the label's code.
    VESTIBULE_PROBLEM_WRONG_CODE = 19,
    // The sealed form was opened before.
    VESTIBULE_PROBLEM_SENT_BEFORE = 20,
    // The form is not sealed.
    VESTIBULE_PROBLEM_NOT_SEALED = 21,
    // The rate limit is reached.
    VESTIBULE_PROBLEM_TOO_MANY = 22,
    // The request comes from another site's page.
    VESTIBULE_PROBLEM_FOREIGN = 23,
    // The query holds what belongs into the body.
    VESTIBULE_PROBLEM_IN_ADDRESS = 24,
    // The body is neither a form nor JSON.
    VESTIBULE_PROBLEM_MEDIA_TYPE = 25,
    // The device has joined a network.
    VESTIBULE_PROBLEM_JOINED = 26,
    // The portal is not open.
    VESTIBULE_PROBLEM_PORTAL_CLOSED = 27,
    // The flash could not be wiped.
    VESTIBULE_PROBLEM_STORAGE = 28,
    // The timeout is missing or out of range.
    VESTIBULE_PROBLEM_NO_TIMEOUT = 29,
    // The device is not known by this host name.
    VESTIBULE_PROBLEM_MISDIRECTED = 30,
    // The path does not exist.
    VESTIBULE_PROBLEM_NOT_FOUND = 31,
    // The path does not take this method.
    VESTIBULE_PROBLEM_NOT_ALLOWED = 32,
};
#ifndef __cplusplus
typedef uint8_t vestibule_problem;
#endif // __cplusplus

// What the radio is to do.
enum vestibule_radio_command_kind
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Raise the access point `ssid` on `channel`, protected as `security` says by `passphrase`, with `address`.
    VESTIBULE_RADIO_COMMAND_KIND_RAISE_ACCESS_POINT = 0,
    // Take it down.
    VESTIBULE_RADIO_COMMAND_KIND_DROP_ACCESS_POINT = 1,
    // Look for networks.
    VESTIBULE_RADIO_COMMAND_KIND_SCAN = 2,
    // Look for the network `ssid`, which may be hidden.
    VESTIBULE_RADIO_COMMAND_KIND_SCAN_FOR = 3,
    // Join the network `ssid` with `passphrase`, which is empty for an open one.
    VESTIBULE_RADIO_COMMAND_KIND_JOIN = 4,
    // Leave the network, or give up joining it.
    VESTIBULE_RADIO_COMMAND_KIND_LEAVE = 5,
};
#ifndef __cplusplus
typedef uint8_t vestibule_radio_command_kind;
#endif // __cplusplus

// What the radio reports.
enum vestibule_radio_event_kind
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // The access point is up.
    VESTIBULE_RADIO_EVENT_KIND_ACCESS_POINT_UP = 0,
    // The access point is down, as was asked or not.
    VESTIBULE_RADIO_EVENT_KIND_ACCESS_POINT_DOWN = 1,
    // A scan has found a network: `ssid`, `bssid`, `channel`, `signal`, `security`.
    VESTIBULE_RADIO_EVENT_KIND_NETWORK_FOUND = 2,
    // The scan is over.
    VESTIBULE_RADIO_EVENT_KIND_SCAN_FINISHED = 3,
    // The network is joined and has given an address: `link`.
    VESTIBULE_RADIO_EVENT_KIND_JOINED = 4,
    // The join failed: `failure`.
    VESTIBULE_RADIO_EVENT_KIND_JOIN_FAILED = 5,
    // The join failed, and the radio gave a reason code: `reason`, `stage`.
    VESTIBULE_RADIO_EVENT_KIND_JOIN_ABORTED = 6,
    // The network that was joined is gone.
    VESTIBULE_RADIO_EVENT_KIND_DISCONNECTED = 7,
    // The device has another address: `link`.
    VESTIBULE_RADIO_EVENT_KIND_ADDRESS_CHANGED = 8,
    // The device has no address for the time being.
    VESTIBULE_RADIO_EVENT_KIND_ADDRESS_LOST = 9,
};
#ifndef __cplusplus
typedef uint8_t vestibule_radio_event_kind;
#endif // __cplusplus

// How a network is protected.
enum vestibule_security
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Not at all.
    VESTIBULE_SECURITY_OPEN = 0,
    // WPA or WPA2 with a passphrase.
    VESTIBULE_SECURITY_WPA2 = 1,
    // Either of the two.
    VESTIBULE_SECURITY_WPA2_WPA3 = 2,
    // WPA3 with a passphrase.
    VESTIBULE_SECURITY_WPA3 = 3,
    // By user names or certificates, which the device cannot join.
    VESTIBULE_SECURITY_ENTERPRISE = 4,
    // In a way that the device does not know.
    VESTIBULE_SECURITY_UNSUPPORTED = 5,
};
#ifndef __cplusplus
typedef uint8_t vestibule_security;
#endif // __cplusplus

// Where the device stands.
enum vestibule_state
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Nothing was asked of it yet, or it was told to forget.
    VESTIBULE_STATE_IDLE = 0,
    // Several networks are stored: listening for which of them is the strongest here.
    VESTIBULE_STATE_SCANNING_STORED = 1,
    // Joining with what is stored; no access point.
    VESTIBULE_STATE_CONNECTING = 2,
    // A join failed, another follows shortly. No access point.
    VESTIBULE_STATE_BACKOFF = 3,
    // Listening for networks before the access point goes up.
    VESTIBULE_STATE_SCANNING = 4,
    // The access point is up and the owner may submit.
    VESTIBULE_STATE_PORTAL_OPEN = 5,
    // As VESTIBULE_STATE_PORTAL_OPEN, while what is stored is tried again.
    VESTIBULE_STATE_RETRYING_STORED = 6,
    // As VESTIBULE_STATE_PORTAL_OPEN, while what was submitted is tried.
    VESTIBULE_STATE_JOINING = 7,
    // A radio that cannot be both is about to try what was submitted.
    VESTIBULE_STATE_CLOSING_TO_JOIN = 8,
    // What was submitted is tried, the access point down.
    VESTIBULE_STATE_JOINING_ALONE = 9,
    // What is stored is tried, the access point down meanwhile.
    VESTIBULE_STATE_RETRYING_ALONE = 10,
    // What was submitted did not join; the owner is told why and may submit again.
    VESTIBULE_STATE_FAILED = 11,
    // Joined; the access point stays up until the owner has read the result.
    VESTIBULE_STATE_RESULT_PENDING = 12,
    // The result was read; the access point stays for a moment.
    VESTIBULE_STATE_CLOSING = 13,
    // On the home network, the access point down.
    VESTIBULE_STATE_CONNECTED = 14,
};
#ifndef __cplusplus
typedef uint8_t vestibule_state;
#endif // __cplusplus

// What is wrong with the flash.
enum vestibule_storage_fault
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // It failed, or lost its power while it was written.
    VESTIBULE_STORAGE_FAULT_FLASH = 0,
    // It holds no record that this firmware can read, and counts as empty.
    VESTIBULE_STORAGE_FAULT_UNREADABLE = 1,
    // There are too few sectors.
    VESTIBULE_STORAGE_FAULT_TOO_SMALL = 2,
};
#ifndef __cplusplus
typedef uint8_t vestibule_storage_fault;
#endif // __cplusplus

// What is to be done with a connection.
enum vestibule_transfer
#ifdef __cplusplus
  : uint8_t
#endif // __cplusplus
 {
    // Nothing now.
    VESTIBULE_TRANSFER_IDLE = 0,
    // Send the bytes, and ask again.
    VESTIBULE_TRANSFER_BYTES = 1,
    // Send no more (shut down the write side), but go on with what arrives.
    VESTIBULE_TRANSFER_FINISH = 2,
    // Close it, and tell vestibule_handle_closed.
    VESTIBULE_TRANSFER_CLOSE = 3,
};
#ifndef __cplusplus
typedef uint8_t vestibule_transfer;
#endif // __cplusplus

// A name that somebody looks up, within the callback that was handed it.
typedef struct vestibule_name vestibule_name;

// A portal, in memory that vestibule_portal_new was given.
typedef struct vestibule_portal vestibule_portal;

// A request, within the callback that was handed it.
typedef struct vestibule_request vestibule_request;

// The values of the application's fields, within the callback that was handed them.
typedef struct vestibule_values vestibule_values;

// What a page is written to, within the callback that was handed it.
typedef struct vestibule_writer vestibule_writer;

// A text that stays with the portal; null is the empty one.
typedef struct {
    // UTF-8, without a NUL at its end. It must stay as it is until the portal has ended.
    const uint8_t *bytes;
    // How many bytes, up to 4096.
    size_t length;
} vestibule_text;

// The choices of one device. vestibule_config_init gives each its default; the texts stay with the portal, the
// passphrases are copied. Times are milliseconds.
typedef struct {
    // The access point's name.
    uint8_t name[32];
    // How many of its bytes count.
    uint8_t name_length;
    // Whether the radio can be access point and station at once (1, the default) or not (0).
    uint8_t concurrent;
    // The country in which it may send, two capital letters; two zeros are none.
    uint8_t country[2];
    // The channel of the access point; 0, the default, is the best one.
    uint8_t channel;
    // How the access point is protected, a vestibule_security: VESTIBULE_SECURITY_OPEN, _WPA2, _WPA2_WPA3 or _WPA3.
    uint8_t security;
    // Whether forms may come that are not sealed (1, the default) or not (0).
    uint8_t clear_forms;
    // Whether a home network that has no router to others is joined (1) or refused (0, the default).
    uint8_t without_gateway;
    // How often what is stored is tried before the portal opens.
    uint8_t stored_attempts;
    // When the portal may open by itself, a vestibule_may_open.
    uint8_t may_open;
    // After how many failed joins the portal opens when the home network is lost; 0 is never.
    uint8_t attempts_when_lost;
    // What phones' checks are answered once the network is joined, a vestibule_afterwards.
    uint8_t after_joining;
    // The device's address on its access point.
    uint8_t address[4];
    // The device's address on the home network if it is not to ask for one; zeros are none.
    uint8_t home_address[4];
    // The router there; zeros are none.
    uint8_t home_router[4];
    // How many bits of that address are the network's; 0 is no such address.
    uint8_t home_prefix;
    // The port of HTTP on the access point.
    uint16_t http_port;
    // The port of HTTP on the home network.
    uint16_t home_port;
    // How long phones may keep their addresses.
    uint32_t lease_ms;
    // How long after power came the portal may open by itself.
    uint32_t opening_window_ms;
    // After how long without a request it closes; 0 is never.
    uint32_t idle_timeout_ms;
    // After how long it closes in any case; 0 is never.
    uint32_t absolute_timeout_ms;
    // How long it waits between failed joins.
    uint32_t backoff_ms;
    // How long a scan may take.
    uint32_t scan_timeout_ms;
    // How long a join may take.
    uint32_t join_timeout_ms;
    // How long it waits before it tries again what is stored, while the portal is open.
    uint32_t retry_interval_ms;
    // How long the access point stays for an owner who has not read the result.
    uint32_t result_timeout_ms;
    // How long it stays once the result was read.
    uint32_t ap_shutdown_delay_ms;
    // The channels that the radio has: bits 1 to 14 for those channels, and from bit 15 on for 36, 40, 44 and so on.
    uint64_t channels;
    // The passphrase of the access point, 8 to 63 bytes, where it is protected.
    vestibule_text passphrase;
    // The code on the label of a device whose access point is open, 8 to 63 bytes; empty is none.
    vestibule_text label_code;
    // The address for DHCP's option 114, `https`; empty is none.
    vestibule_text captive_portal;
    // The name that phones are sent to in place of the address; empty is none.
    vestibule_text redirect_host;
} vestibule_config;

// A datagram's way to the device.
typedef struct {
    // Its sender.
    uint8_t from[4];
    // The sender's port.
    uint16_t from_port;
    // Which of the device's ports it was sent to: 53 or 67, on whichever port the program listens.
    uint16_t port;
    // Where it arrived, a vestibule_interface.
    uint8_t interface;
} vestibule_datagram;

// A datagram to send.
typedef struct {
    // Where to.
    uint8_t to[4];
    // To which port.
    uint16_t to_port;
    // Whether it has to go to a hardware address (1), because its receiver does not answer ARP yet; else 0. A program that
    // cannot choose that sends it to 255.255.255.255.
    uint8_t has_hardware;
    // That hardware address.
    uint8_t hardware[6];
    // How many bytes of the room.
    size_t length;
} vestibule_reply;

// A network's name.
typedef struct {
    // Its bytes, which may be any.
    uint8_t bytes[32];
    // How many of them count.
    uint8_t length;
} vestibule_network_name;

// The device's address on the home network.
typedef struct {
    // The address; zeros are none.
    uint8_t address[4];
    // The router; zeros are none.
    uint8_t gateway[4];
    // How many bits of the address are the network's.
    uint8_t prefix;
} vestibule_station_address;

// Something happened. What its kind does not use is 0, or VESTIBULE_UNKNOWN.
typedef struct {
    // A vestibule_event_kind.
    uint8_t kind;
    // A vestibule_state.
    uint8_t from;
    // A vestibule_input.
    uint8_t on;
    // A vestibule_state.
    uint8_t to;
    // 1 or 0.
    uint8_t up;
    // Which connection.
    uint8_t connection;
    // A vestibule_interface.
    uint8_t interface;
    // A vestibule_answer_kind.
    uint8_t answer;
    // A vestibule_client.
    uint8_t client;
    // A vestibule_problem.
    uint8_t problem;
    // A vestibule_join_failure.
    uint8_t failure;
    // A vestibule_front_end.
    uint8_t front_end;
    // A vestibule_storage_fault.
    uint8_t fault;
    // The status that was sent.
    uint16_t http_status;
    // The network.
    vestibule_network_name ssid;
    // The device's address on it.
    vestibule_station_address link;
} vestibule_event;

// A network in sight.
typedef struct {
    // Its name.
    vestibule_network_name ssid;
    // The hardware address of its access point that is heard best.
    uint8_t bssid[6];
    // Its channel.
    uint8_t channel;
    // How strong it is, in dBm.
    int8_t signal;
    // A vestibule_security.
    uint8_t security;
} vestibule_network_entry;

// An address that a client of the access point has.
typedef struct {
    // Until when, in microseconds.
    uint64_t until_us;
    // The address.
    uint8_t address[4];
    // The client's hardware address.
    uint8_t hardware[6];
    // Whether it was taken (1) or offered (0).
    uint8_t taken;
} vestibule_lease_entry;

// How the C program was compiled. The header fills it in.
typedef struct {
    // VESTIBULE_ABI_MAJOR of the header.
    uint16_t major;
    // VESTIBULE_ABI_MINOR of the header.
    uint16_t minor;
    // Bytes of these structs, in this order.
    uint16_t config;
    // And so on.
    uint16_t flash;
    // And so on.
    uint16_t random;
    // And so on.
    uint16_t application;
    // And so on.
    uint16_t field;
    // And so on.
    uint16_t choice;
    // And so on.
    uint16_t route;
    // And so on.
    uint16_t response;
    // And so on.
    uint16_t event;
    // And so on.
    uint16_t radio_event;
    // And so on.
    uint16_t radio_command;
    // And so on.
    uint16_t submission;
    // And so on.
    uint16_t status;
    // The offset of the last member of vestibule_config, which no other order has.
    uint16_t config_last;
} vestibule_layout;

// The partition of NOR flash that the portal keeps networks and values in, all of it.
//
// The callbacks return 0 when they have done it, and anything else when they have not. They are called from within other
// calls, and must not call the portal. Offsets are from the beginning of the partition. Bits are cleared by writing and
// set by erasing whole sectors.
typedef struct {
    // Handed to each callback.
    void *context;
    // How many sectors of VESTIBULE_SECTOR_BYTES: VESTIBULE_LEAST_SECTORS or more.
    uint32_t sectors;
    // Reads so many bytes.
    int32_t (*read)(void *context, uint32_t offset, uint8_t *bytes, size_t length);
    // Writes so many bytes.
    int32_t (*write)(void *context, uint32_t offset, const uint8_t *bytes, size_t length);
    // Erases the sectors from one offset up to another.
    int32_t (*erase)(void *context, uint32_t from, uint32_t to);
} vestibule_flash;

// Where random bytes come from, and the chip's own key if it has one.
typedef struct {
    // Handed to each callback.
    void *context;
    // Fills the bytes from a source that nobody can predict: tokens and seals are made of them. It cannot fail; one that
    // would have to is to restart the device instead.
    void (*fill)(void *context, uint8_t *bytes, size_t length);
    // Derives the key of 32 bytes that what is stored is sealed with, from a secret of the chip's own and the purpose, and
    // returns 0; or returns anything else, and what is stored is in clear. Null is a chip without a secret.
    int32_t (*derive_key)(void *context, const uint8_t *purpose, size_t length, uint8_t *key);
} vestibule_random;

// One of several answers.
typedef struct {
    // The value that the application gets.
    vestibule_text value;
    // The text that the owner reads.
    vestibule_text label;
} vestibule_choice;

// A field of the setup page. The texts stay with the portal; the struct itself is copied.
typedef struct {
    // Its name in the form. None of the portal's own: `network`, `ssid`, `ssid_hex`, `passphrase`, `token`.
    vestibule_text name;
    // What the owner reads beside it.
    vestibule_text label;
    // A sentence below it; may be empty.
    vestibule_text hint;
    // Its value until the owner has given another; may be empty.
    vestibule_text initial;
    // The choices, of a kind that has them.
    const vestibule_choice *choices;
    // How many.
    size_t choice_count;
    // The least number, of a kind that is one.
    int32_t min;
    // The greatest.
    int32_t max;
    // A vestibule_field_kind.
    uint8_t kind;
    // Whether it must not be empty (1) or may be (0).
    uint8_t required;
    // Most characters; 0 is as many as a value may have, 255.
    uint8_t longest;
    // Which other fields it belongs to: a password that is left empty keeps its value only while those of its group stay as
    // they were. 0 by default.
    uint8_t group;
} vestibule_field;

// What a request is, besides the values that vestibule_request_value finds in it. The bytes are there until the callback
// returns.
typedef struct {
    // The path, as it was sent.
    vestibule_text path;
    // What comes after the first `?`.
    vestibule_text query;
    // The content.
    vestibule_text body;
    // Its type; empty if none was said.
    vestibule_text content_type;
    // When it came, in microseconds.
    uint64_t now;
    // A vestibule_method.
    uint8_t method;
    // Where it came in, a vestibule_interface.
    uint8_t interface;
} vestibule_request_info;

// The answer to a request. It is 404 and empty unless the callback says otherwise.
typedef struct {
    // For VESTIBULE_ANSWERED_PAGE: the content's type, visible ASCII; empty is HTML. It stays with the portal.
    vestibule_text content_type;
    // For VESTIBULE_ANSWERED_SEE_OTHER: a path of the device's. It stays with the portal.
    vestibule_text location;
    // Handed to write_page: which page, and what it shows. All that may change while it goes out has to be in here.
    uint32_t page;
    // The same.
    uint32_t argument;
    // 200, 202, 204, 400, 403, 404, 409, 413, 415, 429, 500, 501 or 503.
    uint16_t status;
    // A vestibule_answered.
    uint8_t kind;
} vestibule_response;

// One of the application's pages. The pattern stays with the portal; the struct itself is copied.
//
// A pattern is a path of which a segment may be `{name}`, any one segment that is not empty, and the last one `*`, whatever
// follows.
typedef struct {
    // The pattern.
    vestibule_text pattern;
    // Answers a request: fills the response in and returns 0. Anything else is answered with 500.
    int32_t (*handle)(void *context,
                      const vestibule_request *request,
                      const vestibule_request_info *info,
                      vestibule_response *response);
    // A vestibule_method. GET answers HEAD as well, and changes nothing.
    uint8_t method;
    // Where it is served, a vestibule_interface.
    uint8_t interface;
} vestibule_route;

// The C program's own part of the portal. Every part may be left out: null or zero.
//
// The struct and its tables are copied, the texts stay with the portal. The callbacks are called from within other calls,
// must not call the portal, and must be quick: everybody waits meanwhile.
typedef struct {
    // Handed to each callback.
    void *context;
    // What the setup page asks for besides the network: up to VESTIBULE_MAX_FIELDS.
    const vestibule_field *fields;
    // How many.
    size_t field_count;
    // Its pages, in the order in which they are matched: up to VESTIBULE_MAX_ROUTES.
    const vestibule_route *routes;
    // How many.
    size_t route_count;
    // Its name on the pages; empty is the access point's.
    vestibule_text name;
    // A picture of it, as HTML of the program's own that is put there as it is; empty is none.
    vestibule_text logo;
    // The colour of its pages: red, green, blue, if `has_colour` is 1.
    uint8_t colour[3];
    // Whether it has a colour (1) or not (0).
    uint8_t has_colour;
    // Something happened. Called at once, before vestibule_poll_event hands it out.
    void (*on_event)(void *context, const vestibule_event *event);
    // The owner sent these values, and the network is being tried with them.
    void (*on_submitted)(void *context, const vestibule_values *values);
    // These values are kept: they were read when the device started, or came with a network that was joined.
    void (*on_values)(void *context, const vestibule_values *values);
    // The address that the access point's DNS says a name has: fills in four bytes and returns 1, or returns 0, and it is
    // the device's own.
    int32_t (*resolve)(void *context, const vestibule_name *name, uint8_t *address);
    // Writes a page, the same bytes each time for the same `page` and `argument`: it is called again for each piece.
    void (*write_page)(void *context, uint32_t page, uint32_t argument, const vestibule_writer *writer);
    // Writes what the owner is to note in place of the device's address, by vestibule_write_text; nothing leaves the
    // address. `address` has four bytes.
    void (*write_result)(void *context, const uint8_t *address, const vestibule_writer *writer);
} vestibule_application;

// A network to try, as the owner entered it.
typedef struct {
    // The network.
    vestibule_network_name ssid;
    // The passphrase; null or empty for an open network.
    const uint8_t *passphrase;
    // How many bytes.
    size_t passphrase_length;
    // The values of the application's fields, as the body of an HTML form (`broker=10.0.0.2&port=1883`); null or empty
    // leaves them as they were.
    const uint8_t *form;
    // How many bytes.
    size_t form_length;
} vestibule_submission;

// How far the setup has come.
typedef struct {
    // A vestibule_state.
    uint8_t state;
    // Whether the network that is joined is in flash (1) or not (0).
    uint8_t remembered;
    // Whether that network has a sign-in page (1) or not (0).
    uint8_t captive;
    // What the owner is told, a vestibule_notice.
    uint8_t notice;
    // Its vestibule_join_failure, or VESTIBULE_UNKNOWN.
    uint8_t failure;
    // Its vestibule_problem, or VESTIBULE_UNKNOWN.
    uint8_t problem;
    // The device's address on the home network; zeros are none.
    uint8_t address[4];
    // The network that is joined, that is being tried, or that was tried and failed.
    vestibule_network_name ssid;
} vestibule_status;

// What the radio reports. What its kind does not use may be anything.
typedef struct {
    // A vestibule_radio_event_kind.
    uint8_t kind;
    // A vestibule_security.
    uint8_t security;
    // The channel.
    uint8_t channel;
    // How strong it is, in dBm.
    int8_t signal;
    // A vestibule_join_failure.
    uint8_t failure;
    // A vestibule_join_stage.
    uint8_t stage;
    // The reason code of IEEE 802.11 or Espressif.
    uint16_t reason;
    // The access point's hardware address.
    uint8_t bssid[6];
    // The network.
    vestibule_network_name ssid;
    // The device's address on it.
    vestibule_station_address link;
} vestibule_radio_event;

// What the radio is to do. A later command of a kind (the access point, a scan, the station) replaces one that was not
// taken. What comes of it is reported by vestibule_handle_radio.
typedef struct {
    // A vestibule_radio_command_kind.
    uint8_t kind;
    // How the access point is protected, a vestibule_security.
    uint8_t security;
    // The channel of the access point.
    uint8_t channel;
    // How many bytes of the passphrase count.
    uint8_t passphrase_length;
    // The device's address on the access point; its network has 24 bits.
    uint8_t address[4];
    // The network.
    vestibule_network_name ssid;
    // The passphrase. Wipe it when the radio has it.
    uint8_t passphrase[64];
} vestibule_radio_command;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Gives every choice its default.
//
// `config` is written to; `name` has `name_length` bytes, up to 32. Returns 0, or VESTIBULE_ERROR_NULL, _MISALIGNED or
// _TOO_LONG.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_config_init(vestibule_config *config,
                              const uint8_t *name,
                              size_t name_length);

// A connection was accepted on an interface, and has this number from now on. Returns 0 or an error: VESTIBULE_ERROR_ORDER
// if it is open.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_open(vestibule_portal *portal,
                              uint8_t connection,
                              uint8_t interface,
                              uint64_t now_us);

// Bytes have arrived. How many were taken is put into `taken`; the rest is to be offered again once vestibule_poll_send
// has handed out an answer. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_received(vestibule_portal *portal,
                                  uint8_t connection,
                                  const uint8_t *bytes,
                                  size_t length,
                                  size_t *taken,
                                  uint64_t now_us);

// The other side sends no more. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_received_end(vestibule_portal *portal, uint8_t connection, uint64_t now_us);

// The connection is gone, by whoever it was closed; its number is free again. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_closed(vestibule_portal *portal, uint8_t connection);

// A connection that has something to send or is to be closed, into `connection`. It is named once, and is the program's
// then: it calls vestibule_poll_send until that says VESTIBULE_TRANSFER_IDLE or _CLOSE, as long as the socket has room.
//
// Returns 1 if there is one, 0 if not, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_poll_ready(vestibule_portal *portal,
                             uint8_t *connection);

// The next bytes of a connection, into `room`, which has at least one; how many is put into `length`.
//
// Returns a vestibule_transfer, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_poll_send(vestibule_portal *portal,
                            uint8_t connection,
                            uint8_t *room,
                            size_t size,
                            size_t *length,
                            uint64_t now_us);

// Whether the portal has such a connection and it is not to be closed: 1, 0, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_is_open(vestibule_portal *portal, uint8_t connection);

// Whether a request was answered on the connection and nothing of another has come: 1, 0, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_is_idle(vestibule_portal *portal, uint8_t connection);

// When the connection is given up unless more arrives or goes out before, into `deadline_us`. Returns 1 if there is such a
// moment, 0 if not, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_deadline(vestibule_portal *portal,
                           uint8_t connection,
                           uint64_t *deadline_us);

// A datagram has arrived. Its answer, if there is one, is put into `room` (VESTIBULE_REPLY_BYTES suffice), and where it goes
// into `reply`.
//
// Returns 1 if there is an answer, 0 if not, or an error. `payload` and `room` must not overlap.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_datagram(vestibule_portal *portal,
                                  const vestibule_datagram *datagram,
                                  const uint8_t *payload,
                                  size_t length,
                                  uint8_t *room,
                                  size_t size,
                                  vestibule_reply *reply,
                                  uint64_t now_us);

// The next event, into `event`.
//
// Returns 1 if there is one, 0 if not, or an error. After every call it is asked until it returns 0; twelve wait at most.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_poll_event(vestibule_portal *portal,
                             vestibule_event *event);

// The state of the device, a vestibule_state, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_state_get(vestibule_portal *portal);

// Whether a network is stored: 1, 0, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_has_credentials(vestibule_portal *portal);

// The name of a stored network, the one joined last at index 0, into `name`. Returns 1 if there is one, 0 if not, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_stored_network(vestibule_portal *portal,
                                 size_t index,
                                 vestibule_network_name *name);

// The stored value of one of the application's fields, into `room`. Returns 1 and how many bytes it has (up to 255), 0 if
// there is none, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_value(vestibule_portal *portal,
                        const uint8_t *name,
                        size_t name_length,
                        uint8_t *room,
                        size_t size,
                        size_t *length);

// The device's address on its access point, four bytes into `address`. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_access_point_address(vestibule_portal *portal, uint8_t *address);

// The device's address on the home network, into `link`. Returns 1 if it has one, 0 if not, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_home(vestibule_portal *portal, vestibule_station_address *link);

// A network in sight, the strongest at index 0, into `network`. Returns 1 if there is one, 0 if not, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_network(vestibule_portal *portal,
                          size_t index,
                          vestibule_network_entry *network);

// Whether a scan is under way, so that there will be another list soon: 1, 0, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_is_scanning(vestibule_portal *portal);

// An address that a client of the access point has at this moment, into `lease`. Returns 1 if there is one of this index, 0
// if not, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_lease(vestibule_portal *portal,
                        size_t index,
                        vestibule_lease_entry *lease,
                        uint64_t now_us);

// The device's host name on the home network from now on, without `.local`, as the program's own mDNS has it. Returns 0, or
// an error: VESTIBULE_ERROR_TEXT for what is no host name.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_name(vestibule_portal *portal,
                              const uint8_t *name,
                              size_t name_length);

// What a vestibule_problem says, in English, for a log: text and a NUL, into `room`; 128 bytes suffice. Returns 0, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_problem_text(uint8_t problem,
                               uint8_t *room,
                               size_t size);

// The bytes that a portal really takes of the memory that it is given.
size_t vestibule_portal_size(void);

// Makes a portal in memory of the caller's and reads what the flash holds. It does nothing yet: vestibule_connect_or_setup
// starts it. In C it is called as vestibule_portal_new, which adds `layout`.
//
// `memory` is aligned to VESTIBULE_PORTAL_ALIGN, has `size` bytes (VESTIBULE_PORTAL_SIZE or more), and is all zero, as static
// memory is; it is the portal's until vestibule_portal_end, and must not be moved or copied. `config`, `flash`, `random` and
// `application` (which may be null) are copied; what they point to has to stay. Where the portal is goes into `portal`.
//
// Returns 0, or an error: then there is no portal, and the memory is zero again.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_portal_new_as(uint8_t *memory,
                                size_t size,
                                const vestibule_layout *layout,
                                const vestibule_config *config,
                                const vestibule_flash *flash,
                                const vestibule_random *random,
                                const vestibule_application *application,
                                vestibule_portal **portal);

// Ends a portal, which does nothing more then: it says nothing to the radio. Its memory is all zero again, secrets included,
// and may be used for another.
//
// Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_portal_end(vestibule_portal *portal);

// Joins with what is stored; opens the portal if nothing is, or if that fails, as far as vestibule_config's may_open allows.
// Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_connect_or_setup(vestibule_portal *portal,
                                   uint64_t now_us);

// Joins with what is stored, and opens no portal: if that fails the device is idle again. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_connect(vestibule_portal *portal,
                          uint64_t now_us);

// Opens the portal, whatever is stored; the home network is left for it. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_setup(vestibule_portal *portal, uint64_t now_us);

// As vestibule_setup, for a device whose firmware has failed and restarted several times in a row; the page says so. Returns
// 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_setup_after_restarts(vestibule_portal *portal,
                                       uint64_t now_us);

// Forgets everything that is stored, closes the portal and leaves the network, in any state; for the device's own button.
//
// Returns 0 if the flash was wiped, 1 if it could not be (why, a vestibule_storage_fault, goes into `fault`), or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_factory_reset(vestibule_portal *portal,
                                uint8_t *fault,
                                uint64_t now_us);

// The moment that vestibule_poll_timeout gave has come. Harmless when it has not. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_timeout(vestibule_portal *portal, uint64_t now_us);

// When vestibule_handle_timeout is next due, into `at_us`. Returns 1 if there is such a moment, 0 if not, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_poll_timeout(vestibule_portal *portal,
                               uint64_t *at_us);

// Searches for networks again, unless a search is under way. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_rescan(vestibule_portal *portal, uint64_t now_us);

// Tries a network; what comes of it is in vestibule_status_get and in the events.
//
// Returns 0 if it is being tried, 1 if it cannot be (why, a vestibule_problem, goes into `problem`), or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_submit(vestibule_portal *portal,
                         const vestibule_submission *submission,
                         uint8_t *problem,
                         uint64_t now_us);

// How far the setup has come, into `status`. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_status_get(vestibule_portal *portal, vestibule_status *status);

// The owner has been handed the result, the network's name and the device's address there, by this vestibule_front_end: the
// access point closes shortly. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_result_delivered(vestibule_portal *portal,
                                   uint8_t front_end,
                                   uint8_t interface,
                                   uint64_t now_us);

// The owner is still there, and this is called again within so many milliseconds, up to 120,000. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_keep_alive(vestibule_portal *portal,
                             uint32_t timeout_ms,
                             uint64_t now_us);

// Forgets the stored networks and values, within a setup.
//
// Returns 0 if they are forgotten, 1 if not (why, a vestibule_problem, goes into `problem`), or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_clear(vestibule_portal *portal, uint8_t *problem, uint64_t now_us);

// The home network has a sign-in page, as the program has found out. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_captive_home(vestibule_portal *portal);

// Written by the C program, see the header.
extern void vestibule_panicked(const uint8_t *file, size_t length, uint32_t line);

// Rust's own `core` for systems that unwind names this function, and calls it only where something unwinds: nowhere here.
void rust_eh_personality(void);

// The radio reports something. Returns 0 or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_handle_radio(vestibule_portal *portal, const vestibule_radio_event *event, uint64_t now_us);

// The next command for the radio, into `command`. Returns 1 if there is one, 0 if not, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_poll_radio(vestibule_portal *portal, vestibule_radio_command *command);

// As vestibule_poll_radio, but only VESTIBULE_RADIO_COMMAND_KIND_JOIN or _LEAVE, past what else waits: for a program that
// carries out one command after the other, while it waits for a join that such a command ends.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_poll_radio_for_station(vestibule_portal *portal,
                                         vestibule_radio_command *command);

// Writes bytes of a page as they are.
//
// For vestibule_application's write_page alone. Returns 0, or an error: VESTIBULE_ERROR_SCOPE outside of it.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_write(const vestibule_writer *writer, const uint8_t *bytes, size_t length);

// Writes text that somebody else has made, so that nothing in it means anything in HTML: what is not UTF-8 is shown as
// such, what acts on the text around it is left out.
//
// For vestibule_application's write_page and write_result. Returns 0, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_write_text(const vestibule_writer *writer,
                             const uint8_t *bytes,
                             size_t length);

// A value of a request, decoded, into `room`.
//
// `part` is a vestibule_part. Returns 1 and how many bytes it has, 0 if there is none, or an error:
// VESTIBULE_ERROR_TOO_SMALL if it does not fit.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_request_value(const vestibule_request *request,
                                uint8_t part,
                                const uint8_t *name,
                                size_t name_length,
                                uint8_t *room,
                                size_t size,
                                size_t *length);

// The value of one of the application's fields, into `room`.
//
// Returns 1 and how many bytes it has (up to 255), 0 if there is none, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_values_get(const vestibule_values *values,
                             const uint8_t *name,
                             size_t name_length,
                             uint8_t *room,
                             size_t size,
                             size_t *length);

// Whether the name that somebody looks up is this one, written with dots, in any case of letters: 1, 0, or an error.
//
// # Safety
// As everywhere: the pointers are null or the program's own.
int32_t vestibule_name_is(const vestibule_name *name,
                          const uint8_t *dotted,
                          size_t length);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/* How this program was compiled. */
static inline const vestibule_layout *vestibule_layout_of_header(void) {
    static const vestibule_layout layout = {
        VESTIBULE_ABI_MAJOR,
        VESTIBULE_ABI_MINOR,
        sizeof(vestibule_config),
        sizeof(vestibule_flash),
        sizeof(vestibule_random),
        sizeof(vestibule_application),
        sizeof(vestibule_field),
        sizeof(vestibule_choice),
        sizeof(vestibule_route),
        sizeof(vestibule_response),
        sizeof(vestibule_event),
        sizeof(vestibule_radio_event),
        sizeof(vestibule_radio_command),
        sizeof(vestibule_submission),
        sizeof(vestibule_status),
        offsetof(vestibule_config, redirect_host),
    };
    return &layout;
}

/* See vestibule_portal_new_as. */
static inline int32_t vestibule_portal_new(void *memory, size_t size, const vestibule_config *config,
                                           const vestibule_flash *flash, const vestibule_random *random,
                                           const vestibule_application *application, vestibule_portal **portal) {
    return vestibule_portal_new_as((uint8_t *)memory, size, vestibule_layout_of_header(), config, flash, random,
                                   application, portal);
}

/* A text with its length, of a constant of the program's. */
#define VESTIBULE_TEXT(constant) {(const uint8_t *)(constant), sizeof(constant) - 1}

#endif /* VESTIBULE_H */
