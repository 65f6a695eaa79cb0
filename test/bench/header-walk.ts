// A floor for readers written in JavaScript: walks the record, IP and TCP headers of a classic pcap and sums the payload
// of each pair of ports. Keeps no connection and decodes nothing above TCP. A process of its own: `header-walk.js FILE`.
import { closeSync, openSync, readSync } from 'node:fs';

const file = openSync(process.argv[2], 'r');
const buffer = Buffer.alloc(1 << 20);
const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
const payloadOf = new Map<number, number>();
let packets = 0;
let ends = 0;
let position = 0;
let held = 0;
let at = 24;
for (;;) {
  const count = readSync(file, buffer, held, buffer.length - held, position);
  if (count === 0) break;
  position += count;
  held += count;
  while (at + 16 <= held) {
    const length = view.getUint32(at + 8, true);
    if (at + 16 + length > held) break;
    const ip = at + 16 + 14;
    if (view.getUint16(ip - 2) === 0x0800 && buffer[ip + 9] === 6) {
      const tcp = ip + (buffer[ip] & 15) * 4;
      const pair = view.getUint32(tcp);
      const payload = ip + view.getUint16(ip + 2) - tcp - (buffer[tcp + 12] >> 4) * 4;
      payloadOf.set(pair, (payloadOf.get(pair) ?? 0) + payload);
      if (buffer[tcp + 13] & 5) ends++;
    }
    packets++;
    at += 16 + length;
  }
  buffer.copyWithin(0, at, held);
  held -= at;
  at = 0;
}
closeSync(file);
console.log(JSON.stringify({ packets, ends, pairs: payloadOf.size }));
