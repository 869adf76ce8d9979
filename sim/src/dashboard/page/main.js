// The dashboard: which run is shown, at which moment, and what that looks like. A live world and a run
// that is over differ in where their records come from, and in nothing else.

import { BUTTONS, makeButtons, showButtons, showFiles, showLines, showModels } from "/buttons.js";
import { byId, element, fill } from "/dom.js";
import { Fold } from "/fold.js";
import { drawFlash, drawMachine, drawNetworks, lightMachine } from "/internals.js";
import { next, showYours } from "/next.js";
import { drawPhones } from "/phones.js";
import { draw, legend } from "/picture.js";
import { Lanes, List, detail, drawLanes } from "/timeline.js";

// How far the picture is behind the live world, so that what travels is seen from its beginning.
const BEHIND = 300_000;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
// Where the wide picture's letters would be too small to read.
const NARROW = 650;

let state = null;
let shown = null;
let selected = null;
const runs = new Map();
const live = source("live", []);
const list = new List(choose);

function source(id, records) {
  return { id, records, fold: new Fold(records), lanes: new Lanes(), lines: [], about: null, us: 0, playing: false, span: null, first: 0 };
}

const isLive = () => shown === live;
const clock = { us: 0, at: 0 };
const now = () => clock.us + (performance.now() - clock.at) * 1000;
const end = () => (isLive() ? Math.max(now(), 1) : Math.max(shown.records.at(-1)?.us ?? 1, 1));

// The records.

let runOfEvents = null;

function happened(event) {
  const its = event.lastEventId.slice(0, event.lastEventId.lastIndexOf("-"));
  if (its !== runOfEvents) {
    // Another process answers on this port now.
    if (runOfEvents !== null) return location.reload();
    runOfEvents = its;
  }
  const record = JSON.parse(event.data);
  if (live.records.length && record.number <= live.records.at(-1).number) return;
  live.records.push(record);
  refresh();
}

let asked = false, again = false;

// One question at a time; what happens meanwhile is asked for afterwards.
async function refresh() {
  if (asked) { again = true; return; }
  asked = true;
  try {
    const answer = await fetch("/state");
    if (answer.ok) {
      const first = state === null;
      state = await answer.json();
      Object.assign(clock, { us: state.us, at: performance.now() });
      if (first) begin();
      showState();
    }
  } catch {
    // The event stream says that nobody is there, and comes back by itself.
  } finally {
    await new Promise((done) => setTimeout(done, 100));
    asked = false;
    if (again) { again = false; refresh(); }
  }
}

function begin() {
  drawMachine(byId("machine"), state.states, state.edges);
  showModels(state.models);
  byId("legend").replaceChildren(...legend());
}

function showState() {
  if (!state) return;
  byId("name").textContent = state.device.name;
  if (!isLive()) return;
  document.body.dataset.turn = state.journey ? "theirs" : "yours";
  document.title = `${state.device.name}: ${state.device.state ?? "no power"}`;
  showYours(state, live.records);
  showNext();
}

function showNext() {
  const { says, does, step } = next(isLive(), state, shown);
  const key = JSON.stringify([says, does.map(([label]) => label), step]);
  const place = byId("next");
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  byId("next-says").replaceChildren(...says.map((part) => (typeof part === "string" ? part : element(...part))));
  byId("next-does").replaceChildren(...does.map(([label, action]) => {
    const button = element("button", "", label);
    button.type = "button";
    button.addEventListener("click", () => doNext(action));
    return button;
  }));
  byId("steps").hidden = step === null;
  [...byId("steps").children].forEach((item, place) => { item.className = place < step ? "done" : place === step ? "here" : ""; });
}

function doNext(action) {
  if (action === "live") show(live);
  else if (action === "play") toggle();
  else if (action === "at-home") byId("yours-page").src = state.links.phone;
  else if (action.copy) navigator.clipboard?.writeText(action.copy);
  else act(action);
}

// Which run is shown.

function show(other) {
  shown = other;
  selected = null;
  document.body.dataset.shows = isLive() ? "live" : "run";
  byId("which").value = String(shown.id);
  if (isLive()) shown.playing = true;
  byId("honest").textContent = isLive()
    ? "Real sockets in real time; the radio, the routers and the phones are simulated."
    : shown.about?.carried ? `Simulated in virtual time, every frame; seed ${shown.about.carried.seed}, hash ${shown.about.carried.hash.slice(0, 12)}.` : "A saved trace.";
  refilter();
  detail(null);
  showLines(shown.lines);
  showFiles(shown.id, { scenario: isLive() || Boolean(shown.about?.carried), frames: !isLive() && shown.records.some(({ event }) => event === "frame") }, replayLive);
  drawn = {};
  showState();
  showNext();
}

