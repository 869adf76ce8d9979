//! The fragments of the pages, compiled by `build.rs` from `*.html`.

include!(concat!(env!("OUT_DIR"), "/markup.rs"));
