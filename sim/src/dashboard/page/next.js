// What to do next, in one sentence, and the reader's own phone.

import { byId } from "/dom.js";
import { readable } from "/fold.js";

// The sentence (words and emphasised parts), the buttons under it, and which of the three steps it is.
export function next(isLive, state, shown) {
  if (!isLive) return ofRun(shown);
  if (!state) return { says: ["Connecting to the demo…"], does: [], step: null };
  const { device, home, journey } = state;
  const strong = (text) => ["strong", "", text];
  const code = (text) => ["code", "", text];
  const forget = ["Set it up once more", { do: "clear" }];
  if (journey) {
    return { says: ["Watch: ", strong("two simulated phones"), " set this device up first, with a wrong passphrase and a power cut. Then it is your turn."], does: [["Skip: my turn now", { do: "your-turn" }]], step: null };
  }
  switch (device.state) {
    case null:
      return { says: ["The device has ", strong("no power"), "."], does: [["Power on", { do: "power-on" }]], step: null };
    case "PortalOpen": case "RetryingStored":
      return { says: ["On ", strong("your phone"), " below: choose ", strong(home.ssid), ", type ", code(home.passphrase), " and connect."], does: [["Copy the passphrase", { copy: home.passphrase }]], step: 0 };
    case "Failed":
      return { says: ["That did not work; ", strong("your phone"), " says why. Choose ", strong(home.ssid), " and type ", code(home.passphrase), "."], does: [["Copy the passphrase", { copy: home.passphrase }]], step: 0 };
    case "Joining": case "ClosingToJoin": case "JoiningAlone":
      return { says: ["The device ", strong("tries it"), ": follow the dots between it and the router."], does: [], step: 1 };
    case "ResultPending": case "Closing":
      return { says: [strong("It is on the home network"), `, at ${device.address}. Your phone shows the result.`], does: [], step: 2 };
    case "Connected":
      return { says: [strong(`Done: ${device.name} is on “${readable(device.joined ?? "")}”.`), " Now make something go wrong: the buttons beside the picture."], does: [["Open its page from home", "at-home"], forget], step: 3 };
    case "Idle":
      return { says: ["The device waits to be asked for something."], does: [forget], step: null };
    case "Scanning":
      return { says: ["The device listens for networks; its own comes up in a moment."], does: [], step: 0 };
    case "Backoff":
      return { says: ["A join has failed; the device tries again shortly."], does: [["Forget the network instead", { do: "clear" }]], step: null };
    default: {
      // What the device does, as the list of states says it: "joins the network that it remembers".
      const does = state.states.find(({ id }) => id === device.state)?.says;
      return { says: [does ? `The device ${does}.` : "The device is in a state that this page does not know."], does: [["Forget the network instead", { do: "clear" }]], step: null };
    }
  }
}

// The first line of what failed, with a full stop.
function sentence(text) {
  const line = text.split("\n")[0].trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

function ofRun({ about, records }) {
  const back = ["Back to the live device", "live"];
  if (!about?.carried) return { says: ["A saved trace. Drag the time, step with ← and →, choose an event to see its bytes."], does: [["Play or pause", "play"], back], step: null };
  const failed = about.carried.failed;
  const strong = (text) => ["strong", "", text];
  const verdict = failed.length ? [strong("It fails: "), sentence(failed[0]), " "] : [];
  const frames = records.filter(({ event }) => event === "frame").length;
  return { says: [...verdict, `${frames} frames in ${(about.end / 1e6).toFixed(1)} s. Drag the time, step with ← and →. A button changes what happens `, strong("from the moment shown"), "."], does: [["Play or pause", "play"], back], step: null };
}

let reached = null;

// Whether the reader has sent a form since the access point came up.
function hasSent(records) {
  for (let at = records.length - 1; at >= 0; at--) {
    const { node, event, bytes, up } = records[at];
    if (event === "socket-bytes" && node === "you" && bytes.startsWith("504f5354")) return true;
    if (event === "access-point" && up) return false;
  }
  return false;
}

// The phone follows the device: to its access point when that is up, home when it has gone.
export function showYours(state, records) {
  const { device, links, home, journey } = state;
  const where = journey ? null : links.portal ? "portal" : links.home ? "home" : null;
  const page = byId("yours-page");
  // It is of another origin than this page, so that it may run its own script and reach nothing here.
  const load = () => {
    page.setAttribute("sandbox", "allow-forms allow-scripts allow-same-origin");
    page.src = links.phone;
  };
  byId("yours-network").textContent = where === "portal" ? `${device.name}` : `${home.ssid}`;
  byId("yours-host").textContent = where ? new URL(links.portal ?? links.home).host : "";
  const link = byId("yours-link");
  const target = links.portal ?? links.home;
  if (target) link.href = target; else link.removeAttribute("href");
  if (where === "portal" && reached !== "portal") load();
  // The result stays on the screen of whom it was for when the phone has gone home.
  if (where === "home" && reached !== "home" && !(reached === "portal" && hasSent(records))) load();
  if (where !== null || !device.power || journey) reached = where;
  const hidden = where === null;
  byId("yours-sheet").hidden = hidden;
  byId("yours-dark").hidden = !hidden;
  byId("yours-dark").textContent = journey ? "Your turn comes after the two simulated phones." : device.power ? "The device’s network is not there now." : "The device has no power.";
}
