// The simulated phones, each drawn as its owner sees it: the network, the notification, the sheet with
// the very page inside that the phone was given.

import { element } from "/dom.js";
import { readable } from "/fold.js";

const drawn = new Map();

// How phones call what they found.
const MEANS = { portal: "Sign in to network", "no-internet": "No internet", online: "Connected" };

export function drawPhones(list, world, runId, saved) {
  const names = [...world.phones.keys()];
  for (const [name, parts] of drawn) if (!names.includes(name)) { parts.frame.remove(); drawn.delete(name); }
  for (const name of names) {
    if (!drawn.has(name)) {
      const parts = frame(name);
      drawn.set(name, parts);
      list.append(parts.frame);
    }
    show(drawn.get(name), world.phones.get(name), world.device, runId);
  }
  if (!names.length) list.replaceChildren(element("p", "quiet", saved ? "No simulated phone was here at that moment." : "No simulated phone is here yet. Add one with the button “Add a phone”."));
  else list.querySelector(":scope > p")?.remove();
}

function frame(name) {
  const parts = {
    network: element("span"), host: element("b"), button: element("span", "press"), notice: element("div", "banner"),
    page: element("iframe"), dark: element("p", "dark"), says: element("p", "says"), sheet: null,
  };
  parts.page.title = `The page on ${name}`;
  parts.page.setAttribute("sandbox", "");
  parts.page.tabIndex = -1;
  parts.sheet = element("div", "pane", element("div", "title", parts.button, parts.host, element("span")), parts.page);
  parts.frame = element("figure", "", element("figcaption", "", element("b", "", name.slice(name.indexOf("/") + 1)), parts.says),
    element("div", "phone small", element("div", "status", parts.network), element("div", "screen", parts.notice, parts.sheet, parts.dark)));
  parts.frame.querySelector(".phone").dataset.kind = /ios|mac/.test(name) ? "apple" : "other";
  return parts;
}

function show(parts, phone, device, runId) {
  const on = phone.on ? "the device’s network" : phone.away ? readable(phone.away) : "elsewhere";
  parts.network.textContent = on;
  parts.says.textContent = phone.says || "has not come by yet";
  parts.notice.hidden = !phone.notified || Boolean(phone.sheet);
  parts.notice.textContent = "Sign in to network";
  parts.sheet.hidden = !phone.sheet;
  parts.sheet.classList.toggle("browser", Boolean(phone.browser));
  parts.dark.hidden = Boolean(phone.sheet);
  parts.dark.textContent = phone.told ? "✓ told where the device is now" : phone.on ? MEANS[phone.verdict] ?? phone.verdict : phone.gone ? `The sheet has closed: ${phone.gone}` : "";
  if (!phone.sheet) return;
  try { parts.host.textContent = new URL(phone.page?.url ?? phone.sheet).host; } catch { parts.host.textContent = phone.sheet; }
  parts.button.textContent = phone.browser ? "" : phone.button;
  const source = phone.page ? `/runs/${runId}/pages/${phone.page.number}` : "about:blank";
  if (parts.page.getAttribute("src") !== source) parts.page.setAttribute("src", source);
}
