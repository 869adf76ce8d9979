//! The device: the firmware that every board shares, on this machine. The host decides what it is.
#![no_std]
#![no_main]

use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering};

use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use embassy_net::Stack;
use embassy_time::Instant;
use heapless::String;
use log::{error, info, warn};
use static_cell::StaticCell;
use vestibule_core::dhcp::CaptivePortalUrl;
use vestibule_core::improv::DeviceInformation;
use vestibule_core::{Event, OwnPassphrase};
use vestibule_device_protocol::{FromDevice, FromHost, HOST_BYTES, Mode, Start, URL_BYTES, VERSION};
use vestibule_firmware::{BoardDevice, Memory, Portal, Settings, Stacks, Started, speak_improv, start};
use vestibule_qemu_virt::board::{self, Virt};
use vestibule_qemu_virt::control::{self, Reader};
use vestibule_qemu_virt::machine::{clock, hart, interrupts, memory, serial, stack};
use vestibule_qemu_virt::radio::Answers;
use vestibule_qemu_virt::{flash, logger, net, sleep};
use vestibule_under_test::entropy::Seeded;
use vestibule_under_test::key::HostKey;
use vestibule_under_test::webhook::{self, Webhook};

/// The most of the stack that was in use until the tasks began.
static STACK_AT_START: AtomicU32 = AtomicU32::new(0);

/// Readies the machine and runs the tasks for ever.
#[riscv_rt::entry]
fn main() -> ! {
    stack::paint();
    memory::init();
    logger::init();
    clock::set_alarm(u64::MAX);
    interrupts::init();
    hart::init();
    if !control::init() {
        error!("no console in slot {}: there is no host", control::SLOT);
    }
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    let executor: &'static Executor = EXECUTOR.init(Executor::new(core::ptr::null_mut()));
    match boot(executor.spawner()) {
        Ok(token) => executor.spawner().spawn(token),
        Err(error) => error!("the first task could not be made: {error:?}"),
    }
    loop {
        #[allow(unsafe_code, reason = "the executor's contract")]
        // SAFETY: polled here only, on the one hart, and not from within a task.
        unsafe {
            executor.poll();
        }
        sleep::until_work();
    }
}

/// What the host asks for before the start.
struct Order {
    start: Start,
    webhook: Option<Webhook>,
    key: Option<HostKey>,
}

/// Waits until the host has sent what the device is to be.
async fn receive_order(reader: &mut Reader) -> Order {
    let (mut redirect_host, mut captive_portal, mut webhook, mut key) = (None, None, None, None);
    let mut label_code = None;
    let mut start = loop {
        match reader.next().await {
            FromHost::RedirectHost(host) => redirect_host = Some(host),
            FromHost::CaptivePortal(url) => captive_portal = Some(url),
            FromHost::LabelCode(code) => label_code = Some(code),
            FromHost::DeviceKey(secret) => key = Some(HostKey(secret)),
            FromHost::Webhook { port, seconds } => {
                let power_on = seconds.saturating_sub(Instant::now().as_secs());
                webhook = Some(Webhook { port, power_on });
            }
            FromHost::Start(start) => break start,
            _ => {}
        }
    };
    if let Some(host) = redirect_host {
        static REDIRECT_HOST: StaticCell<String<HOST_BYTES>> = StaticCell::new();
        start.config.redirect_host = Some(REDIRECT_HOST.init(host));
    }
    if let Some(url) = captive_portal {
        static CAPTIVE_PORTAL: StaticCell<String<URL_BYTES>> = StaticCell::new();
        // The host has made it already.
        start.config.captive_portal = CaptivePortalUrl::new(CAPTIVE_PORTAL.init(url)).ok();
    }
    if let Some(code) = label_code {
        static LABEL_CODE: StaticCell<OwnPassphrase> = StaticCell::new();
        start.config.label_code = Some(LABEL_CODE.init(code));
    }
    Order { start, webhook, key }
}

