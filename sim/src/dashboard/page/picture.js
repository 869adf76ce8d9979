// The live picture of the world: phones and their owners, the device, networks on their channels, and
// what travels between them at this moment. A function of the world and the time; it remembers nothing.

import { describe } from "/bytes.js";
import { svg } from "/dom.js";
import { readable, upTo } from "/fold.js";

// Phones, device and networks are beside each other on a wide screen, and one below the other where letters would become
// too small to read.
const WIDE = { width: 760, height: 372, left: 330, device: { x: 470, y: 96 }, phones: { top: 50, middle: 172, room: 300 } };
let layout = WIDE;
let DEVICE = WIDE.device, WIDTH = WIDE.width, LEFT = WIDE.left, FLOOR = WIDE.height - 26;

function tall(phones) {
  const room = Math.min(330, 92 * Math.max(1, phones));
  return { width: 380, height: room + 350, left: 0, device: { x: 190, y: room + 86 }, phones: { top: 50, middle: room / 2 + 4, room } };
}

function arrange(narrow, picture, phones) {
  layout = narrow ? tall(phones) : WIDE;
  ({ device: DEVICE, width: WIDTH, left: LEFT } = layout);
  FLOOR = layout.height - 26;
  const box = `0 0 ${layout.width} ${layout.height}`;
  if (picture.getAttribute("viewBox") !== box) picture.setAttribute("viewBox", box);
}

const KINDS = { radio: "radio: join and leave", dns: "DNS, DHCP", http: "HTTP", tcp: "TCP’s own", ip: "ARP and other" };
// How long something is seen on its way, in microseconds of the run at normal speed.
const ON_THE_WAY = 450_000;

// A network is four channels wide: half of that is beyond the first and the last place. What is not on one of the 13 channels
// of 2.4 GHz has a place of its own behind them.
const PLACES = 15, HALF = 2.2;
const step = () => (WIDTH - LEFT - 8) / (PLACES - 1 + 2 * HALF);
const channelX = (channel) => LEFT + 4 + ((channel > 13 ? PLACES : channel) - 1 + HALF) * step();
const height = (signal) => Math.max(18, Math.min(104, (signal + 95) * 1.9));
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function phonePlaces(world, hasReader) {
  // Beside a crowd, the phones that are there.
  const names = [...world.phones.keys()].slice(-6);
  if (hasReader) names.unshift("you");
  const { top: highest, middle, room } = layout.phones;
  const step = Math.min(110, room / Math.max(1, names.length));
  const top = Math.max(highest, middle - (step * (names.length - 1)) / 2);
  return new Map(names.map((name, place) => [name, { x: 88, y: top + step * place, scale: Math.min(1, step / 96) }]));
}

export function legend() {
  return Object.entries(KINDS).map(([kind, says]) => {
    const item = document.createElement("span");
    item.className = `key ${kind}`;
    item.textContent = says;
    return item;
  });
}

export function draw(picture, world, view) {
  arrange(view.narrow, picture, Math.min(6, world.phones.size) + Number(view.live));
  const places = phonePlaces(world, view.live);
  const networks = [...world.networks.values()];
  const joined = networks.find((network) => network.on_air && network.ssid === world.device.joined);
  const parts = [spectrum(), ...humps(networks, joined, world.device)];
  for (const [name, at] of places) parts.push(...link(name, at, world, view));
  if (joined) parts.push(svg("line", { class: "link home", x1: DEVICE.x + 20, y1: DEVICE.y + 42, x2: channelX(joined.channel), y2: FLOOR - height(joined.signal) }));
  parts.push(device(world.device));
  for (const [name, at] of places) parts.push(phone(name, at, world, view));
  parts.push(...travelling(world, view, places, networks));
  picture.replaceChildren(...parts);
}

