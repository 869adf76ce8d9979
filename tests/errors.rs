//! Each error that a public function returns is an error: one can box it, send it, show it.

use std::error::Error;

fn is_an_error<E: Error + Send + Sync + 'static>() {}

#[test]
fn of_the_core() {
    use vestibule_core::*;
    is_an_error::<BadOwnPassphrase>();
    is_an_error::<BadPassphrase>();
    is_an_error::<NoDeviceKey>();
    is_an_error::<Problem>();
    is_an_error::<SsidTooLong>();
    is_an_error::<StorageFault>();
    is_an_error::<application::FieldError>();
    is_an_error::<credentials::StoreError>();
    is_an_error::<credentials::ValuesFull>();
    is_an_error::<dhcp::BadCaptivePortalUrl>();
    is_an_error::<http::form::TooLong>();
    is_an_error::<json::DecodeError>();
    is_an_error::<json::Error>();
    is_an_error::<label::BadLabel>();
    is_an_error::<mdns::BadHostName>();
    is_an_error::<mdns::TextTooLong>();
    is_an_error::<schedule::ScheduleFull>();
    is_an_error::<webhook::BadKey>();
    is_an_error::<webhook::BadPost>();
    is_an_error::<webhook::Rejected>();
    is_an_error::<websocket::Refusal>();
    is_an_error::<websocket::SendError>();
    is_an_error::<websocket::Violation>();
}

#[test]
fn of_the_library() {
    use vestibule::*;
    is_an_error::<campaign::BadShard>();
    is_an_error::<campaign::results::ResultsError>();
    is_an_error::<capture::BadRequest>();
    is_an_error::<capture::NoDevice>();
    is_an_error::<capture::import::BadClient>();
    is_an_error::<capture::import::ImportError>();
    is_an_error::<capture::load::CaptureError>();
    is_an_error::<check::NoXml>();
    is_an_error::<check::Nobody>();
    is_an_error::<flash::FlashError>();
    is_an_error::<owner::GaveUp>();
    is_an_error::<phone::BadReply>();
    is_an_error::<phone::Finding>();
    is_an_error::<phone::UnknownModel>();
    is_an_error::<phone::judge::Failure>();
    is_an_error::<profile::UnknownProfile>();
    is_an_error::<profile::load::ProfileError>();
    is_an_error::<report::NoXml>();
    is_an_error::<scenario::load::ScenarioError>();
    is_an_error::<trace::NoFrames>();
    is_an_error::<trace::TraceError>();
    is_an_error::<world::loopback::LoopbackError>();
    is_an_error::<world::external::DeviceFault>();
    is_an_error::<world::external::ExternalError>();
    is_an_error::<world::external::Unfit>();
}
