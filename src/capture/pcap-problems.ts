// Problems of classic pcap files, in the same words whichever reader meets them.
import { type CaptureProblem, countProblem } from '../model/problem.js';
import { MAX_CAPTURED_LENGTH } from './frame-reader.js';
import { linkTypeName } from './link-types.js';

/** The input ended inside the record of `packet`, which starts at `offset`. */
export function cutShort(packet: number, offset: number): CaptureProblem {
  const detail = `the file ends inside packet ${packet}, whose record starts at offset ${offset}`;
  return { code: 'cut-short', packet, offset, detail };
}

/** The record of `packet` at `offset` claims an impossible length: nothing after it can be found. */
export function badPacketLength(packet: number, offset: number, captured: number): CaptureProblem {
  const claim = `packet ${packet} at offset ${offset} claims ${captured} captured bytes, more than ${MAX_CAPTURED_LENGTH}`;
  return { code: 'bad-packet-length', packet, offset, detail: `${claim}; the rest of the file was not read` };
}

export function countUnsupportedLink(
  problems: CaptureProblem[],
  packet: number,
  offset: number,
  linkType: number,
): void {
  const detail = `packets of link type ${linkType} (${linkTypeName(linkType)}), which is not supported`;
  countProblem(problems, 'unsupported-link-type', packet, offset, detail);
}

/** Counts lengths that are odd but do not keep a packet from being read. */
export function countOddLengths(
  problems: CaptureProblem[],
  packet: number,
  offset: number,
  captured: number,
  original: number,
  snapLength: number,
): void {
  if (captured > snapLength)
    countProblem(
      problems,
      'length-over-snapshot',
      packet,
      offset,
      'packets with more captured bytes than the snapshot length',
    );
  if (captured > original)
    countProblem(
      problems,
      'length-over-original',
      packet,
      offset,
      'packets with more captured bytes than they had on the wire',
    );
}

export function countBadTime(problems: CaptureProblem[], packet: number, offset: number): void {
  countProblem(problems, 'bad-timestamp', packet, offset, 'times whose fraction is a second or more');
}
