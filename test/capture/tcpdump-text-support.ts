// Dumps in both of tcpdump's styles for tests, and a reader of all their segments.
import assert from 'node:assert/strict';
import { TcpdumpTextReader } from '../../src/capture/tcpdump-text.js';
import { AddressTable } from '../../src/model/address.js';
import { ACK, FIN, PSH, Segment, SYN } from '../../src/model/segment.js';

export interface Row {
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly length: number;
  readonly window: number;
}

/** Reads a text to its end. */
export function read(text: string, preview = ''): { rows: Row[]; reader: TcpdumpTextReader; segment: Segment } {
  const addresses = new AddressTable();
  const reader = new TcpdumpTextReader(addresses, preview);
  const segment = new Segment();
  const rows: Row[] = [];
  for (const line of text.split('\n')) {
    if (!reader.line(line, segment)) continue;
    rows.push({
      time: segment.time,
      from: addresses.endpoint(segment.source, segment.sourcePort),
      to: addresses.endpoint(segment.destination, segment.destinationPort),
      flags: segment.flags,
      sequence: segment.sequence,
      acknowledgment: segment.acknowledgment,
      length: segment.wireLength,
      window: segment.window,
    });
    assert.equal(segment.payloadLength, 0);
    assert.equal(segment.position, -1);
    assert.equal(segment.packet, reader.packets);
  }
  reader.end();
  return { rows, reader, segment };
}

export const bytes = (text: string) => new TextEncoder().encode(text);
/** Codes and counts of the problems. */
export const codes = (reader: TcpdumpTextReader) => reader.problems.map((problem) => [problem.code, problem.count]);

// One short connection as an old tcpdump printed it: the application (port 9000) closes first.
export const OLD_STYLE = `
    $ sudo tcpdump -nn -i lo 'port 9000'
    tcpdump: verbose output suppressed, use -v or -vv for full protocol decode
    listening on lo, link-type EN10MB (Ethernet), capture size 96 bytes
    10:00:00.000100 IP 127.0.0.1.40000 > 127.0.0.1.9000: S 4294967000:4294967000(0) win 32792 <mss 16396,sackOK,timestamp 77 0,nop,wscale 9>
    10:00:00.000150 IP 127.0.0.1.9000 > 127.0.0.1.40000: S 500000:500000(0) ack 4294967001 win 32768 <mss 16396,sackOK,timestamp 78 77,nop,wscale 7>
    10:00:00.000120 IP 127.0.0.1.40000 > 127.0.0.1.9000: . ack 1 win 65 <nop,nop,timestamp 77 78>
    10:00:00.000200 IP 127.0.0.1.40000 > 127.0.0.1.9000: P 1:601(600) ack 1 win 65 <nop,nop,timestamp 77 78>
    10:00:00.000300 IP 127.0.0.1.9000 > 127.0.0.1.40000: P 1:289(288) ack 601 win 69 <nop,nop,timestamp 78 77>
    10:00:00.000400 IP 127.0.0.1.9000 > 127.0.0.1.40000: F 289:289(0) ack 601 win 69 <nop,nop,timestamp 78 77>
    10:00:00.000500 IP 127.0.0.1.40000 > 127.0.0.1.9000: F 601:601(0) ack 290 win 67 <nop,nop,timestamp 77 78>
    10:00:00.000600 IP 127.0.0.1.9000 > 127.0.0.1.40000: . ack 602 win 69 <nop,nop,timestamp 78 77>

Some prose about sockets, with an arrow > here.
`;

export const EXPECTED: Row[] = [
  [0, 'web', SYN, 4294967000, 0, 0, 32792],
  [50_000, 'app', SYN | ACK, 500000, 4294967001, 0, 32768],
  [20_000, 'web', ACK, 4294967001, 500001, 0, 65],
  [100_000, 'web', PSH | ACK, 4294967001, 500001, 600, 65],
  [200_000, 'app', PSH | ACK, 500001, 305, 288, 69],
  [300_000, 'app', FIN | ACK, 500289, 305, 0, 69],
  [400_000, 'web', FIN | ACK, 305, 500290, 0, 67],
  [500_000, 'app', ACK, 500290, 306, 0, 69],
].map(([time, side, flags, sequence, acknowledgment, length, window]) => {
  const [from, to] = side === 'web' ? ['127.0.0.1:40000', '127.0.0.1:9000'] : ['127.0.0.1:9000', '127.0.0.1:40000'];
  return { time, from, to, flags, sequence, acknowledgment, length, window } as Row;
});

/** The same packets as tcpdump 4.1 and later print them. */
export const NEW_STYLE = OLD_STYLE.split('\n')
  .map((line) => {
    const match = /^(\s*\S+ IP \S+ > \S+:) ([SFP.]) (?:(\d+):(\d+)\((\d+)\) )?(?:ack (\d+) )?win (\d+) </.exec(line);
    if (match === null) return line;
    const [, head, letter, from, to, length, ack, window] = match;
    const flags = `${letter === '.' ? '' : letter}${ack === undefined ? '' : '.'}`;
    const range = length === undefined ? '' : ` seq ${from}${length === '0' ? '' : `:${to}`},`;
    return `${head} Flags [${flags}],${range}${ack === undefined ? '' : ` ack ${ack},`} win ${window}, length ${length ?? 0}`;
  })
  .join('\n');
