// The capture writers byte for byte, and against tshark where it is installed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hex } from './bytes.js';
import { pcap, pcapng } from './capture-writer.js';
import { LINK_RAW } from './packet-builder.js';
import { PcapngWriter } from './pcapng-writer.js';
import { tsharkLines, tsharkMissing } from './tshark.js';

const packet = { time: 1_500_000_123, data: hex('0a0b0c') };

describe('classic pcap', () => {
  it('is written in both byte orders and resolutions', () => {
    assert.deepEqual(
      pcap([packet], { origin: 1, linkType: LINK_RAW, snapLength: 0x100 }),
      hex('d4c3b2a1 0200 0400 00000000 00000000 00010000 65000000  02000000 20a10700 03000000 03000000 0a0b0c'),
    );
    assert.deepEqual(
      pcap([packet], { origin: 1, bigEndian: true, resolution: 'nanoseconds', linkType: LINK_RAW, snapLength: 2 }),
      hex('a1b23c4d 0002 0004 00000000 00000000 00000002 00000065  00000002 1dcd657b 00000002 00000003 0a0b'),
    );
  });
});

describe('pcapng', () => {
  it('is written block by block', () => {
    assert.deepEqual(
      pcapng([{ time: 5000, data: hex('0a0b0c') }], { origin: 0, bigEndian: true, snapLength: 0x100 }),
      hex(`0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
           00000001 00000014 0001 0000 00000100 00000014
           00000006 00000024 00000000 00000000 00000005 00000003 00000003 0a0b0c00 00000024`),
    );
  });

  it('gives tshark the times of every resolution, interface and section', (t) => {
    if (tsharkMissing()) return t.skip('tshark is not installed');
    const data = new Uint8Array(20).fill(0x45);
    const writer = new PcapngWriter(1_700_000_000);
    writer.section().interface({ linkType: LINK_RAW }).interface({ linkType: LINK_RAW, resolution: 9, name: 'b' });
    writer.enhanced({ time: 1_000, data }).enhanced({ time: 2_000_000_003, data }, 1);
    writer.section({ bigEndian: true });
    writer.interface({ linkType: LINK_RAW, resolution: 0x80 | 20, offset: 1000 }).interface({ linkType: LINK_RAW });
    writer.enhanced({ time: 500_000_000, data }).obsolete({ time: 7_000, data }, 1);
    writer.statistics(0, { time: 8_000, received: 5, dropped: 1 }).simple({ time: 0, data }).block(0x80000bad, data);
    assert.deepEqual(tsharkLines(writer.take(), ['-T', 'fields', '-e', 'frame.time_epoch']).slice(0, 4), [
      '1700000000.000001000',
      '1700000002.000000003',
      '1700000000.500000000',
      '1700000000.000007000',
    ]);
  });
});
