// Everything that can go wrong, as buttons and keys; what was pressed, as lines of a scenario; files.

import { byId, element, fill } from "/dom.js";

const PHONE = () => ({ phone: Number(byId("which-phone").value) || 0 });
const NO_PHONE = "Add a phone first.";

// The key, the name, what is asked for; `air` where only simulated frames know it.
export const BUTTONS = [
  { key: "p", name: (view) => (view.power ? "Power off" : "Power on"), says: "pull the plug, or put it back", ask: (view) => ({ do: view.power ? "power-off" : "power-on" }), group: "The device" },
  { key: "b", name: "Power blinks", says: "off for two seconds", ask: () => ({ do: "power-cut" }), group: "The device" },
  { key: "t", name: "Torn write", says: "power fails inside the next flash write", ask: () => ({ do: "torn-write" }), air: true, group: "The device" },
  { key: "f", name: "Forget", says: "clear the device: it opens its portal again", ask: () => ({ do: "clear" }), group: "The device" },
  { key: "n", name: "New passphrase", says: "the router’s owner changes it", ask: () => ({ do: "new-passphrase" }), group: "The router" },
  { key: "c", name: "Channel moves", says: "the router goes to another channel", ask: () => ({ do: "channel-move" }), group: "The router" },
  { key: "r", name: "Router restarts", says: "off the air for eight seconds", ask: () => ({ do: "router-reboot" }), group: "The router" },
  { key: "a", name: "Add a phone", says: "its owner wants the device at home", ask: () => ({ do: "add-phone", model: byId("model").value }), group: "Phones, people, air" },
  { key: "d", name: "Throw off", says: "a deauthentication frame hits the phone", ask: () => ({ do: "deauthenticate", ...PHONE() }), phone: true, group: "Phones, people, air" },
  { key: "s", name: "Slow owner", says: "looks elsewhere for 15 seconds", ask: () => ({ do: "slow-owner", ...PHONE() }), phone: true, group: "Phones, people, air" },
  { key: "l", name: "Lose frames", says: "three of ten are lost, for ten seconds", ask: () => ({ do: "loss" }), air: true, group: "Phones, people, air" },
];

export function makeButtons(press) {
  const groups = new Map();
  for (const button of BUTTONS) {
    const made = element("button", "fault", element("b"), element("kbd", "", button.key.toUpperCase()), element("span", "quiet", button.says));
    made.type = "button";
    made.addEventListener("click", () => press(button));
    button.made = made;
    if (!groups.has(button.group)) groups.set(button.group, element("div", "group", element("h3", "", button.group)));
    groups.get(button.group).append(made);
  }
  byId("wrong").replaceChildren(...groups.values());
}

export function showButtons(view) {
  for (const { made, name, says, phone, air } of BUTTONS) {
    const words = typeof name === "function" ? name(view) : name;
    if (made.firstChild.textContent !== words) made.firstChild.textContent = words;
    // Why it cannot be used stands on it: a title is shown by no finger and no key.
    const why = view.saved ? "A saved trace cannot be changed." : phone && !view.phones.length ? NO_PHONE : "";
    made.disabled = Boolean(why);
    if (made.lastChild.textContent !== (why || says)) made.lastChild.textContent = why || says;
    made.title = air && view.live ? "Real sockets cannot do this: the same world goes on in the simulated air." : "";
    made.classList.toggle("elsewhere", Boolean(air && view.live));
  }
  const select = byId("which-phone");
  const ids = view.phones.map((name) => [String(parseInt(name, 10)), name]);
  if ([...select.options].map(({ text }) => text).join() !== ids.map(([, name]) => name).join()) {
    const chosen = select.value;
    select.replaceChildren(...ids.map(([value, says]) => new Option(says, value)));
    select.value = ids.some(([value]) => value === chosen) ? chosen : ids.at(-1)?.[0] ?? "";
  }
  select.disabled = !ids.length;
}

export function showModels(models) {
  const select = byId("model");
  const fresh = !select.options.length;
  fill(select, models.map(({ id, says }) => [id, says]));
  if (fresh) select.value = "android-14";
}

// The lines that were written so far, the latest first.
export function showLines(lines) {
  byId("did-none").hidden = lines.length > 0;
  byId("did").replaceChildren(...[...lines].reverse().map((text) => element("li", "", element("pre", "", text.trim()))));
}

const FILES = [
  ["scenario.toml", "Save as scenario", "scenario"],
  ["trace.jsonl", "Trace", null],
  ["frames.pcapng", "pcapng", "frames"],
  ["requests.har", "HAR", "frames"],
  ["timeline.svg", "SVG", null],
];

export function showFiles(id, has, replay) {
  const links = FILES.filter(([, , needs]) => !needs || has[needs]).map(([file, says]) => {
    const link = element("a", "button", says);
    link.href = `/runs/${id}/${file}`;
    link.setAttribute("download", "");
    return link;
  });
  if (id === "live") {
    const again = element("button", "", "Replay in the simulated air");
    again.type = "button";
    again.addEventListener("click", replay);
    links.push(again);
  }
  byId("files").replaceChildren(...links);
  byId("files-say").textContent = id === "live" ? "Frames (pcapng, HAR) exist in the simulated air: replay it there." : has.scenario ? "Run it: vestibule run --driver virtual scenario.toml" : "";
}
