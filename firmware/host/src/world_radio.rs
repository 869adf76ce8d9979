//! The radio of a device in the simulator's world: its air is the world's, and what its driver makes of it may go wrong in
//! every way that drivers are known for.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};

use embassy_time::Timer;
use vestibule_core::{
    AccessPoint, AccessPointSecurity, Credentials, JoinFailure, RadioCapabilities, ScanRecord, Ssid,
};
use vestibule_device_protocol::{
    DriverCall, DriverFault, DriverFaultKind, FromDevice, FromHost, StationEvent,
};
use vestibule_firmware::{Association, DriverFailed, JoinError, WifiDriver};

use crate::radio::late;
use crate::records::send;

/// What the chip knows, and what goes wrong next.
#[derive(Default)]
struct Chip {
    capabilities: Option<RadioCapabilities>,
    /// The number of the last join.
    attempt: u32,
    is_joined: bool,
    /// The access point is up, or about to be.
    is_up: bool,
    /// The world's answers that the driver has not looked at.
    answers: VecDeque<FromHost>,
    /// Of whoever waits for an answer or for the end of the network.
    waker: Option<Waker>,
    faults: Vec<DriverFault>,
    /// The end of the network that was joined is lost: whoever waits for it waits in vain until another one is joined.
    end_is_lost: bool,
    /// How many false strengths were said, while they are false.
    false_signals: Option<usize>,
}

/// What a driver says that lies of its radio: over 0 dBm, the least and the most that there is, and so strong that it wins.
const FALSE_SIGNALS: [i8; 7] = [0, i8::MIN, i8::MAX, 20, -1, -127, 1];

impl Chip {
    /// A strength as the driver says it.
    fn signal(&mut self, signal: i8) -> i8 {
        let Some(said) = &mut self.false_signals else { return signal };
        *said += 1;
        FALSE_SIGNALS[*said % FALSE_SIGNALS.len()]
    }
}

/// The radio, for its driver and for what passes the world's answers to it.
#[derive(Clone, Default)]
pub(crate) struct WorldRadio(Rc<RefCell<Chip>>);

impl WorldRadio {
    /// The world has said what it can do.
    pub(crate) fn can_do(&self, capabilities: RadioCapabilities) {
        self.0.borrow_mut().capabilities = Some(capabilities);
    }

    /// The world's air has answered or reported.
    pub(crate) fn handle(&self, answer: FromHost) {
        let mut chip = self.0.borrow_mut();
        if let FromHost::Station { attempt, event } = &answer
            && *attempt == chip.attempt
        {
            chip.is_joined = matches!(event, StationEvent::Associated | StationEvent::Joined(_));
        }
        match &answer {
            FromHost::AccessPointUp => chip.is_up = true,
            FromHost::AccessPointDown => chip.is_up = false,
            _ => {}
        }
        chip.answers.push_back(answer);
        if let Some(waker) = chip.waker.take() {
            waker.wake();
        }
    }

    /// The next calls of a sort go wrong, or none of them any more.
    pub(crate) fn plan(&self, fault: DriverFault) {
        let mut chip = self.0.borrow_mut();
        if fault.kind == DriverFaultKind::FalseSignal {
            chip.false_signals = (fault.times > 0).then_some(0);
        } else if fault.times == 0 {
            chip.faults.retain(|planned| planned.call != fault.call);
        } else {
            chip.faults.push(fault);
        }
    }

    /// A call begins: what goes wrong with it, if anything. What the world has answered to earlier ones is forgotten.
    async fn begin(&self, call: DriverCall) -> Result<Option<DriverFaultKind>, DriverFailed> {
        let kind = {
            let mut chip = self.0.borrow_mut();
            chip.answers.clear();
            let planned = chip.faults.iter().position(|planned| planned.call == call);
            planned.map(|planned| {
                let DriverFault { kind, times, .. } = &mut chip.faults[planned];
                *times -= 1;
                let (kind, is_over) = (*kind, *times == 0);
                if is_over {
                    chip.faults.remove(planned);
                }
                kind
            })
        };
        match kind {
            Some(DriverFaultKind::Hangs) => pending().await,
            Some(DriverFaultKind::Resets) => {
                send(&FromDevice::Restart);
                pending().await
            }
            Some(DriverFaultKind::Fails) => {
                self.stop();
                Err(DriverFailed)
            }
            kind => Ok(kind),
        }
    }

    /// The call is done; its report may be late or lost.
    async fn end(&self, kind: Option<DriverFaultKind>) {
        match kind {
            Some(DriverFaultKind::EventLost) => pending().await,
            Some(DriverFaultKind::Late(by)) => {
                Timer::after(late(by)).await;
            }
            _ => {}
        }
    }

    /// Neither access point nor station any more, without a report.
    fn stop(&self) {
        self.begin_attempt();
        send(&FromDevice::Leave);
        send(&FromDevice::DropAccessPoint);
    }

    /// Whether the radio is access point and station at once. One that is not does not do the other beside the one.
    fn can_be_both(&self) -> bool {
        self.capabilities().concurrent
    }

    /// Begins a new attempt: an answer to the one before has another number and counts for nothing.
    fn begin_attempt(&self) -> u32 {
        let mut chip = self.0.borrow_mut();
        (chip.is_joined, chip.end_is_lost) = (false, false);
        chip.attempt = chip.attempt.wrapping_add(1);
        chip.attempt
    }

