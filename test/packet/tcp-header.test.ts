// The TCP header and its options, by way of the whole decoder.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ACK, PSH, Segment, SYN } from '../../src/model/segment.js';
import { MALFORMED, TCP } from '../../src/packet/packet-codes.js';
import { concat, hex } from '../support/bytes.js';
import { endpoint } from '../support/endpoint.js';
import { ipDatagram, tcpPacket, tcpSegment } from '../support/packet-builder.js';
import { decode, FILE_POSITION, FRAME_OFFSET } from './decode.js';

const ends = { source: endpoint('10.0.0.1:40000'), destination: endpoint('10.0.0.2:9000') };

test('every field of the segment is filled', () => {
  const packet = tcpPacket({
    ...ends,
    sequence: 0xfffffff0,
    acknowledgment: 0x80000001,
    flags: ACK | PSH,
    window: 0xfffe,
    checksum: 0xbeef,
    timestamps: [0xf0000001, 2],
    payload: 'hello',
    ip: { identification: 0xabcd },
  });
  const { code, segment, source, destination, payload } = decode(packet);
  assert.equal(code, TCP);
  assert.equal(source, '10.0.0.1:40000');
  assert.equal(destination, '10.0.0.2:9000');
  assert.equal(segment.sequence, 0xfffffff0);
  assert.equal(segment.acknowledgment, 0x80000001);
  assert.equal(segment.flags, ACK | PSH);
  assert.equal(segment.window, 0xfffe);
  assert.equal(segment.checksum, 0xbeef);
  assert.equal(segment.identification, 0xabcd);
  assert.equal(segment.timestampValue, 0xf0000001);
  assert.equal(segment.windowScale, -1);
  assert.equal(segment.mayBeDuplicated, false);
  assert.equal(payload, 'hello');
  assert.equal(segment.wireLength, 5);
  assert.equal(segment.payloadOffset, FRAME_OFFSET + packet.length - 5);
  assert.equal(segment.position, FILE_POSITION + packet.length - 5);
});

test('the options of a SYN: window scale and timestamps wherever they stand', () => {
  const { segment } = decode(
    tcpPacket({
      ...ends,
      flags: SYN,
      maximumSegmentSize: 1460,
      selectiveAcknowledgment: true,
      timestamps: [7, 0],
      windowScale: 9,
    }),
  );
  assert.equal(segment.windowScale, 9);
  assert.equal(segment.timestampValue, 7);
});

test('a shift count above 14 is 14 (RFC 7323, 2.3)', () => {
  assert.equal(decode(tcpPacket({ ...ends, flags: SYN, windowScale: 200 })).segment.windowScale, 14);
});

test('options of one packet do not stay for the next', () => {
  const segment = new Segment();
  decode(tcpPacket({ ...ends, flags: SYN, timestamps: [7, 0], windowScale: 9 }), 1, undefined, undefined, segment);
  assert.equal(segment.windowScale, 9);
  assert.equal(segment.timestampValue, 7);
  decode(tcpPacket(ends), 1, undefined, undefined, segment);
  assert.equal(segment.windowScale, -1);
  assert.equal(segment.timestampValue, -1);
});

/** A packet whose options are these bytes. */
function withOptions(options: string, payload = 'x'): Uint8Array {
  const bare = tcpSegment({ ...ends, payload });
  const bytes = hex(options);
  const segment = concat(bare.subarray(0, 20), bytes, bare.subarray(20));
  segment[12] = ((20 + bytes.length) / 4) << 4;
  return concat(new Uint8Array(12), hex('0800'), ipDatagram(ends.source.address, ends.destination.address, 6, segment));
}

test('options that make no sense end the options, not the segment', () => {
  for (const options of ['03000000', '0301ffff', '08ff0000', '030300 08', '01010108', '00030309', 'ff02ff02']) {
    const { code, payload, segment } = decode(withOptions(options));
    assert.equal(code, TCP, options);
    assert.equal(payload, 'x', options);
    assert.equal(segment.timestampValue, -1, options);
  }
  assert.equal(decode(withOptions('03030800')).segment.windowScale, 8);
  assert.equal(decode(withOptions('01030300')).segment.windowScale, 0);
  // Something that only looks like NOP NOP timestamps.
  assert.equal(decode(withOptions('0101080b 0000000100000002')).segment.timestampValue, -1);
  assert.equal(decode(withOptions('080a 00000001 00000002 0000')).segment.timestampValue, 1);
});

test('header lengths below 20 or past the packet are malformed', () => {
  for (const dataOffset of [0, 1, 4, 7, 15]) {
    const packet = tcpPacket({ ...ends, payload: 'abc' });
    packet[14 + 20 + 12] = dataOffset << 4;
    assert.equal(decode(packet).code, MALFORMED, `data offset ${dataOffset}`);
  }
});

test('a packet cut by the snapshot length: what was captured, and what was on the wire', () => {
  const packet = tcpPacket({ ...ends, timestamps: [1, 2], payload: 'abcdefghij' });
  for (let captured = 14 + 20 + 20; captured <= packet.length; captured++) {
    const { code, segment, payload } = decode(packet, 1, captured, packet.length);
    assert.equal(code, TCP);
    assert.equal(segment.wireLength, 10);
    assert.equal(payload, 'abcdefghij'.slice(0, Math.max(0, captured - 66)));
    assert.equal(segment.timestampValue, captured >= 14 + 20 + 32 ? 1 : -1);
    assert.ok(segment.payloadOffset + segment.payloadLength <= FRAME_OFFSET + captured);
  }
  for (let captured = 0; captured < 14 + 20 + 20; captured++)
    assert.equal(decode(packet, 1, captured, packet.length).code, MALFORMED, `${captured} bytes`);
});

test('any header bytes: no exception, and the payload lies within the frame', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 80 }), fc.nat(80), (bytes, captured) => {
      const packet = concat(
        new Uint8Array(12),
        hex('0800'),
        ipDatagram(ends.source.address, ends.destination.address, 6, bytes),
      );
      const { code, segment } = decode(packet, 1, Math.min(packet.length, 34 + captured), packet.length);
      if (code !== TCP) return code === MALFORMED;
      const end = FRAME_OFFSET + Math.min(packet.length, 34 + captured);
      return (
        segment.payloadLength >= 0 &&
        segment.payloadLength <= segment.wireLength &&
        segment.payloadOffset + segment.payloadLength <= end &&
        segment.windowScale <= 14
      );
    }),
  );
});