async function open(id, at, playing = true) {
  if (!runs.has(id)) {
    const answer = await ask(`/runs/${id}`);
    if (!answer) return;
    const told = source(id, answer.records);
    told.about = answer.run;
    const parent = runs.get(answer.run.parent);
    told.lines = [...(parent?.lines ?? []), ...(answer.run.line ? [answer.run.line] : [])];
    runs.set(id, told);
    name(answer.run);
  }
  const run = runs.get(id);
  // A run that fails stands at what failed, unless another moment was asked for.
  const failed = run.about?.carried?.failed.length ? run.about.carried.failed_at : null;
  run.us = at ?? failed ?? 0;
  run.playing = playing && !STILL.matches && !(at === undefined && failed !== null);
  show(run);
}

function name({ id, title, parent }) {
  fill(byId("which"), [[String(id), `Run ${id}: ${title}${parent ? `, run ${parent} changed` : ""}`]]);
}

async function make(wanted) {
  const made = await ask("/runs", wanted);
  return made?.id;
}

async function replayLive() {
  const id = await make({ of: "live" });
  if (id) open(id, 0);
}

// Asks the server; what it refuses is shown.
async function ask(where, what) {
  const refusal = byId("refusal");
  document.body.classList.add("busy");
  try {
    const answer = await fetch(where, what && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(what) });
    refusal.textContent = answer.ok ? "" : await answer.text();
    return answer.ok ? await answer.json() : null;
  } catch {
    refusal.textContent = "Nobody answers. Is the demo still running?";
    return null;
  } finally {
    document.body.classList.remove("busy");
    refusal.hidden = !refusal.textContent;
  }
}

// The buttons.

async function act(what) {
  const done = await ask("/act", what);
  if (done?.lines) { live.lines.push(done.lines); if (isLive()) showLines(live.lines); }
  refresh();
}

async function press(button) {
  const view = buttonView();
  const what = button.ask(view);
  if (isLive() && !button.air) return act(what);
  let of = shown.id, at = Math.round(shown.us);
  if (isLive()) {
    // Real sockets cannot: the same world goes on in the simulated air, and there it happens.
    of = await make({ of: "live" });
    if (!of) return;
    await open(of, 0, false);
    at = Math.max(0, end() - 1_000_000);
  }
  const id = await make({ run: of, at, press: what });
  if (id) open(id, Math.max(0, at - 300_000));
}

function buttonView() {
  const world = shown.fold.world;
  return { live: isLive(), saved: !isLive() && !shown.about?.carried, power: isLive() ? state?.device.power : world.device.power, phones: [...world.phones.keys()] };
}

// Time.

function choose(record) {
  if (!record) return;
  selected = record;
  shown.playing = false;
  shown.us = record.us;
  detail(record, shown.id);
}

function toggle() {
  if (!isLive() && shown.us >= end()) shown.us = 0;
  shown.playing = !shown.playing;
}

// The list is filled again at once: a key that is pressed now must find the next event.
function refilter() {
  list.again();
  if (shown) list.follow(shown.records);
}

function seek(us) {
  shown.us = Math.max(0, Math.min(end(), us));
  shown.playing = false;
}

// The part of time that the lanes show.
function span() {
  const all = end();
  const wide = Math.min(shown.span ?? (isLive() ? Math.min(all, 45_000_000) : all), Math.max(all, 1_000_000));
  const edge = isLive() && shown.playing ? all : Math.max(wide, Math.min(all, shown.us + wide * 0.35));
  return shown.span === null && !isLive() ? { from: 0, to: all } : { from: Math.max(0, edge - wide), to: Math.max(edge, wide) };
}

function zoom(by) {
  const { from, to } = span();
  shown.span = Math.max(20_000, (to - from) * by);
}

let drawn = {};
let before = performance.now();
let usAt = null;

function tick(at) {
  requestAnimationFrame(tick);
  if (document.hidden || !shown || at - before < 30) return;
  const speed = Number(byId("speed").value);
  if (shown.playing) {
    shown.us = isLive() ? Math.max(0, now() - BEHIND) : Math.min(end(), shown.us + (at - before) * 1000 * speed);
    if (!isLive() && shown.us >= end()) shown.playing = false;
  }
  before = at;
  const world = shown.fold.at(shown.us);
  if (isLive()) addFromState(world);
  const count = shown.fold.done;
  const moved = drawn.us !== shown.us || drawn.count !== count;
  const narrow = byId("picture").parentElement.clientWidth < NARROW;
  if (moved || drawn.narrow !== narrow) draw(byId("picture"), world, { narrow, live: isLive(), readerIsOn: isLive() && world.device.up && !state?.journey, us: shown.us, records: shown.records, speed, still: STILL.matches && shown.playing });
  if (drawn.count !== count) {
    drawPhones(byId("phones"), world, shown.id, Boolean(buttonView().saved));
    drawFlash(byId("flash"), world.flash);
    drawNetworks(byId("networks"), world.networks, world.device.joined);
    if (state) lightMachine(byId("machine"), byId("machine-says"), byId("ways"), state.states, world.device);
    showButtons(buttonView());
    if (!isLive()) showNext();
  }
  if (!drawn.slow || at - drawn.slow > 180) { slowly(); drawn.slow = at; }
  Object.assign(drawn, { us: shown.us, count, narrow });
}