function spectrum() {
  const group = svg("g", { class: "spectrum" }, svg("line", { class: "floor", x1: LEFT, x2: WIDTH - 10, y1: FLOOR, y2: FLOOR }));
  for (let channel = 1; channel <= 13; channel++) {
    group.append(svg("text", { x: channelX(channel), y: FLOOR + 16, class: "channel" }, String(channel)));
  }
  group.append(svg("text", { x: channelX(36), y: FLOOR + 16, class: "channel" }, "5 GHz"));
  return group;
}

// A network as a Wi-Fi analyser draws it: four channels wide, as high as it is strong.
function hump(channel, signal, className) {
  const [x, h, w] = [channelX(channel), height(signal) * 2, step() * HALF];
  return svg("path", { class: `hump ${className}`, d: `M ${x - w} ${FLOOR} Q ${x} ${FLOOR - h} ${x + w} ${FLOOR}` });
}

// The hills first and their names above all of them. A name goes up until it lies on no other; where there is no room
// left below the device it is left out, and the list of networks has it.
function humps(networks, joined, device) {
  const hills = [], names = [], taken = [];
  const label = (text, channel, signal, className) => {
    const half = (text.length * 7.4) / 2 + 4;
    const x = Math.max(LEFT + half, Math.min(channelX(channel), WIDTH - half));
    let y = FLOOR - height(signal) - 8;
    while (taken.some(([tx, ty, th]) => Math.abs(tx - x) < th + half && Math.abs(ty - y) < 16)) y -= 4;
    if (y < DEVICE.y + 84) return;
    taken.push([x, y, half]);
    names.push(svg("text", { x, y, class: `ssid ${className}` }, text));
  };
  if (device.up && device.channel) {
    hills.push(hump(device.channel, -36, "own"));
    label("the device’s own", device.channel, -36, "own");
  }
  // The strongest first, which would be missed most.
  for (const network of [...networks].sort((a, b) => b.signal - a.signal)) {
    if (!network.on_air) continue;
    const mine = network === joined;
    const shown = hump(network.channel, network.signal, mine ? "joined" : "");
    shown.append(svg("title", {}, `${readable(network.ssid)}, ${network.security}, ${network.signal} dBm`));
    hills.unshift(shown);
    label(short(network.hidden ? "(hidden)" : readable(network.ssid), 16), network.channel, network.signal, mine ? "joined" : "");
  }
  return [...hills, ...names];
}

function device(device) {
  const group = svg("g", { class: `device ${device.power ? "" : "off"}`, transform: `translate(${DEVICE.x} ${DEVICE.y})` });
  if (device.up) for (const r of [40, 54, 68]) group.append(svg("path", { class: "waves", d: `M ${-r * 0.7} ${-18 - r * 0.35} Q 0 ${-30 - r * 0.8} ${r * 0.7} ${-18 - r * 0.35}` }));
  group.append(
    svg("rect", { x: -58, y: -34, width: 116, height: 76, rx: 12 }),
    svg("circle", { class: `lamp ${device.joined ? "joined" : device.up ? "up" : ""}`, cx: -40, cy: -17, r: 5 }),
    svg("text", { class: "name", y: 4 }, "device"),
    svg("text", { class: "state", y: 24 }, device.state ?? "no power"),
  );
  if (device.address) group.append(svg("text", { class: "says", y: 62 }, `${short(readable(device.joined), 14)}, ${device.address}`));
  return group;
}

function link(name, at, world, view) {
  const on = name === "you" ? view.readerIsOn : world.phones.get(name).on;
  if (!on) return [];
  const to = { x: DEVICE.x - 58, y: DEVICE.y + 4 };
  // From the side of the phone to the device; where that is below, down between the phones and their owners.
  const down = at.x - 28 * at.scale;
  const path = view.narrow ? `M ${at.x - 22 * at.scale} ${at.y} L ${down} ${at.y + 8} V ${to.y - 30} Q ${down} ${to.y} ${down + 30} ${to.y} H ${to.x}` : `M ${at.x + 24} ${at.y} L ${to.x} ${to.y}`;
  return [svg("path", { class: "link", d: path })];
}

