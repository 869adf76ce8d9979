// What the records of a run come to at a moment: device, phones, networks, flash. Knows nothing of the
// page. A live run and a saved trace are folded by the same code.

const decoder = new TextDecoder("utf-8", { fatal: true });

// A name as the trace escapes it, as people read it where it is text.
export function readable(escaped) {
  const bytes = [];
  for (let at = 0; at < escaped.length; at++) {
    const escape = escaped.slice(at).match(/^\\(x[0-9a-f]{2}|[\\'"nrt])/);
    if (!escape) { bytes.push(...new TextEncoder().encode(escaped[at])); continue; }
    const plain = { n: 10, r: 13, t: 9, "\\": 92, "'": 39, '"': 34 }[escape[1]];
    bytes.push(plain ?? parseInt(escape[1].slice(1), 16));
    at += escape[0].length - 1;
  }
  try {
    const text = decoder.decode(new Uint8Array(bytes));
    return /[\p{Cc}\p{Cf}]/u.test(text) ? escaped : text;
  } catch {
    return escaped;
  }
}

export const isPhone = (node) => /^\d+\//.test(node);

export function beginning() {
  return {
    device: { power: false, state: null, edge: null, up: false, channel: null, joined: null, address: null, stored: null, since: 0 },
    phones: new Map(), networks: new Map(), flash: new Map(), steps: [], last: null,
  };
}

function phone(world, name) {
  if (!world.phones.has(name)) {
    world.phones.set(name, { name, on: false, notified: false, sheet: null, button: "", page: null, verdict: "", says: "", told: false, away: null, gone: null });
  }
  return world.phones.get(name);
}

export function apply(world, record) {
  const { device } = world;
  const { us, node, event } = record;
  if (isPhone(node)) applyToPhone(phone(world, node), record);
  world.last = record;
  switch (event) {
    case "step": world.steps.push(record); break;
    case "power":
      device.power = record.on;
      device.state = record.on ? "Idle" : null;
      device.edge = null; device.since = us;
      if (!record.on) Object.assign(device, { up: false, joined: null, address: null });
      break;
    case "state": Object.assign(device, { state: record.to, edge: record, since: us }); if (["Connecting", "Backoff", "Idle", "Scanning"].includes(record.to)) device.joined = device.address = null; break;
    case "access-point": device.up = record.up; break;
    case "channel-moved": device.channel = record.to; break;
    case "joined": device.joined = record.ssid; device.address = record.address; break;
    case "stored": device.stored = record.ssid; break;
    case "forgotten": device.stored = null; break;
    case "link-lost": if (node === "device") device.joined = device.address = null; break;
    case "network":
      if (node === "device") device.channel = record.on_air ? record.channel : null;
      else world.networks.set(record.bssid, record);
      break;
    case "flash": applyToFlash(world.flash, record); break;
  }
}

function applyToPhone(phone, record) {
  switch (record.event) {
    case "associated": Object.assign(phone, { on: true, away: null, verdict: "", says: "on the device’s network" }); break;
    case "dissociated": Object.assign(phone, { on: false, notified: false, sheet: null, says: "off the device’s network" }); break;
    case "roams": phone.away = record.to; break;
    case "verdict": phone.verdict = record.verdict; break;
    case "notified": phone.notified = true; break;
    case "sheet-opened": Object.assign(phone, { sheet: record.url, notified: false, page: null, browser: false, gone: null, says: "the sign-in sheet opens" }); break;
    case "sheet-closed": Object.assign(phone, { sheet: null, gone: record.why }); break;
    case "sheet-button": phone.button = record.label; break;
    case "browser-opened": Object.assign(phone, { sheet: record.url, browser: true, page: null, gone: null, says: "opens the browser" }); break;
    case "loads": if (record.method === "POST") phone.says = "sends the form"; break;
    case "page": phone.page = record; break;
    case "sees": phone.says = `sees “${record.title}”${record.message ? `: ${record.message}` : ""}`; break;
    case "load-failed": phone.says = `the page does not load: ${record.why}`; break;
    case "reads": Object.assign(phone, { told: true, says: `knows: on “${readable(record.network)}” at ${record.address}` }); break;
    case "takes-for-set-up": Object.assign(phone, { told: true, says: "takes the device for set up: its network stays away" }); break;
    case "visits": Object.assign(phone, { sheet: record.url, browser: true, page: null, says: "opens the device’s page at home" }); break;
    case "sheet-waits": phone.says = "the sign-in sheet waits for Wi-Fi settings"; break;
    case "opens-wifi-settings": phone.says = "opens the Wi-Fi settings"; break;
    case "deviates": phone.says = record.does; break;
    case "gave-up": phone.says = `gives up: ${record.why}`; break;
    case "finding": phone.finding = record.finding; break;
  }
}

function applyToFlash(flash, record) {
  const before = flash.get(record.sector);
  const erased = before && record.wear > before.wear;
  const ranges = !before || erased || record.used === 0 ? [] : [...before.ranges];
  if (record.changed && record.used) ranges.push({ at: record.at, length: record.changed, us: record.us });
  flash.set(record.sector, { ...record, ranges, writes: (before?.writes ?? 0) + (record.changed ? 1 : 0) });
}

// The number of records up to and with a moment.
export function upTo(records, us) {
  let low = 0, high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (records[middle].us <= us) low = middle + 1; else high = middle;
  }
  return low;
}

// The world at a moment, folded on from the last moment where that is earlier.
export class Fold {
  constructor(records) { this.records = records; this.reset(); }
  reset() { this.world = beginning(); this.done = 0; }
  at(us) {
    const end = upTo(this.records, us);
    if (end < this.done) this.reset();
    for (; this.done < end; this.done++) apply(this.world, this.records[this.done]);
    return this.world;
  }
}
