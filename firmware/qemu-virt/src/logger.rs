//! The log, on the serial port: one line an entry, with the seconds since power-on.

use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

use crate::machine;

struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        machine::serial::send(text.as_bytes());
        Ok(())
    }
}

/// Writes to the serial port as it is.
pub fn print(text: fmt::Arguments<'_>) {
    // It never fails.
    let _ = Serial.write_fmt(text);
}

impl Log for Serial {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let micros = machine::clock::ticks() / 10;
        let (seconds, part) = (micros / 1_000_000, micros % 1_000_000);
        print(format_args!("[{seconds:4}.{part:06}] {:5} {}\n", record.level(), record.args()));
    }

    fn flush(&self) {}
}

/// Sends the log to the serial port from now on. To be called once, before anything else.
pub fn init() {
    machine::serial::init();
    machine::serial::log_to(&Serial, LevelFilter::Info);
}
