//! JSON (RFC 8259) for the device's interface for apps: a reader for the small flat documents that
//! they send, and a writer for the answers.
//!
//! Nothing is copied until the caller asks for it, and nothing is ever handed out half decoded: a
//! document is checked to its last byte before any of it can be seen ([`Object::parse`]), and a
//! string comes out with every escape resolved or not at all. What is nested is checked and passed
//! over. The writer closes what it opened.
//!
//! ```
//! use vestibule_core::json;
//!
//! let document = json::Object::parse(br#"{"ssid":"Caf\u00e9 \ud83d\ude00","hidden":true}"#)?;
//! let mut room = [0; 32];
//! let ssid = document.text("ssid").unwrap().decode(&mut room).unwrap();
//! assert_eq!(ssid, "Café 😀");
//!
//! let mut reply = String::new();
//! json::write_object(&mut reply, |object| {
//!     object.text("result", "joined")?;
//!     object.number("signal", -61)
//! }).unwrap();
//! assert_eq!(reply, r#"{"result":"joined","signal":-61}"#);
//! # Ok::<(), json::Error>(())
//! ```

mod object;
mod scan;
mod text;
mod write;

pub use object::{Member, Number, Object, Value};
pub use scan::Error;
pub use text::{DecodeError, Text};
pub use write::{ArrayWriter, ObjectWriter, write_array, write_object};

#[cfg(test)]
mod tests;
