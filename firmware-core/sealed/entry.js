// Seals a form for the device that sent the page: docs/sealed.md has the format. It is bundled with its
// libraries into bundle.js (ci/sealed.sh); portal.js, which every browser can read, calls it.
import { ChaCha20Poly1305 } from "@stablelib/chacha20poly1305";
import { HKDF } from "@stablelib/hkdf";
import { SHA256 } from "@stablelib/sha256";
import { scalarMultBase, sharedKey } from "@stablelib/x25519";

const LABEL = "vestibule sealed 1";
// A form is at least this long once it is padded, and longer ones are padded to a multiple of the step, so
// that its length does not say how long the passphrase is.
const LEAST = 512;
const STEP = 128;

function fromHex(digits) {
  return Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
}

function utf8(text) {
  return Uint8Array.from(unescape(encodeURIComponent(text)), (byte) => byte.charCodeAt(0));
}

function concat(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// The device's public key in hexadecimal digits, the page's token as the page has it, the code on the label or
// an empty text, and the form as a browser would send it.
window.vestibuleSeal = function (device, token, code, form) {
  const theirs = fromHex(device);
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const ours = scalarMultBase(secret);
  const shared = sharedKey(secret, theirs, true);
  const info = concat(utf8(LABEL), theirs, ours, utf8(token));
  const key = new HKDF(SHA256, shared, utf8(code), info).expand(32);
  const clear = utf8(form);
  const padded = new Uint8Array(Math.max(LEAST, Math.ceil(clear.length / STEP) * STEP));
  padded.set(clear);
  // The key serves once, so its nonce may be all zeros.
  const box = new ChaCha20Poly1305(key).seal(new Uint8Array(12), padded);
  for (const used of [secret, shared, key, clear, padded]) used.fill(0);
  return base64url(concat([code ? 1 : 0], ours, box));
};
