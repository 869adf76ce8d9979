// A record's bytes: what they are in a few words, and as a table of hexadecimal digits.

export const bytesOf = (hex) => (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));

const word = (bytes, at) => (bytes[at] << 8) | bytes[at + 1];
const PORTS = { 53: "DNS", 67: "DHCP", 68: "DHCP", 5353: "mDNS" };
const FLAGS = [[2, "SYN"], [16, "ACK"], [1, "FIN"], [4, "RST"], [8, "PSH"]];

const text = (bytes) => String.fromCharCode(...bytes.slice(0, 120));
const firstLine = (bytes) => text(bytes).split("\r\n")[0];
const isHttp = (line) => /^(GET|POST|HEAD|PUT|DELETE|OPTIONS) |^HTTP\/1/.test(line);

// What kind of traffic a record is (the colour of its dot), and what it says.
export function describe(record) {
  if (record.event === "message") return { kind: "radio", says: record.message };
  if (!record.bytes) return null;
  const bytes = record.parsed ??= bytesOf(record.bytes);
  if (record.event === "socket-bytes") {
    if (record.over.startsWith("UDP")) return { kind: "dns", says: record.over.endsWith("53") ? "DNS" : "DHCP" };
    return { kind: "http", says: isHttp(firstLine(bytes)) ? firstLine(bytes) : `${bytes.length} bytes of HTTP` };
  }
  const type = word(bytes, 12);
  if (type === 0x0806) return { kind: "ip", says: `ARP ${word(bytes, 20) === 1 ? "who has" : "is at"} ${bytes.slice(word(bytes, 20) === 1 ? 38 : 28).slice(0, 4).join(".")}` };
  if (type !== 0x0800) return { kind: "ip", says: `Ethernet type ${type.toString(16)}` };
  const transport = 14 + (bytes[14] & 15) * 4;
  const [from, to] = [word(bytes, transport), word(bytes, transport + 2)];
  if (bytes[23] === 17) {
    const known = PORTS[from] ?? PORTS[to];
    return { kind: known ? "dns" : "ip", says: `${known ?? "UDP"}, port ${from} to ${to}` };
  }
  if (bytes[23] !== 6) return { kind: "ip", says: `IP protocol ${bytes[23]}` };
  const payload = bytes.slice(transport + (bytes[transport + 12] >> 4) * 4, 14 + word(bytes, 16));
  const flags = FLAGS.filter(([bit]) => bytes[transport + 13] & bit).map(([, name]) => name).join(" ");
  if (!payload.length) return { kind: "tcp", says: `TCP ${flags}, port ${from} to ${to}` };
  const line = firstLine(payload);
  return { kind: "http", says: isHttp(line) ? line : `${payload.length} bytes of TCP, port ${from} to ${to}` };
}

// The classic three columns: where, the bytes, what of them is text.
export function hexTable(hex) {
  const bytes = bytesOf(hex);
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.slice(at, at + 16);
    const digits = row.map((byte) => byte.toString(16).padStart(2, "0"));
    const columns = `${digits.slice(0, 8).join(" ").padEnd(23)}  ${digits.slice(8).join(" ").padEnd(23)}`;
    const shown = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${columns}  ${shown}`);
  }
  return lines.join("\n");
}
