// What is inside the device: its state machine, drawn from the core's own table, its flash, and the
// networks that it hears.

import { element, svg } from "/dom.js";
import { readable } from "/fold.js";

// Where the states of the table are drawn; one that is not here yet goes to the bottom.
const PLACES = {
  Idle: [70, 170], ScanningStored: [215, 40], Connecting: [350, 40], Backoff: [490, 40], Connected: [630, 105],
  Scanning: [215, 170], PortalOpen: [350, 170], RetryingStored: [490, 120], Failed: [350, 290], Joining: [490, 245],
  ResultPending: [630, 200], Closing: [630, 290], ClosingToJoin: [70, 290], JoiningAlone: [215, 290], RetryingAlone: [215, 230],
};
const [HALF_WIDTH, HALF_HEIGHT] = [58, 15];
let edges = [];

export function drawMachine(machine, states, table) {
  edges = table;
  let spare = 0;
  const place = (id) => (PLACES[id] ??= [70 + 120 * spare++, 315]);
  const pairs = new Map();
  for (const edge of table) {
    const key = `${edge.from}>${edge.to}`;
    pairs.set(key, [...(pairs.get(key) ?? []), edge.on]);
  }
  const parts = [svg("defs", {}, svg("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" }, svg("path", { d: "M 0 0 L 8 4 L 0 8 z" })))];
  for (const [key, inputs] of pairs) {
    const [from, to] = key.split(">");
    const quiet = inputs.every((on) => on === "Cleared" || on === "PortalTimeout" || on === "GaveUp");
    const path = svg("path", { class: `edge ${quiet ? "quiet" : ""}`, d: curve(place(from), place(to)), "data-edge": key, "marker-end": "url(#tip)" });
    path.append(svg("title", {}, `${from} → ${to}: ${inputs.join(", ")}`));
    parts.push(path);
  }
  for (const { id, says } of states) {
    const [x, y] = place(id);
    const box = svg("g", { class: "box", "data-state": id, transform: `translate(${x} ${y})` },
      svg("rect", { x: -HALF_WIDTH, y: -HALF_HEIGHT, width: 2 * HALF_WIDTH, height: 2 * HALF_HEIGHT, rx: 8 }), svg("text", { y: 5 }, id), svg("title", {}, says));
    parts.push(box);
  }
  machine.replaceChildren(...parts);
}

// From the border of one box to that of the other, bent to one side, so that ways to and fro differ.
function curve([x1, y1], [x2, y2]) {
  if (x1 === x2 && y1 === y2) return `M ${x1 + 20} ${y1 + HALF_HEIGHT} c 20 26 -60 26 -40 2`;
  const length = Math.hypot(x2 - x1, y2 - y1);
  const bend = Math.min(26, length / 7);
  const [mx, my] = [(x1 + x2) / 2 - ((y2 - y1) / length) * bend, (y1 + y2) / 2 + ((x2 - x1) / length) * bend];
  const border = (x, y, tx, ty) => {
    const scale = 1 / Math.max(Math.abs(tx - x) / (HALF_WIDTH + 3), Math.abs(ty - y) / (HALF_HEIGHT + 3));
    return [x + (tx - x) * scale, y + (ty - y) * scale];
  };
  const [from, to] = [border(x1, y1, mx, my), border(x2, y2, mx, my)];
  return `M ${from[0]} ${from[1]} Q ${mx} ${my} ${to[0]} ${to[1]}`;
}

export function lightMachine(machine, says, ways, states, device) {
  for (const box of machine.querySelectorAll(".box")) box.classList.toggle("lit", box.dataset.state === device.state);
  const taken = device.edge ? `${device.edge.from}>${device.edge.to}` : "";
  for (const path of machine.querySelectorAll(".edge")) {
    path.classList.toggle("taken", path.dataset.edge === taken);
    path.classList.toggle("open", path.dataset.edge.startsWith(`${device.state}>`));
  }
  const state = states.find(({ id }) => id === device.state);
  const came = device.edge ? ` It came from ${device.edge.from} by ${device.edge.on}.` : "";
  const words = state ? `${state.id}: ${state.says}.${came}` : "It has no power.";
  if (says.textContent !== words) says.textContent = words;
  const leads = edges.filter(({ from }) => from === device.state);
  const key = leads.map(({ on }) => on).join();
  if (ways.dataset.key === key) return;
  ways.dataset.key = key;
  ways.replaceChildren(...leads.map(({ on, to, then }) => element("li", "", element("b", "", on), ` → ${to}`, then.length ? element("span", "quiet", ` ${then.join(", ")}`) : "")));
}

const SECTOR = 4096;

export function drawFlash(place, flash) {
  if (!flash.size) return place.replaceChildren(element("p", "quiet", "This trace does not tell about the flash."));
  const rows = [...flash.values()].sort((a, b) => a.sector - b.sector).map((sector) => {
    const strip = svg("svg", { viewBox: `0 0 ${SECTOR} 260`, preserveAspectRatio: "none", class: "sector", role: "img", "aria-label": `sector ${sector.sector}` }, svg("rect", { class: "erased", width: SECTOR, height: 260 }));
    sector.ranges.forEach(({ at, length }, number) => {
      const last = number === sector.ranges.length - 1;
      strip.append(svg("rect", { class: last ? "last" : "written", x: at, width: Math.max(length, 40), height: 260 }));
    });
    const last = sector.ranges.at(-1);
    const told = last ? `last write: ${last.length} bytes at 0x${last.at.toString(16).padStart(3, "0")}, ${(last.us / 1e6).toFixed(2)} s` : "erased, nothing written since";
    return element("div", "flash", element("b", "", `Sector ${sector.sector}`), element("span", "quiet", `worn ${sector.wear}×, ${sector.used} of ${SECTOR} bytes`), strip, element("span", "quiet", told));
  });
  place.replaceChildren(...rows);
}

export function drawNetworks(body, networks, joined) {
  const rows = [...networks.values()].map((network) => {
    const row = element("tr", network.on_air ? (network.ssid === joined ? "joined" : "") : "off");
    const name = element("td", "", element("bdi", "", readable(network.ssid)), network.hidden ? " (hidden)" : "", network.on_air ? "" : " (off)");
    name.title = network.bssid;
    row.append(name, element("td", "", String(network.channel)), element("td", "", `${network.signal} dBm`), element("td", "", network.security));
    return row;
  });
  body.replaceChildren(...rows);
}
