//! The log, on the board's first serial port (GP0, 115,200 baud): one line an entry, with the seconds since power-on.

use core::cell::RefCell;
use core::fmt::{self, Write};

use embassy_rp::Peri;
use embassy_rp::peripherals::{PIN_0, UART0};
use embassy_rp::uart::{Blocking, Config, UartTx};
use embassy_sync::blocking_mutex::CriticalSectionMutex;
use embassy_time::Instant;
use log::{LevelFilter, Log, Metadata, Record};

struct Serial(CriticalSectionMutex<RefCell<Option<UartTx<'static, Blocking>>>>);

static SERIAL: Serial = Serial(CriticalSectionMutex::new(RefCell::new(None)));

impl Write for &Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.lock(|serial| match serial.try_borrow_mut().as_deref_mut() {
            Ok(Some(serial)) => serial.blocking_write(text.as_bytes()).map_err(|_| fmt::Error),
            _ => Ok(()),
        })
    }
}

/// Writes to the serial port as it is.
pub(crate) fn print(text: fmt::Arguments<'_>) {
    // What cannot be written is lost.
    let _ = (&SERIAL).write_fmt(text);
}

impl Log for Serial {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let seconds = Instant::now().as_millis() / 1000;
        print(format_args!("[{seconds:5}] {:5} {}\r\n", record.level(), record.args()));
    }

    fn flush(&self) {}
}

/// Sends the log to the serial port from now on. To be called once, before anything else.
pub fn start(port: Peri<'static, UART0>, pin: Peri<'static, PIN_0>) {
    let serial = UartTx::new_blocking(port, pin, Config::default());
    SERIAL.0.lock(|place| place.replace(Some(serial)));
    #[allow(
        unsafe_code,
        reason = "the RP2040 has no compare-and-swap, without which `log` has no other call"
    )]
    // SAFETY: nothing else sets a logger, and this is called once.
    let set = unsafe { log::set_logger_racy(&SERIAL) };
    if set.is_ok() {
        #[allow(unsafe_code, reason = "as above")]
        // SAFETY: as above.
        unsafe {
            log::set_max_level_racy(LevelFilter::Info);
        }
    }
}
