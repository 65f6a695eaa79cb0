// Damages a list of captured packets: order, copies, cuts, times, and the fields of their headers.
import type { CapturedPacket } from '../support/captured-packet.js';
import type { Random } from '../support/random.js';

/** Applies some damages to a copy of the list. `headerAt` is the length of the link layer. */
export function mutatePackets(packets: readonly CapturedPacket[], headerAt: number, dice: Random): CapturedPacket[] {
  const list = packets.map((packet) => ({ ...packet, data: packet.data.slice() }));
  for (let left = dice.between(1, 6); left > 0 && list.length > 0; left--) mutateOnce(list, headerAt, dice);
  return list;
}

type Mutable = { -readonly [K in keyof CapturedPacket]: CapturedPacket[K] };

function mutateOnce(list: Mutable[], headerAt: number, dice: Random): void {
  const index = dice.below(list.length);
  const packet = list[index];
  switch (dice.below(9)) {
    case 0:
      list.splice(index, dice.between(1, 3));
      return;
    case 1:
      list.splice(dice.below(list.length + 1), 0, packet);
      return;
    case 2: {
      const other = dice.below(list.length);
      [list[index], list[other]] = [list[other], packet];
      return;
    }
    case 3:
      packet.time = dice.pick([0, packet.time + 1, packet.time * 2, 4e18, Math.max(0, packet.time - 2e9)]);
      return;
    case 4:
      packet.originalLength = packet.data.length; // the capture holds only its beginning
      packet.data = packet.data.slice(0, dice.below(packet.data.length + 1));
      return;
    case 5:
      packet.originalLength = dice.pick([0, 1, 65535, 0x7fffffff, 0xffffffff]);
      return;
    case 6:
      for (let i = list.length - 1; i > 0; i--) {
        const other = dice.oneIn(4) ? dice.below(i + 1) : i; // a quarter of them change places
        [list[i], list[other]] = [list[other], list[i]];
      }
      return;
    default:
      headerField(packet.data, headerAt, dice);
  }
}

function headerField(data: Uint8Array, ip: number, dice: Random): void {
  const isV6 = data[ip] >> 4 === 6;
  const tcp = ip + (isV6 ? 40 : 20);
  if (data.length < tcp + 20) return;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const extreme = dice.pick([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, dice.next()]);
  switch (dice.below(11)) {
    case 0:
      data[ip] = dice.below(256); // version and header length
      return;
    case 1:
      view.setUint16(ip + (isV6 ? 4 : 2), extreme & 0xffff); // length
      return;
    case 2:
      if (!isV6) view.setUint16(ip + 6, extreme & 0xffff); // fragment
      return;
    case 3:
      data[ip + (isV6 ? 6 : 9)] = dice.pick([0, 1, 6, 17, 41, 43, 44, 50, 51, 60, 255]); // protocol, next header
      return;
    case 4:
      data[tcp + 12] = dice.below(16) << 4; // header length
      return;
    case 5:
      data[tcp + 13] = dice.below(256); // flags
      return;
    case 6:
      view.setUint32(tcp + 4, dice.oneIn(2) ? extreme : view.getUint32(tcp + 4) + dice.below(100_000) - 50_000);
      return;
    case 7:
      view.setUint32(tcp + 8, dice.oneIn(2) ? extreme : view.getUint32(tcp + 8) + dice.below(100_000) - 50_000);
      return;
    case 8:
      view.setUint16(tcp + 14, extreme & 0xffff); // window
      return;
    case 9:
      view.setUint16(tcp + (dice.oneIn(2) ? 0 : 2), extreme & 0xffff); // ports
      return;
    default:
      if (data.length > tcp + 32) data[tcp + 20 + dice.below(12)] = dice.pick([0, 1, 2, 3, 8, 255]); // options
  }
}
