// improv-wifi-serial-sdk at a device on a serial line: what it is, which networks it hears, a wrong passphrase, the right one.
//
//     node provision.mjs BUNDLE HARDWARE LINE
import assert from "node:assert/strict";
import { writeSync, openSync, closeSync, constants } from "node:fs";
import { pathToFileURL } from "node:url";
import { open } from "./line.mjs";

const [bundle, hardware, path] = process.argv.slice(2);
const { ImprovSerial } = await import(pathToFileURL(bundle).href);
const logger = { log() {}, debug() {}, error() {} };

const line = open(path);
// A log of somebody else's comes first, and half a packet, in the middle of which the client begins.
const noise = line.writable.getWriter();
await noise.write(Buffer.from("I (312) wifi: started\n".repeat(20)));
await noise.write(Buffer.from("IMPROV\x01\x03\x40\x01", "latin1"));
noise.releaseLock();

const improv = new ImprovSerial(line, logger);
const information = await improv.initialize(10_000);
assert.equal(information.chipFamily, hardware);
assert.equal(information.firmware, "vestibule");
assert.ok(information.name.length > 0, "it has a name");
assert.equal(improv.state, 2, "it is ready");
const networks = await improv.scan();
assert.ok(networks.some((network) => network.name === "Home" && network.secured), JSON.stringify(networks));
assert.match(await improv.getHostname(), /^[a-z0-9-]+$/i);
assert.equal(await improv.getDeviceName(), information.name);
const before = await improv.requestNetworkState();
assert.ok(!before.online && before.supportsWifi, JSON.stringify(before));

await assert.rejects(improv.provision("Home", "not the passphrase", 40_000), /UNABLE_TO_CONNECT/i);
assert.equal(improv.error, 3, "it says that it could not connect");
await assert.rejects(improv.provision("Nobody's network", "four green lanterns", 40_000), /UNABLE_TO_CONNECT/i);
await improv.provision("Home", "four green lanterns", 40_000);
assert.equal(improv.state, 4, "it is provisioned");
assert.match(improv.nextUrl, /^http:\/\//);
assert.equal(improv.error, 0);

// Who connects once more is told so, and where its page is.
const url = improv.nextUrl;
await improv.requestCurrentState();
assert.equal(improv.state, 4);
assert.equal(improv.nextUrl, url);
assert.ok((await improv.requestNetworkState()).online);
console.log(`improv-wifi-serial-sdk has set ${information.name} up: ${url}`);
process.exit(0);