    /// The world's next answer.
    async fn answer(&self) -> FromHost {
        poll_fn(|context| {
            let mut chip = self.0.borrow_mut();
            chip.waker = Some(context.waker().clone());
            chip.answers.pop_front().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl WifiDriver for WorldRadio {
    fn capabilities(&self) -> RadioCapabilities {
        self.0.borrow().capabilities.unwrap_or(RadioCapabilities::DEFAULT)
    }

    /// The world's air protects an access point in every way.
    fn can_protect(&self, _: &AccessPointSecurity) -> bool {
        true
    }

    async fn raise_access_point(&mut self, access_point: &AccessPoint) -> Result<(), DriverFailed> {
        let kind = self.begin(DriverCall::Raise).await?;
        if kind == Some(DriverFaultKind::Early) {
            return Ok(());
        }
        if self.0.borrow().is_joined && !self.can_be_both() {
            return Err(DriverFailed);
        }
        self.0.borrow_mut().is_up = true;
        send(&FromDevice::RaiseAccessPoint(access_point.clone()));
        fails_by_another(kind)?;
        loop {
            match self.answer().await {
                FromHost::AccessPointUp => break,
                FromHost::AccessPointDown => return Err(DriverFailed),
                _ => {}
            }
        }
        self.end(kind).await;
        Ok(())
    }

    async fn drop_access_point(&mut self) -> Result<(), DriverFailed> {
        let kind = self.begin(DriverCall::Drop).await?;
        if kind == Some(DriverFaultKind::Early) {
            return Ok(());
        }
        send(&FromDevice::DropAccessPoint);
        fails_by_another(kind)?;
        while !matches!(self.answer().await, FromHost::AccessPointDown) {}
        self.end(kind).await;
        Ok(())
    }

    async fn scan(
        &mut self,
        ssid: Option<Ssid>,
        mut found: impl FnMut(ScanRecord),
    ) -> Result<(), DriverFailed> {
        let kind = self.begin(DriverCall::Scan).await?;
        if kind == Some(DriverFaultKind::Early) {
            return Ok(());
        }
        send(&ssid.map_or(FromDevice::Scan, FromDevice::ScanFor));
        fails_by_another(kind)?;
        loop {
            match self.answer().await {
                FromHost::NetworkFound(mut record) => {
                    record.signal = self.0.borrow_mut().signal(record.signal);
                    found(record);
                }
                FromHost::ScanFinished => break,
                _ => {}
            }
        }
        self.end(kind).await;
        Ok(())
    }

    async fn join(&mut self, credentials: &Credentials) -> Result<Association, JoinError> {
        let kind = self.begin(DriverCall::Join).await.map_err(|DriverFailed| JoinError::Driver)?;
        if kind == Some(DriverFaultKind::Early) {
            return Ok(Association::WithoutAddress);
        }
        if self.0.borrow().is_up && !self.can_be_both() {
            return Err(JoinError::Driver);
        }
        let attempt = self.begin_attempt();
        send(&FromDevice::Join { attempt, credentials: credentials.clone() });
        // The end of the network before is taken for the end of this join.
        fails_by_another(kind).map_err(|DriverFailed| JoinError::Failed(JoinFailure::Unknown))?;
        let outcome = loop {
            match self.answer().await {
                FromHost::Station { attempt: of, event } if of == attempt => {
                    break match event {
                        StationEvent::Associated => Ok(Association::WithoutAddress),
                        StationEvent::Joined(link) => Ok(Association::WithAddress(link)),
                        StationEvent::JoinFailed(reason) => Err(JoinError::Failed(reason)),
                        StationEvent::JoinAborted { reason, stage } => {
                            Err(JoinError::Aborted { reason, stage })
                        }
                        StationEvent::Disconnected => Err(JoinError::Failed(JoinFailure::Unknown)),
                    };
                }
                _ => {}
            }
        };
        self.end(kind).await;
        outcome
    }

    async fn leave(&mut self) -> Result<(), DriverFailed> {
        let kind = self.begin(DriverCall::Leave).await?;
        if kind != Some(DriverFaultKind::Early) {
            self.begin_attempt();
            send(&FromDevice::Leave);
            fails_by_another(kind)?;
            self.end(kind).await;
        }
        Ok(())
    }

    async fn wait_for_disconnect(&mut self) {
        let Ok(kind) = self.begin(DriverCall::Wait).await else { return pending().await };
        if matches!(kind, Some(DriverFaultKind::Early | DriverFaultKind::OutOfOrder)) {
            return;
        }
        poll_fn(|context| {
            let mut chip = self.0.borrow_mut();
            chip.waker = Some(context.waker().clone());
            if chip.is_joined || chip.end_is_lost { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        // A driver tells it once.
        self.0.borrow_mut().end_is_lost = kind == Some(DriverFaultKind::EventLost);
        self.end(kind).await;
    }

    fn is_joined(&mut self) -> Option<bool> {
        Some(self.0.borrow().is_joined)
    }

    fn access_point_is_up(&mut self) -> Option<bool> {
        Some(self.0.borrow().is_up)
    }

    /// The world does not say.
    fn signal(&mut self) -> Option<i8> {
        let mut chip = self.0.borrow_mut();
        chip.false_signals.is_some().then(|| chip.signal(0))
    }

    async fn restart(&mut self) -> Result<(), DriverFailed> {
        let kind = self.begin(DriverCall::Restart).await?;
        if kind != Some(DriverFaultKind::Early) {
            self.begin_attempt();
            send(&FromDevice::Leave);
            send(&FromDevice::DropAccessPoint);
            fails_by_another(kind)?;
            while !matches!(self.answer().await, FromHost::AccessPointDown) {}
            self.end(kind).await;
        }
        Ok(())
    }
}

/// A call that takes another's event for its own ends by it. What it was for is done all the same.
fn fails_by_another(kind: Option<DriverFaultKind>) -> Result<(), DriverFailed> {
    if kind == Some(DriverFaultKind::OutOfOrder) { Err(DriverFailed) } else { Ok(()) }
}
