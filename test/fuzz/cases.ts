// The input of a fuzz case, which follows from its seed (and the captures to start from) alone.

import { pcap, pcapng } from '../support/capture-writer.js';
import type { CaptureOptions } from '../support/captured-packet.js';
import {
  LINK_ETHERNET,
  LINK_LOOP,
  LINK_NULL,
  LINK_RAW,
  LINK_SLL,
  LINK_SLL2,
  type LinkFields,
} from '../support/packet-builder.js';
import { type Random, random } from '../support/random.js';
import { packetsOf } from '../support/scene.js';
import { mutateBytes } from './mutate-bytes.js';
import { mutatePackets } from './mutate-packets.js';
import { randomConversations } from './random-dialogue.js';

const HEADER_LENGTHS: Readonly<Record<number, number>> = {
  [LINK_ETHERNET]: 14,
  [LINK_NULL]: 4,
  [LINK_LOOP]: 4,
  [LINK_RAW]: 0,
  [LINK_SLL]: 16,
  [LINK_SLL2]: 20,
};
const LINK_TYPES = [LINK_ETHERNET, LINK_ETHERNET, LINK_NULL, LINK_LOOP, LINK_RAW, LINK_SLL, LINK_SLL2];

/** The bytes of the case; `captures` may be empty. */
export function caseBytes(seed: number, captures: readonly Uint8Array[]): Uint8Array {
  const dice = random(seed);
  const fromFile = dice.oneIn(3); // also thrown where there are no files, so that the other cases stay the same
  if (fromFile && captures.length > 0) return mutateBytes(dice.pick(captures), dice.pick(captures), dice);
  const bytes = generated(dice);
  return dice.oneIn(3) ? mutateBytes(bytes, bytes, dice) : bytes;
}

function generated(dice: Random): Uint8Array {
  const type = dice.pick(LINK_TYPES);
  const vlan = type === LINK_ETHERNET && dice.oneIn(5) ? [dice.below(4096)] : [];
  const link: LinkFields = { type, vlan };
  const cooked = type === LINK_SLL || type === LINK_SLL2;
  const packets = packetsOf(randomConversations(dice), { link, capturedTwice: cooked && dice.oneIn(2) });
  const headerAt = HEADER_LENGTHS[type] + vlan.length * 4;
  const options: CaptureOptions = {
    linkType: type,
    bigEndian: dice.oneIn(3),
    resolution: dice.oneIn(2) ? 'nanoseconds' : 'microseconds',
    ...(dice.oneIn(6) ? { snapLength: dice.between(1, 200) } : {}),
  };
  return (dice.oneIn(2) ? pcapng : pcap)(dice.oneIn(3) ? packets : mutatePackets(packets, headerAt, dice), options);
}