/// Starts what the host asks for, and its tasks.
#[embassy_executor::task]
async fn boot(spawner: Spawner) {
    static ANSWERS: StaticCell<Answers> = StaticCell::new();
    static MEMORY: Memory<Virt> = Memory::new();
    let answers: &'static Answers = ANSWERS.init(Answers::new());
    let mut reader = Reader::default();
    control::send(&FromDevice::Ready { version: VERSION, mode: Mode::Portal });
    let Order { start: Start { seed, config }, webhook, key } = receive_order(&mut reader).await;
    let Some(parts) = board::parts(answers, config.radio, Seeded::new(seed), key) else {
        error!("a network device is missing: slots {} and {} are needed", net::ACCESS_POINT, net::HOME);
        return;
    };
    let settings = Settings { observe, ..Settings::new(config, ()) };
    let started = match start(&MEMORY, parts, settings) {
        Ok(started) => started,
        Err(unsupported) => return error!("{unsupported}"),
    };
    STACK_AT_START.store(stack::deepest() as u32, Ordering::Relaxed);
    stack::paint();
    // Its own numbers, so that it does not disturb the portal's.
    let random = Seeded::new(seed.wrapping_add(1));
    let (device, home) = (started.device(), started.home());
    if let Some(Ok(post)) = webhook.map(|webhook| post(webhook, home, random, device)) {
        spawner.spawn(post);
    }
    if let Ok(speak) = speak(device) {
        spawner.spawn(speak);
    }
    if let Ok(obey) = obey(device, reader, answers) {
        spawner.spawn(obey);
    }
    spawn_run(spawner, started);
}

/// Spawns the task that drives the device. A function of its own, because the task is moved through the
/// stack to its place, which would deepen the stack of the caller while the device is made.
#[inline(never)]
fn spawn_run(spawner: Spawner, started: Started<Virt>) {
    let (portal, stacks) = started.split();
    match (run(portal), run_stacks(stacks)) {
        (Ok(portal), Ok(stacks)) => {
            spawner.spawn(stacks);
            spawner.spawn(portal);
        }
        _ => error!("the device's tasks could not be made"),
    }
}

#[embassy_executor::task]
async fn run(portal: Portal<Virt>) -> ! {
    // Pinned first: awaited as it is, the large future would be copied through the stack.
    pin!(portal.run()).await
}

#[embassy_executor::task]
async fn run_stacks(stacks: Stacks<Virt>) -> ! {
    stacks.run().await
}

#[embassy_executor::task]
async fn post(
    webhook: Webhook,
    home: Stack<'static>,
    random: Seeded,
    device: &'static BoardDevice<Virt, ()>,
) -> ! {
    webhook::post(webhook, home, random, || device.handle_captive_home()).await
}

/// Improv on the serial port, beside the log.
#[embassy_executor::task]
async fn speak(device: &'static BoardDevice<Virt, ()>) -> ! {
    const INFORMATION: DeviceInformation = DeviceInformation {
        firmware: "vestibule",
        version: env!("CARGO_PKG_VERSION"),
        hardware: "QEMU virt",
    };
    speak_improv(device, INFORMATION, serial::receive, serial::send).await
}

/// Does what the host asks for, and passes its answers to the radio.
#[embassy_executor::task]
async fn obey(device: &'static BoardDevice<Virt, ()>, mut reader: Reader, answers: &'static Answers) -> ! {
    loop {
        match reader.next().await {
            FromHost::Start(_)
            | FromHost::Welcome { .. }
            | FromHost::RedirectHost(_)
            | FromHost::CaptivePortal(_)
            | FromHost::DeviceKey(_)
            | FromHost::LabelCode(_)
            | FromHost::Webhook { .. } => {
                warn!("the device has been started already");
            }
            FromHost::Setup => device.setup(),
            FromHost::FactoryReset => {
                // A failure is an event.
                let _ = device.factory_reset();
            }
            FromHost::PowerCutAt { operation, undone } => flash::request_power_cut(operation, undone),
            FromHost::Panic => panic!("the host asked for it"),
            FromHost::MeasureStack => {
                info!("heap: {} bytes in use", memory::used());
                let start = STACK_AT_START.load(Ordering::Relaxed);
                control::send(&FromDevice::StackDepth { start, running: stack::deepest() as u32 });
            }
            answer => answers.send(answer).await,
        }
    }
}

/// Reports an event of the portal to the host.
fn observe(event: &Event) {
    control::send(&FromDevice::Event(*event));
    if let Event::Joined { link, .. } = event {
        webhook::notify_joined(*link);
    }
    if let Event::AccessPoint { up: true } = event {
        control::send(&FromDevice::Serving { micros: Instant::now().as_micros() });
    }
}
