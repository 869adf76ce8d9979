"""Sets a device up over its JSON interface, with the passphrase sealed (docs/sealed.md).

    pip install cryptography
    python sealed_setup.py http://192.168.4.1 Home 'correct horse' [CODE]

CODE is the one on the device's label, where it has one: with it, somebody in between has to guess it.
"""

import base64
import json
import sys
import urllib.request

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LABEL = b"vestibule sealed 1"
LEAST, STEP = 512, 128


def seal(text: bytes, sealing_key: str, token: str, code: str = "") -> str:
    """A text sealed for the device of this key, for this opening of its portal."""
    device = bytes.fromhex(sealing_key)
    own = X25519PrivateKey.generate()
    public = own.public_key().public_bytes_raw()
    info = LABEL + device + public + token.encode()
    # It raises ValueError if the shared secret is all zeros.
    shared = own.exchange(X25519PublicKey.from_public_bytes(device))
    key = HKDF(SHA256(), 32, salt=code.encode(), info=info).derive(shared)
    length = max(LEAST, -(-len(text) // STEP) * STEP)
    box = ChaCha20Poly1305(key).encrypt(bytes(12), text.ljust(length, b"\0"), None)
    return base64.urlsafe_b64encode(bytes([code != ""]) + public + box).decode().rstrip("=")


def ask(url: str, document: object = None) -> dict:
    """GET, or POST of a JSON document. A refusal raises its detail and remedy."""
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        problem = json.load(refusal)
        raise SystemExit(f"{problem['detail']} {problem['remedy']}") from None


def main() -> None:
    device, ssid, passphrase, *code = sys.argv[1:]
    seen = ask(f"{device}/api/networks")
    text = json.dumps({"ssid": ssid, "passphrase": passphrase}).encode()
    sealed = seal(text, seen["sealing_key"], seen["token"], *code)
    status = ask(f"{device}/api/access-point", {"token": seen["token"], "sealed": sealed})
    print(status["state"], "-", status["next"])


if __name__ == "__main__":
    main()
