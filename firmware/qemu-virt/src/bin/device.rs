//! The device: the firmware that every board shares, on this machine.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

use embassy_executor::Spawner;
use embassy_executor::raw::Executor;
use embassy_net::{Runner, Stack, StackResources};
use embassy_time::{Instant, Timer};
use heapless::String;
use log::{error, info, warn};
use static_cell::{ConstStaticCell, StaticCell};
use vestibule_core::{Config, Event};
use vestibule_device_protocol::{FromDevice, FromHost, HOST_BYTES, Start, VERSION};
use vestibule_firmware::panics::{IN_A_ROW, Panics, WELL_AFTER};
use vestibule_firmware::{
    Buffers, Device, Networks, Partition, ResetFilter, access_point_config, home_config, run,
};
use vestibule_qemu_virt::control::{self, Reader};
use vestibule_qemu_virt::entropy::Seeded;
use vestibule_qemu_virt::flash::{self, Flash};
use vestibule_qemu_virt::hook::{self, Hook};
use vestibule_qemu_virt::machine::{clock, hart, interrupts, memory, stack};
use vestibule_qemu_virt::net::{self, Nic};
use vestibule_qemu_virt::radio::{Answers, HostRadio};
use vestibule_qemu_virt::{logger, sleep};

/// What the device is called when it asks the home network for an address.
const HOST_NAME: &str = "vestibule-virt";

/// The deepest that the stack had been when the tasks began.
static STACK_AT_START: AtomicU32 = AtomicU32::new(0);

type Portal = Device<Partition<Flash>, Seeded>;

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
        error!("no console in slot {}: nobody to talk to", control::SLOT);
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

/// Waits to be told what to be, and is it.
#[embassy_executor::task]
async fn boot(spawner: Spawner) {
    static ANSWERS: StaticCell<Answers> = StaticCell::new();
    let answers: &'static Answers = ANSWERS.init(Answers::new());
    let mut reader = Reader::default();
    control::say(&FromDevice::Ready { version: VERSION });
    let (mut redirect_host, mut hook) = (None, None);
    let Start { seed, mut config } = loop {
        match reader.next().await {
            FromHost::RedirectHost(host) => redirect_host = Some(host),
            FromHost::Webhook { port, seconds } => {
                hook = Some(Hook { port, started: seconds.saturating_sub(Instant::now().as_secs()) });
            }
            FromHost::Start(start) => break start,
            _ => {}
        }
    };
    if let Some(host) = redirect_host {
        static REDIRECT_HOST: StaticCell<String<HOST_BYTES>> = StaticCell::new();
        config.redirect_host = Some(REDIRECT_HOST.init(host));
    }
    let mut random = Seeded::new(seed);

    let mut panics = Panics::new(flash::panics());
    let (fell, credentials) = (panics.count(), flash::credentials());
    if matches!(credentials, Partition::Missing) {
        error!("no flash: nothing will be remembered");
    }
    // The defaults of the firmware, not what was chosen: that may be what it dies of.
    let config = if fell >= IN_A_ROW { Config::new(config.name) } else { config };

    static ACCESS_POINT: StaticCell<StackResources<12>> = StaticCell::new();
    static HOME: StaticCell<StackResources<8>> = StaticCell::new();
    let access_point = attach(
        net::ACCESS_POINT,
        config.http_port,
        access_point_config(&config),
        ACCESS_POINT.init(StackResources::new()),
        &mut random,
    );
    let home =
        attach(net::HOME, config.home_port, home_config(), HOME.init(StackResources::new()), &mut random);
    let (Some((access_point, for_access_point)), Some((home, for_home))) = (access_point, home) else {
        error!("a network device is missing: slots {} and {} are needed", net::ACCESS_POINT, net::HOME);
        return;
    };
    let networks = Networks {
        access_point,
        home,
        home_page: Some(config.home_port),
        http_port: config.http_port,
        host_name: HOST_NAME,
    };

    // Its own numbers, so that it does not disturb the portal's.
    let notifier = Seeded::new(seed.wrapping_add(1));
    let device = make(config, credentials, random);
    if fell >= IN_A_ROW {
        warn!("{fell} panics in a row: the portal opens, with defaults");
        device.setup();
    } else {
        if fell > 0 {
            warn!("panics in a row: {fell}");
        }
        device.connect_or_setup();
    }
    STACK_AT_START.store(stack::deepest() as u32, Ordering::Relaxed);
    stack::paint();
    let tasks = [carry(for_access_point), carry(for_home)];
    for task in tasks.into_iter().flatten() {
        spawner.spawn(task);
    }
    if let Some(Ok(post)) = hook.map(|hook| post(hook, home, notifier)) {
        spawner.spawn(post);
    }
    if let (Ok(obey), Ok(recover), Ok(drive)) =
        (obey(device, reader, answers), recover(panics), drive(device, HostRadio::new(answers), networks))
    {
        spawner.spawn(obey);
        spawner.spawn(recover);
        spawner.spawn(drive);
    }
}

