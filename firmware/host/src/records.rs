//! Records on standard input and output ([`vestibule_device_protocol::lockstep`]).

use std::cell::RefCell;
use std::io::{self, BufReader, BufWriter, Read as _, Stdin, Stdout, Write as _};

use vestibule_device_protocol::FromDevice;
use vestibule_device_protocol::lockstep::{HEADER_BYTES, Kind};

struct Records {
    input: BufReader<Stdin>,
    output: BufWriter<Stdout>,
}

thread_local! {
    static RECORDS: RefCell<Records> = RefCell::new(Records {
        input: BufReader::new(io::stdin()),
        output: BufWriter::new(io::stdout()),
    });
}

/// Writes a record; it is on its way after [`read`] or [`flush`].
pub(crate) fn write(kind: Kind, parts: &[&[u8]]) -> io::Result<()> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let length = u32::try_from(length).map_err(|_| io::ErrorKind::InvalidInput)?;
    RECORDS.with_borrow_mut(|records| {
        records.output.write_all(&kind.header(length))?;
        parts.iter().try_for_each(|part| records.output.write_all(part))
    })
}

/// Reads a record, after all that was written is on its way.
pub(crate) fn read() -> io::Result<(Kind, Vec<u8>)> {
    RECORDS.with_borrow_mut(|records| {
        records.output.flush()?;
        let mut header = [0; HEADER_BYTES];
        records.input.read_exact(&mut header)?;
        let (kind, length) = Kind::read(header).ok_or(io::ErrorKind::InvalidData)?;
        let mut bytes = vec![0; length as usize];
        records.input.read_exact(&mut bytes)?;
        Ok((kind, bytes))
    })
}

/// Sends a message to the host. A host that is gone has ended this device, or will.
pub(crate) fn send(message: &FromDevice) {
    let mut line = String::new();
    if message.write(&mut line).is_ok() {
        let _ = write(Kind::Line, &[line.as_bytes()]);
    }
}
