// IPv4 as captures have it: options, fragments, padding, wrong and missing lengths.
import assert from 'node:assert/strict';
import test from 'node:test';
import { FRAGMENT, MALFORMED, NOT_TCP, TCP } from '../../src/packet/packet-codes.js';
import { concat, hex } from '../support/bytes.js';
import { endpoint } from '../support/endpoint.js';
import { ethernet, ipDatagram, tcpDatagram, tcpPacket, tcpSegment } from '../support/packet-builder.js';
import { decode } from './decode.js';

const ends = { source: endpoint('192.168.255.254:65535'), destination: endpoint('255.0.0.1:1') };
const packet = (ip = {}, payload = 'hello') => tcpPacket({ ...ends, payload, ip });

test('header options are passed over', () => {
  const { code, source, destination, payload } = decode(packet({ options: hex('07040400 01010100') }));
  assert.equal(code, TCP);
  assert.equal(source, '192.168.255.254:65535');
  assert.equal(destination, '255.0.0.1:1');
  assert.equal(payload, 'hello');
});

test('fragments of TCP packets are told apart, the first one too', () => {
  assert.equal(decode(packet({ moreFragments: true })).code, FRAGMENT);
  assert.equal(decode(packet({ fragmentOffset: 8 })).code, FRAGMENT);
  assert.equal(decode(packet({ fragmentOffset: 8 * 256 })).code, FRAGMENT);
  assert.equal(decode(packet({ fragmentOffset: 65528, moreFragments: true })).code, FRAGMENT);
  assert.equal(decode(packet({ dontFragment: true })).code, TCP);
  assert.equal(decode(packet({ dontFragment: false })).code, TCP);
});

test('other protocols are not TCP, fragments of them neither', () => {
  for (const protocol of [1, 4, 17, 41, 47, 50, 132]) {
    const datagram = ipDatagram(ends.source.address, ends.destination.address, protocol, new Uint8Array(60), {
      moreFragments: protocol === 17,
    });
    assert.equal(decode(ethernet(datagram, 0x0800)).code, NOT_TCP, `protocol ${protocol}`);
  }
});

test('the padding of a short Ethernet frame is no payload', () => {
  const { payload, segment } = decode(tcpPacket({ ...ends, payload: 'a' }, { minimumLength: 60 }));
  assert.equal(payload, 'a');
  assert.equal(segment.wireLength, 1);
  assert.equal(decode(tcpPacket(ends, { minimumLength: 60 })).segment.payloadLength, 0);
});

test('total length 0 (BIG TCP, segmentation offload): the frame says how long it is', () => {
  const big = packet({ length: 0 }, 'x'.repeat(70_000));
  const whole = decode(big);
  assert.equal(whole.code, TCP);
  assert.equal(whole.segment.payloadLength, 70_000);
  assert.equal(whole.segment.wireLength, 70_000);
  const cut = decode(big, 1, 200, big.length);
  assert.equal(cut.segment.payloadLength, 200 - 54);
  assert.equal(cut.segment.wireLength, 70_000);
});

test('a frame that claims gigabytes is damage: what is missing stays bounded', () => {
  const damaged = decode(packet({ length: 0 }, 'x'.repeat(100)), 1, 100, 0xffffffff);
  assert.equal(damaged.code, TCP);
  assert.ok(damaged.segment.wireLength <= 1 << 24, `${damaged.segment.wireLength}`);
});

test('a total length that is longer than the frame: the rest is missing, not invented', () => {
  const { code, segment } = decode(packet({ length: 1500 }));
  assert.equal(code, TCP);
  assert.equal(segment.payloadLength, 5);
  assert.equal(segment.wireLength, 1500 - 40);
});

test('lengths and versions that make no sense are malformed', () => {
  assert.equal(decode(packet({ length: 19 })).code, MALFORMED);
  assert.equal(decode(packet({ length: 39 })).code, MALFORMED);
  for (const first of [0x44, 0x40, 0x55, 0x65, 0x05]) {
    const bytes = packet();
    bytes[14] = first;
    assert.equal(decode(bytes).code, MALFORMED, first.toString(16));
  }
});

test('a wrong checksum changes nothing', () => {
  const bytes = packet();
  bytes[14 + 10] ^= 0xff;
  assert.equal(decode(bytes).payload, 'hello');
});

test('TCP behind an Authentication Header (RFC 4302)', () => {
  const header = concat(Uint8Array.of(6, 4, 0, 0), new Uint8Array(20));
  const inner = concat(header, tcpSegment({ ...ends, payload: 'secret' }));
  const datagram = ipDatagram(ends.source.address, ends.destination.address, 51, inner);
  const { code, payload } = decode(ethernet(datagram, 0x0800));
  assert.equal(code, TCP);
  assert.equal(payload, 'secret');
  // The same with a length past the packet, with UDP inside, and cut.
  const long = Uint8Array.from(datagram);
  long[21] = 255;
  assert.equal(decode(ethernet(long, 0x0800)).code, MALFORMED);
  const other = Uint8Array.from(datagram);
  other[20] = 17;
  assert.equal(decode(ethernet(other, 0x0800)).code, NOT_TCP);
  assert.equal(decode(ethernet(datagram, 0x0800), 1, 14 + 20 + 8).code, MALFORMED);
});

test('each address is one id, whatever comes between', () => {
  const datagram = tcpDatagram({ source: endpoint('1.2.3.4:5'), destination: endpoint('1.2.3.4:6') });
  const { segment } = decode(ethernet(datagram, 0x0800));
  assert.equal(segment.source, segment.destination);
});