/// Makes the device where it stays. Apart from its caller, whose stack it would deepen for good.
#[inline(never)]
fn make(config: Config, credentials: Partition<Flash>, random: Seeded) -> &'static Portal {
    static DEVICE: StaticCell<Portal> = StaticCell::new();
    DEVICE.init_with(|| Device::new(config, credentials, random, (), tell))
}

/// A stack on a network device, with HTTP on this port.
fn attach<const SOCKETS: usize>(
    slot: usize,
    port: u16,
    config: embassy_net::Config,
    resources: &'static mut StackResources<SOCKETS>,
    random: &mut Seeded,
) -> Option<(Stack<'static>, Runner<'static, ResetFilter<Nic>>)> {
    Some(embassy_net::new(ResetFilter::new(Nic::new(slot)?, port), config, resources, random.number()))
}

#[embassy_executor::task(pool_size = 2)]
async fn carry(mut runner: Runner<'static, ResetFilter<Nic>>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn drive(device: &'static Portal, mut radio: HostRadio<'static>, networks: Networks<'static>) -> ! {
    static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());
    run(device, &mut radio, networks, BUFFERS.take()).await
}

#[embassy_executor::task]
async fn post(hook: Hook, home: Stack<'static>, random: Seeded) -> ! {
    hook::post(hook, home, random).await
}

/// Passes on what the host says.
#[embassy_executor::task]
async fn obey(device: &'static Portal, mut reader: Reader, answers: &'static Answers) -> ! {
    loop {
        match reader.next().await {
            FromHost::Start(_) | FromHost::RedirectHost(_) | FromHost::Webhook { .. } => {
                warn!("it has been started already");
            }
            FromHost::Setup => device.setup(),
            FromHost::Clear => {
                // What came of it is an event.
                let _ = device.factory_reset();
            }
            FromHost::PowerCutAt { operation, undone } => flash::cut_at(operation, undone),
            FromHost::Panic => panic!("the host asked for it"),
            FromHost::MeasureStack => {
                info!("heap: {} bytes in use", memory::used());
                let start = STACK_AT_START.load(Ordering::Relaxed);
                control::say(&FromDevice::StackDepth { start, running: stack::deepest() as u32 });
            }
            answer => answers.send(answer).await,
        }
    }
}

/// Forgets the panics before once it has run well for a while.
#[embassy_executor::task]
async fn recover(mut panics: Panics<Partition<Flash>>) {
    Timer::after(WELL_AFTER).await;
    if !panics.forget() {
        warn!("the count of panics could not be erased");
    }
}

fn tell(event: &Event) {
    control::say(&FromDevice::Event(*event));
    if let Event::Joined { link, .. } = event {
        hook::joined(*link);
    }
    if let Event::AccessPoint { up: true } = event {
        control::say(&FromDevice::Serving { micros: Instant::now().as_micros() });
    }
}
