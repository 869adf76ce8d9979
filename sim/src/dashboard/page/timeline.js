// The timeline: a lane for each node, the moment that is shown, and the list of what happened, opened
// down to the bytes.

import { describe, hexTable } from "/bytes.js";
import { byId, element, fill, svg } from "/dom.js";
import { isPhone, upTo } from "/fold.js";

const LANE = 30, NAME = 108, AXIS = 20;
const BARS = { Idle: "rests", ScanningStored: "rests", Backoff: "rests", Scanning: "rests", PortalOpen: "opens", Connecting: "tries", RetryingStored: "tries", Joining: "tries", ClosingToJoin: "opens", JoiningAlone: "tries", RetryingAlone: "tries", Failed: "fails", ResultPending: "tells", Closing: "tells", Connected: "connected" };
const GOOD = ["joined", "stored", "sheet-opened", "reads", "takes-for-set-up"];
const BAD = ["join-failed", "rejected", "storage-fault", "finding", "load-failed", "gave-up", "link-lost", "join-aborted", "unsupported"];
const AROUND = 150;

export const isWire = (record) => record.layer === "frame" || record.event === "socket-bytes";

// The lanes of a run so far, added to record by record.
export class Lanes {
  constructor() { this.lanes = new Map(); this.done = 0; }

  follow(records) {
    for (; this.done < records.length; this.done++) this.note(records[this.done]);
  }

  lane(node) {
    if (!this.lanes.has(node)) this.lanes.set(node, { node, bars: [], events: [], wire: [] });
    return this.lanes.get(node);
  }

  note(record) {
    if (record.event === "begins" || record.event === "network") return;
    const lane = this.lane(record.node);
    if (isWire(record)) { lane.wire.push(record.us); return; }
    const open = (kind, row) => lane.bars.push({ kind, row, from: record.us, to: null });
    const close = (row) => { for (const bar of lane.bars) if (bar.to === null && (row === undefined || bar.row === row)) bar.to = record.us; };
    switch (record.event) {
      case "power": close(); if (record.on) open("Idle", 0); break;
      case "state": close(); open(record.to, 0); break;
      case "associated": close(0); open("on", 0); break;
      case "dissociated": close(); break;
      case "sheet-opened": close(1); open("sheet", 1); break;
      case "sheet-closed": close(1); break;
    }
    if (record.story && record.event !== "state") lane.events.push(record);
  }

  sorted() {
    const rank = (node) => (node === "world" ? 0 : node === "device" ? 1 : node === "you" ? 2 : isPhone(node) ? 3 : 4);
    return [...this.lanes.values()].sort((a, b) => rank(a.node) - rank(b.node) || a.node.localeCompare(b.node, "en", { numeric: true }));
  }
}

export function mood(record) {
  return GOOD.includes(record.event) ? "good" : BAD.includes(record.event) ? "bad" : "plain";
}

// Draws the lanes between two moments; `x` tells where a moment is.
export function drawLanes(picture, lanes, view) {
  const width = Math.max(320, picture.clientWidth || 640);
  const rows = lanes.sorted();
  const bottom = rows.length * LANE;
  const x = (us) => NAME + ((us - view.from) / (view.to - view.from)) * (width - NAME - 10);
  const seen = (us) => us >= view.from && us <= view.to;
  picture.setAttribute("viewBox", `0 0 ${width} ${bottom + AXIS}`);
  picture.style.height = `${bottom + AXIS}px`;
  const parts = [...axis(view, x, bottom, width)];
  rows.forEach((lane, row) => parts.push(...drawLane(lane, row * LANE, { ...view, x, seen, width })));
  if (seen(view.us)) parts.push(svg("line", { class: "moment", x1: x(view.us), x2: x(view.us), y1: 0, y2: bottom + 4 }));
  picture.replaceChildren(...parts);
  return (px) => view.from + ((px - NAME) / (width - NAME - 10)) * (view.to - view.from);
}

function drawLane(lane, top, { x, seen, width, from, to, end }) {
  const middle = top + LANE / 2;
  const name = svg("text", { class: "name", x: NAME - 10, y: middle + 4 }, lane.node.length > 15 ? `${lane.node.slice(0, 14)}…` : lane.node);
  const parts = [svg("line", { class: "rule", x1: NAME, x2: width - 10, y1: top + LANE, y2: top + LANE }), name];
  for (const bar of lane.bars) {
    const until = bar.to ?? end;
    if (until < from || bar.from > to) continue;
    const [left, right] = [Math.max(NAME, x(bar.from)), Math.min(width - 10, x(until))];
    const [y, high] = bar.row ? [middle, LANE / 2 - 4] : [top + 4, LANE - 8];
    const shown = svg("rect", { class: `bar ${BARS[bar.kind] ?? bar.kind}`, x: left, y, width: Math.max(1, right - left), height: high, rx: 3 });
    shown.append(svg("title", {}, bar.kind === "on" ? "on the device’s access point" : bar.kind));
    parts.push(shown);
    if (right - left > bar.kind.length * 7 && !["on", "sheet"].includes(bar.kind)) parts.push(svg("text", { class: "inbar", x: left + 5, y: y + high / 2 + 4 }, bar.kind));
  }
  const ticks = lane.wire.filter(seen).map((us) => `M${x(us).toFixed(1)} ${top + LANE - 5}v4`).join("");
  if (ticks) parts.push(svg("path", { class: "ticks", d: ticks }));
  for (const record of lane.events) {
    if (!seen(record.us)) continue;
    const dot = svg("circle", { class: `event ${mood(record)}`, cx: x(record.us), cy: middle, r: 4 });
    dot.append(svg("title", {}, `${(record.us / 1e6).toFixed(2)} s: ${record.words}`));
    parts.push(dot);
  }
  return parts;
}