function phone(name, at, world, view) {
  const node = world.phones.get(name);
  const group = svg("g", { class: `handset ${name === "you" ? "you" : ""}`, transform: `translate(${at.x} ${at.y}) scale(${at.scale})` });
  // The owner, and the phone in hand.
  group.append(svg("circle", { class: "owner", cx: -56, cy: -16, r: 11 }), svg("path", { class: "owner", d: "M -78 30 q 0 -32 22 -32 q 22 0 22 32 z" }));
  group.append(svg("rect", { class: "case", x: -22, y: -38, width: 44, height: 76, rx: 7 }));
  const sheet = name === "you" ? view.readerIsOn : node.sheet;
  group.append(svg("rect", { class: sheet ? "screen open" : "screen", x: -18, y: -31, width: 36, height: 62, rx: 3 }));
  if (node?.notified) group.append(svg("rect", { class: "notice", x: -15, y: -27, width: 30, height: 11, rx: 3 }));
  if (sheet) for (const y of [-22, -12, -2]) group.append(svg("line", { class: "line", x1: -12, x2: y === -2 ? 4 : 12, y1: y, y2: y }));
  if (node?.told) group.append(svg("text", { class: "tick", y: 24 }, "✓"));
  const title = name === "you" ? "you" : name.slice(name.indexOf("/") + 1);
  const says = name === "you" ? (view.readerIsOn ? "your own browser" : "off the device’s network") : node.says;
  // The link leaves to where the device is: the words stand on the other side of it.
  const top = !view.narrow && at.y > DEVICE.y + 10 ? 14 : -24;
  const words = [["name start", title], ["says start", short(says, 28)]];
  if (node?.verdict && node.on) words.push(["says start", `concludes: ${node.verdict}`]);
  // Letters keep their size where a crowd is drawn smaller.
  words.forEach(([className, text], line) => {
    const said = svg("text", { class: className, x: 32, y: top + (line * 16) / at.scale }, text);
    said.style.fontSize = `${13 / at.scale}px`;
    group.append(said);
  });
  return group;
}

// Dots for whatever is on its way at this moment: where each is follows from the time alone.
function travelling(world, view, places, networks) {
  if (view.still) return [];
  const window = ON_THE_WAY * Math.max(0.05, Math.min(1, view.speed));
  const end = upTo(view.records, view.us);
  const dots = [];
  for (let at = end - 1; at >= 0 && dots.length < 80; at--) {
    const record = view.records[at];
    const age = (view.us - record.us) / window;
    if (age > 1) break;
    const traffic = describe(record);
    if (!traffic) continue;
    const ends = way(record, places, networks);
    if (!ends) continue;
    const [from, to] = ends;
    const eased = age * age * (3 - 2 * age);
    dots.push(svg("circle", { class: `dot ${traffic.kind} ${record.lost ? "lost" : ""}`, cx: from.x + (to.x - from.x) * eased, cy: from.y + (to.y - from.y) * eased, r: traffic.kind === "http" ? 6 : 4.5 }));
  }
  return dots;
}

function way(record, places, networks) {
  const place = (node, on) => {
    if (node === "device") return DEVICE;
    if (places.has(node) && !on) return places.get(node);
    const network = on && networks[parseInt(on, 10) - 1];
    return network ? { x: channelX(network.channel), y: FLOOR - height(network.signal) } : null;
  };
  if (record.event === "message") {
    const network = networks.find(({ bssid }) => bssid === record.bssid);
    const router = network && { x: channelX(network.channel), y: FLOOR - height(network.signal) };
    return router ? (record.sent ? [DEVICE, router] : [router, DEVICE]) : null;
  }
  const ends = [place(record.node, record.on), place(record.to, record.on)];
  // To everybody: to whoever is there.
  if (record.to === "everybody") {
    if (record.on) ends[1] = record.node === "device" ? place("router", record.on) : DEVICE;
    else ends[1] = record.node === "device" ? [...places.values()].at(-1) : DEVICE;
  }
  return ends[0] && ends[1] && ends[0] !== ends[1] ? ends : null;
}
