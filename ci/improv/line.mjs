// A serial line as browsers have it: `readable` and `writable` streams of bytes over a pseudo terminal, or a socket in its place.
import fs from "node:fs";
import net from "node:net";
import tty from "node:tty";

export function open(path) {
    const isSocket = fs.statSync(path).isSocket();
    const descriptor = isSocket ? null : fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOCTTY | fs.constants.O_NONBLOCK);
    const stream = isSocket ? net.connect(path) : new tty.ReadStream(descriptor);
    const send = isSocket ? (bytes) => stream.write(bytes) : (bytes) => fs.writeSync(descriptor, bytes);
    const readable = new ReadableStream({
        start(controller) {
            stream.on("data", (bytes) => controller.enqueue(new Uint8Array(bytes)));
            stream.on("close", () => controller.close());
        },
        cancel() {
            stream.destroy();
        },
    });
    // Taken at once: the SDK locks the stream until its bytes are, and has its answer before a thread has told of that.
    const writable = new WritableStream({ write: (bytes) => void send(bytes) });
    return { readable, writable };
}
