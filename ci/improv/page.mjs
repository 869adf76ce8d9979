// esp-web-tools in Chromium at a device on a serial line, which the page is given in place of the browser's own choice of a port:
// networks, a wrong passphrase, the right one, the device's page.
//
//     node page.mjs TOOLS PATH PICTURE
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { chromium } from "playwright-core";
import { open } from "./line.mjs";

const [tools, line, picture] = process.argv.slice(2);
const port = open(line);

const PAGE = `<!doctype html><html lang="en"><title>Install</title>
<script>
    // A port whose bytes go through this page's server to the pseudo terminal.
    Object.defineProperty(navigator, "serial", { value: { requestPort: async () => serialPort } });
    const serialPort = {
        async open() {
            this.readable = (await fetch("/line")).body;
            this.writable = new WritableStream({ write: async (bytes) => { await fetch("/line", { method: "POST", body: bytes }); } });
        },
        async close() { this.readable = this.writable = null; },
        getInfo: () => ({}),
    };
</script>
<script type="module" src="/install-button.js"></script>
<esp-web-install-button manifest="/manifest.json"></esp-web-install-button>`;

const server = http.createServer(async (request, response) => {
    if (request.url === "/line" && request.method === "POST") {
        const writer = port.writable.getWriter();
        for await (const bytes of request) await writer.write(bytes);
        writer.releaseLock();
        response.end();
    } else if (request.url === "/line") {
        response.writeHead(200, { "Content-Type": "application/octet-stream" });
        response.flushHeaders();
        for await (const bytes of port.readable) response.write(bytes);
    } else if (request.url === "/manifest.json") {
        response.end(JSON.stringify({ name: "Lamp", version: "1.0", builds: [] }));
    } else if (request.url === "/") {
        response.writeHead(200, { "Content-Type": "text/html" }).end(PAGE);
    } else {
        const file = path.join(tools, path.basename(request.url));
        response.writeHead(fs.existsSync(file) ? 200 : 404, { "Content-Type": "text/javascript" });
        response.end(fs.existsSync(file) ? fs.readFileSync(file) : "");
    }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage();
page.setDefaultTimeout(40_000);
const faults = [];
page.on("pageerror", (error) => faults.push(String(error)));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.getByRole("button", { name: "Connect" }).click();
await page.getByText("Connect to Wi-Fi").click();
await page.getByLabel("Network").first().click();
await page.getByRole("option", { name: /Home/ }).first().click();
const passphrase = page.locator("ew-filled-text-field[name=password] input");
const connect = page.locator("ew-text-button", { hasText: "Connect" });
await passphrase.fill("not the passphrase");
await connect.click();
await page.getByText("Unable to connect").waitFor();
await passphrase.fill("four green lanterns");
await connect.click();
await page.locator("ewt-page-message[label=\"Device connected to the network!\"]").waitFor();
if (picture) await page.screenshot({ path: picture });
const visit = await page.locator("ew-list-item", { hasText: "Visit Device" }).first().getAttribute("href");
assert.match(visit, /^http:\/\//);
assert.deepEqual(faults, []);
console.log(`esp-web-tools has set the device up: ${visit}`);
process.exit(0);