// What costs more, and need not be smooth.
function slowly() {
  shown.lanes.follow(shown.records);
  list.follow(shown.records);
  const { from, to } = span();
  const key = `${from} ${to} ${shown.us} ${shown.records.length} ${byId("lanes").clientWidth}`;
  if (drawn.lanes !== key) {
    drawn.lanes = key;
    usAt = drawLanes(byId("lanes"), shown.lanes, { from, to, us: shown.us, end: isLive() ? now() : end() });
    list.show(shown.us, selected);
    const scrub = byId("scrub");
    if (document.activeElement !== scrub || shown.playing) scrub.value = String(Math.round((shown.us / end()) * 1000));
    scrub.setAttribute("aria-valuetext", `${(shown.us / 1e6).toFixed(1)} seconds`);
  }
  byId("clock").textContent = `${(shown.us / 1e6).toFixed(shown.playing ? 1 : 4)} s`;
  byId("play").textContent = shown.playing ? (isLive() ? "Hold" : "Pause") : isLive() ? "Now" : "Play";
}

// A live world that runs for long has forgotten how its networks stood in the beginning.
function addFromState(world) {
  for (const network of state?.networks ?? []) {
    if (!world.networks.has(network.bssid)) world.networks.set(network.bssid, network);
  }
}

// Keys and the rest.

byId("which").addEventListener("change", ({ target }) => (target.value === "live" ? show(live) : open(Number(target.value), runs.get(Number(target.value))?.us)));
byId("open-journey").addEventListener("click", async () => {
  const id = await make({ of: "journey" });
  if (id) open(id, 0);
});
byId("play").addEventListener("click", toggle);
byId("back").addEventListener("click", () => choose(list.next(shown.us, -1)));
byId("forth").addEventListener("click", () => choose(list.next(shown.us, 1)));
byId("zoom-in").addEventListener("click", () => zoom(0.5));
byId("zoom-out").addEventListener("click", () => zoom(2));
byId("scrub").addEventListener("input", ({ target }) => seek((Number(target.value) / 1000) * end()));
byId("lanes").addEventListener("pointerdown", (event) => {
  const move = ({ clientX }) => seek(usAt(clientX - byId("lanes").getBoundingClientRect().left));
  move(event);
  byId("lanes").setPointerCapture(event.pointerId);
  byId("lanes").onpointermove = move;
});
// A finger that goes up or down scrolls the page instead, and is never lifted for the lanes.
for (const ending of ["pointerup", "pointercancel"]) byId("lanes").addEventListener(ending, () => { byId("lanes").onpointermove = null; });
for (const id of ["node", "layer"]) byId(id).addEventListener("change", refilter);
byId("contains").addEventListener("input", refilter);
byId("open").addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = byId("file").files[0];
  const seed = byId("seed").value;
  const id = await make({ name: file.name, text: await file.text(), seed: seed === "" ? null : Number(seed), campaign: byId("campaign").checked });
  if (id) open(id);
});
function pressKey(key) {
  const pressed = BUTTONS.find((button) => button.key === key);
  if (pressed && !pressed.made.disabled) press(pressed);
  return Boolean(pressed);
}

addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=range]):not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!event.repeat && pressKey(event.key.toLowerCase())) return;
  if (event.key === " " && !event.target.closest("button, summary, a")) { event.preventDefault(); toggle(); }
  else if (event.key === "ArrowLeft" && event.target !== byId("scrub")) choose(list.next(shown.us, -1));
  else if (event.key === "ArrowRight" && event.target !== byId("scrub")) choose(list.next(shown.us, 1));
  else if (event.key === "End" && isLive()) shown.playing = true;
});

// The page on the reader's phone tells which key was pressed in it (keys.js).
addEventListener("message", ({ source, origin, data }) => {
  if (source === byId("yours-page").contentWindow && state && origin === new URL(state.links.phone).origin) pressKey(data.key);
});

// The pages of simulated phones take no keys: whoever has clicked on one is back here.
addEventListener("blur", () => setTimeout(() => { if (document.activeElement?.closest("#phones")) document.activeElement.blur(); }));

function connected(is, says) {
  byId("connection").dataset.live = is ? "yes" : "no";
  byId("connection").textContent = says;
}

makeButtons(press);
show(live);
const stream = new EventSource("/events");
stream.addEventListener("open", () => { connected(true, "live"); refresh(); });
stream.addEventListener("error", () => connected(false, "the demo is not running; waiting for it"));
stream.addEventListener("message", happened);
refresh();
requestAnimationFrame(tick);
ask("/runs").then((there) => {
  if (!there) return;
  there.runs.forEach(name);
  const seen = sessionStorage.getItem("opened");
  const key = `${there.opened} ${there.runs[0]?.carried?.hash}`;
  if (there.opened !== null && seen !== key) { sessionStorage.setItem("opened", key); open(there.opened); }
});
