// What the setup page's script does, in Node: fetches the page, seals a form with the script that the device serves,
// sends it, and looks whether the device tries the network. That script must be the one that is named.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [bundle, device, ssid, passphrase, code = ""] = process.argv.slice(2);
const fail = (why) => {
  console.error(why);
  process.exit(1);
};

const page = await (await fetch(device)).text();
const found = (pattern, what) => (page.match(pattern) ?? fail(`the page has no ${what}`))[1];
const key = found(/ data-key="([0-9a-f]{64})"/, "public key");
const token = found(/name="token" value="([0-9a-f]+)"/, "token");

const script = await (await fetch(`${device}/seal.js`)).text();
if (script !== readFileSync(bundle, "utf8")) fail("the device serves another script");
const window = {};
vm.runInNewContext(script, { window, crypto, btoa, unescape, encodeURIComponent });

const network = Buffer.from(ssid).toString("hex");
const form = new URLSearchParams({ token, network, ssid: "", passphrase }).toString();
const body = new URLSearchParams({ token, sealed: window.vestibuleSeal(key, token, code, form) });
if (body.toString().includes("horse")) fail("the passphrase is there to be read");
const answer = await fetch(`${device}/setup`, { method: "POST", body, redirect: "manual" });
if (answer.status !== 303) fail(`the form was answered with ${answer.status}: ${await answer.text()}`);
const again = await fetch(`${device}/setup`, { method: "POST", body, redirect: "manual" });
if (again.status !== 303 && again.status !== 409) fail(`the same form again was answered with ${again.status}`);
const status = await (await fetch(`${device}/api/status`)).json();
if (status.ssid !== ssid) fail(`the device says ${JSON.stringify(status)}`);
console.log(`sealed by the page's script, ${status.state}`);