function axis({ from, to }, x, bottom, width) {
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800];
  const step = (steps.find((step) => (to - from) / 1e6 / step <= (width - NAME) / 62) ?? 3600) * 1e6;
  const parts = [];
  for (let us = Math.ceil(from / step) * step; us <= to; us += step) {
    const says = step < 1e6 ? (us / 1e6).toFixed(2) : String(Math.round(us / 1e6));
    parts.push(svg("line", { class: "grid", x1: x(us), x2: x(us), y1: 0, y2: bottom }), svg("text", { class: "time", x: x(us), y: bottom + 15 }, `${says} s`));
  }
  return parts;
}

// Which records the filters let through.
export function passes(record) {
  const node = byId("node").value, layer = byId("layer").value, contains = byId("contains").value.toLowerCase();
  if (record.event === "network" || record.event === "flash" || record.event === "page") { if (layer !== "" && layer !== "storage") return false; if (layer === "storage" && record.event !== "flash") return false; }
  else if (layer === "story" ? !record.story : layer === "wire" ? !isWire(record) && record.event !== "message" : layer && record.layer !== layer && !(layer === "check" && record.layer === "sheet")) return false;
  if (node && record.node !== node && record.to !== node && record.node !== "world") return false;
  return !contains || `${record.node} ${record.words} ${describe(record)?.says ?? ""}`.toLowerCase().includes(contains);
}

// The list around the moment that is shown: what passes the filters, the latest before it marked.
export class List {
  constructor(choose) {
    this.list = byId("events");
    this.choose = choose;
    this.passed = [];
    this.done = 0;
    this.list.addEventListener("click", ({ target }) => {
      const row = target.closest("li");
      if (row) choose(this.passed[Number(row.dataset.place)]);
    });
  }

  again() { this.passed = []; this.done = 0; this.shown = null; }

  follow(records) {
    const nodes = new Set();
    for (; this.done < records.length; this.done++) {
      const record = records[this.done];
      if (!["world"].includes(record.node)) nodes.add(record.node);
      if (passes(record)) this.passed.push(record);
    }
    fill(byId("node"), [...nodes].map((node) => [node, node]));
  }

  show(us, selected) {
    const here = upTo(this.passed, us) - 1;
    const [from, to] = [Math.max(0, here - AROUND), Math.min(this.passed.length, here + AROUND)];
    const key = `${from} ${to} ${this.passed.length} ${selected?.number}`;
    if (this.shown !== key) {
      this.shown = key;
      this.list.replaceChildren(...this.passed.slice(from, to).map((record, place) => row(record, from + place, record === selected)));
    }
    let current = null;
    for (const item of this.list.children) {
      const place = Number(item.dataset.place);
      item.classList.toggle("later", place > here);
      if (place === here) { item.setAttribute("aria-current", "true"); current = item; } else item.removeAttribute("aria-current");
    }
    if (current && this.at !== here) {
      const top = current.offsetTop - this.list.offsetTop;
      if (top < this.list.scrollTop + 20 || top > this.list.scrollTop + this.list.clientHeight - 60) this.list.scrollTop = top - this.list.clientHeight * 0.6;
    }
    this.at = here;
  }

  // The one before or after a moment.
  next(us, by) {
    const here = upTo(this.passed, us) - 1;
    return this.passed[by > 0 ? here + 1 : this.passed.findLastIndex((record) => record.us < us)];
  }
}

function row(record, place, selected) {
  const traffic = isWire(record) ? describe(record) : null;
  const words = record.event === "step" ? record.words.replace(/^-- /, "") : record.words;
  const said = traffic ? `${traffic.says}, to ${record.to}` : words;
  const item = element("li", `${mood(record)} ${record.event === "step" ? "step" : ""} ${record.story ? "" : "traffic"} ${selected ? "chosen" : ""}`,
    element("time", "", `${(record.us / 1e6).toFixed(record.story ? 2 : 4)}`), element("span", "who", record.event === "step" ? "" : record.node), element("span", "said", said));
  item.dataset.place = place;
  return item;
}

// Wide text, which the keyboard reaches to scroll it.
function scrolled(text) {
  const shown = element("pre", "hex", text);
  shown.tabIndex = 0;
  return shown;
}

// Everything about one record.
export function detail(record, runId) {
  const place = byId("detail");
  if (!record) return place.replaceChildren(element("p", "quiet", "Choose an event to see all of it, down to the bytes."));
  const parts = [element("h3", "", `${record.node}, ${(record.us / 1e6).toFixed(6)} s`), element("p", "", record.words)];
  const traffic = describe(record);
  if (traffic) parts.push(element("p", "", element("b", "", traffic.says)));
  const told = Object.entries(record).filter(([key]) => !["us", "node", "words", "story", "bytes", "parsed", "html", "number"].includes(key));
  const facts = element("dl", "facts");
  for (const [key, value] of told) facts.append(element("dt", "", key), element("dd", "", String(value)));
  parts.push(facts);
  if (record.bytes) parts.push(scrolled(hexTable(record.bytes)));
  if (record.redacted) parts.push(element("p", "quiet", `${record.redacted} bytes that the owner typed are replaced by x.`));
  if (record.html) {
    const page = element("iframe", "seen");
    page.setAttribute("sandbox", "");
    page.title = "The page";
    page.src = `/runs/${runId}/pages/${record.number}`;
    parts.push(page, scrolled(record.html));
  }
  place.replaceChildren(...parts);
}
