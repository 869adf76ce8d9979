// The dashboard: shows /state, follows /events, sends its buttons to /act. What a network, a page
// or a phone said reaches the document as text only.
"use strict";

const byId = (id) => document.getElementById(id);
const MOST_ROWS = 3000;
const GOOD = ["joined", "stored", "sheet-opened", "reads"];
const WARN = ["join-failed", "rejected", "storage-fault", "finding", "load-failed", "gave-up"];

function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

// The state.

let state = null;

function showState() {
  const { device, home, links } = state;
  document.title = `${device.name}: ${device.state ?? "no power"}`;
  byId("name").textContent = device.name;
  showInvitation(device, home, links);

  byId("states").replaceChildren(...state.states.map(({ id, says }) => {
    const chip = element("li", "", id);
    chip.title = says;
    if (id === device.state) chip.setAttribute("aria-current", "step");
    return chip;
  }));
  const current = state.states.find(({ id }) => id === device.state);
  byId("meaning").textContent = current ? `${current.id}: ${current.says}.` : "It has no power.";
  byId("access-point").textContent = device.access_point ? "up" : "down";
  byId("joined").replaceChildren(...(device.joined ? [element("bdi", "", device.joined), `, address ${device.address}`] : ["none"]));
  byId("stored").replaceChildren(device.stored ? element("bdi", "", device.stored) : "nothing");
  byId("dns").textContent = links.dns;
  byId("power").textContent = device.power ? "Power off" : "Power on";
  byId("clear").disabled = !device.power;

  byId("phones").replaceChildren(...state.phones.map(phoneRow));
  byId("networks").replaceChildren(...state.networks.map(networkRow));
  fill(byId("model"), state.models.map(({ id, says }) => [id, says]));
}

function showInvitation(device, home, links) {
  const where = links.portal ?? links.home;
  byId("how").hidden = !where;
  byId("portal").href = where ?? "";
  byId("portal").textContent = where ?? "";
  const setUp = Boolean(links.portal) && !device.joined;
  for (const id of ["home-name", "passphrase"]) {
    byId(id).parentElement.hidden = byId(id).parentElement.previousElementSibling.hidden = !setUp;
  }
  byId("home-name").textContent = home.ssid;
  byId("passphrase").textContent = home.passphrase;
  byId("invitation").textContent =
    setUp ? "The device’s access point is up. Your browser can be the phone:"
    : device.joined ? "The device has joined. This is its page now; clear it to set it up again."
    : device.power ? "Its access point is down while it joins." : "It has no power.";
}

function phoneRow(phone) {
  const mark = (says, kind) => element("span", `mark ${kind}`, says);
  const row = element("li", "", element("b", "", phone.name));
  row.append(phone.on_access_point ? mark("on the access point", "good") : mark("not on the access point", ""));
  if (phone.first_verdict) row.append(mark(`first concluded: ${phone.first_verdict}`, ""));
  row.append(phone.sheet_open ? mark("sheet open", "good") : phone.sheet_seen ? mark("sheet was open", "") : mark("no sheet yet", ""));
  row.append(phone.told ? mark("told the result", "good") : mark("not told yet", ""));
  if (phone.findings) row.append(mark(`${phone.findings} faults found`, "warn"));
  return row;
}

function networkRow(network) {
  const row = element("tr", network.joined ? "joined" : network.on_air ? "" : "off");
  const name = element("td", "", element("bdi", "", network.ssid), network.hidden ? " (hidden)" : "", network.joined ? " ✓" : "");
  name.title = network.bssid;
  row.append(name, element("td", "number", String(network.channel)), element("td", "number", `${network.signal} dBm`),
    element("td", "", network.security), element("td", "", network.on_air ? "yes" : "no"));
  return row;
}

// Options that are not there yet; what is chosen stays chosen.
function fill(select, options) {
  const known = new Set([...select.options].map((option) => option.value));
  for (const [value, says] of options) {
    if (!known.has(value)) select.append(new Option(says, value));
  }
}

let asked = false;
let again = false;

// One question at a time; what happens meanwhile is asked for afterwards.
async function refresh() {
  if (asked) { again = true; return; }
  asked = true;
  try {
    const answer = await fetch("/state");
    if (answer.ok) {
      state = await answer.json();
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

// The timeline.

const timeline = byId("timeline");
let run = null;

function happened(event) {
  const itsRun = event.lastEventId.slice(0, event.lastEventId.lastIndexOf("-"));
  if (itsRun !== run) {
    // Another process answers on this port now.
    run = itsRun;
    timeline.replaceChildren();
    byId("node").replaceChildren(new Option("everybody", ""));
  }
  const record = JSON.parse(event.data);
  const atEnd = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 40;
  timeline.append(timelineRow(record));
  if (timeline.childElementCount > MOST_ROWS) timeline.firstElementChild.remove();
  if (record.node !== "world") fill(byId("node"), [[record.node, record.node]]);
  if (atEnd) timeline.scrollTop = timeline.scrollHeight;
  refresh();
}

function timelineRow({ us, node, event, words, story }) {
  const kind = event === "step" ? "step" : node.includes("/") ? "phone" : "device";
  const mood = GOOD.includes(event) ? " good" : WARN.includes(event) ? " warn" : "";
  const row = element("li", kind + mood + (story ? "" : " traffic"));
  row.dataset.node = node;
  const who = kind === "step" ? [] : [element("span", "who", node)];
  const said = element("span", "said", kind === "step" ? words.replace(/^-- /, "") : words);
  row.append(element("time", "", `${(us / 1e6).toFixed(story ? 1 : 3)} s`), element("div", "what", ...who, said));
  row.hidden = !isShown(row);
  return row;
}

function isShown(row) {
  const node = byId("node").value;
  const belongs = !node || row.dataset.node === node || row.dataset.node === "world";
  return belongs && (byId("traffic").checked || !row.classList.contains("traffic"));
}

function sift() {
  for (const row of timeline.children) row.hidden = !isShown(row);
  timeline.scrollTop = timeline.scrollHeight;
}

byId("node").addEventListener("change", sift);
byId("traffic").addEventListener("change", sift);

// The buttons.

async function act(what) {
  const refusal = byId("refusal");
  try {
    const answer = await fetch("/act", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(what),
    });
    refusal.textContent = answer.ok ? "" : await answer.text();
  } catch {
    refusal.textContent = "Nobody answers. Is the demo still running?";
  }
  refusal.hidden = !refusal.textContent;
  refresh();
}

byId("power").addEventListener("click", () => act({ do: state?.device.power ? "power-off" : "power-on" }));
byId("clear").addEventListener("click", () => act({ do: "clear" }));
byId("new-passphrase").addEventListener("click", () => act({ do: "new-passphrase" }));
byId("add").addEventListener("submit", (event) => {
  event.preventDefault();
  act({ do: "add-phone", model: byId("model").value });
});

// The stream.

function live(is, says) {
  byId("connection").dataset.live = is ? "yes" : "no";
  byId("connection").textContent = says;
}

const stream = new EventSource("/events");
stream.addEventListener("open", () => { live(true, "live"); refresh(); });
stream.addEventListener("error", () => live(false, "the demo is not running; waiting for it"));
stream.addEventListener("message", happened);
refresh();
