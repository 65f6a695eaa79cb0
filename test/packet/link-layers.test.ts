// Every link layer that is read, and what is said of the others.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { isDecodedLinkType } from '../../src/packet/link-numbers.js';
import { MALFORMED, NOT_TCP, TCP, UNSUPPORTED_LINK } from '../../src/packet/packet-codes.js';
import { bigEndian, concat, hex } from '../support/bytes.js';
import { endpoint } from '../support/endpoint.js';
import { ethernet, type LinkFields, linkLayer, tcpDatagram, tcpPacket } from '../support/packet-builder.js';
import { decode } from './decode.js';

const v4 = { source: endpoint('10.0.0.1:40000'), destination: endpoint('10.0.0.2:9000'), payload: 'hello' };
const v6 = { source: endpoint('[fe80::1]:40000'), destination: endpoint('[fe80::2]:9000'), payload: 'hello' };

function expectTcp(packet: Uint8Array, linkType: number, about: string): void {
  const { code, payload, segment } = decode(packet, linkType);
  assert.equal(code, TCP, about);
  assert.equal(payload, 'hello', about);
  assert.equal(segment.mayBeDuplicated, linkType === 113 || linkType === 276, about);
}

test('IPv4 and IPv6 in each link layer', () => {
  const links: LinkFields[] = [1, 0, 101, 108, 113, 276].map((type) => ({ type }));
  links.push(
    { type: 0, bigEndian: true },
    { type: 113, packetType: 4 },
    { type: 276, packetType: 4, interfaceIndex: 9 },
  );
  for (const link of links) {
    expectTcp(tcpPacket(v4, link), link.type ?? 1, JSON.stringify(link));
    expectTcp(tcpPacket(v6, link), link.type ?? 1, JSON.stringify(link));
  }
  for (const type of [12, 14, 228]) expectTcp(tcpDatagram(v4), type, `${type}`);
  for (const type of [12, 14, 229]) expectTcp(tcpDatagram(v6), type, `${type}`);
});

test('LINKTYPE_IPV4 and LINKTYPE_IPV6 hold nothing else', () => {
  assert.equal(decode(tcpDatagram(v6), 228).code, MALFORMED);
  assert.equal(decode(tcpDatagram(v4), 229).code, MALFORMED);
  assert.equal(decode(hex('50 00'), 101).code, MALFORMED);
});

test('VLAN tags, one to four deep', () => {
  for (const vlan of [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]) {
    expectTcp(tcpPacket(v4, { vlan }), 1, vlan.join());
    expectTcp(tcpPacket(v6, { vlan }), 1, vlan.join());
  }
  for (const outer of ['88a8', '9100', '9200', '8100'])
    expectTcp(ethernet(concat(hex('0005 8100 0006 0800'), tcpDatagram(v4)), Number.parseInt(outer, 16)), 1, outer);
  assert.equal(decode(hex('0200000000020200000000018100 0001')).code, MALFORMED);
});

test('a VLAN tag in a cooked header', () => {
  const packet = linkLayer(concat(hex('0005 0800'), tcpDatagram(v4)), false, { type: 113 });
  packet.set(hex('8100'), 14);
  expectTcp(packet, 113, 'SLL');
});

test('LLC with SNAP (RFC 1042)', () => {
  const snap = concat(hex('aaaa03 000000 0800'), tcpDatagram(v4));
  expectTcp(ethernet(snap, snap.length), 1, 'SNAP');
  assert.equal(decode(ethernet(concat(hex('aaaa03 00000c 2000'), tcpDatagram(v4)), 60)).code, NOT_TCP);
  assert.equal(decode(ethernet(hex('424203 0000000000'), 38)).code, NOT_TCP);
  assert.equal(decode(ethernet(hex('aaaa'), 2)).code, NOT_TCP);
});

test('every family number of IPv6 in LINKTYPE_NULL, in both byte orders', () => {
  for (const family of [10, 23, 24, 28, 30]) {
    const number = bigEndian(family, 4);
    expectTcp(concat(number, tcpDatagram(v6)), 0, `${family} big-endian`);
    expectTcp(concat(Uint8Array.from(number).reverse(), tcpDatagram(v6)), 0, `${family} little-endian`);
  }
  assert.equal(decode(concat(bigEndian(3, 4), tcpDatagram(v4)), 0).code, NOT_TCP);
  assert.equal(decode(concat(hex('02000002'), tcpDatagram(v4)), 0).code, NOT_TCP);
  assert.equal(decode(concat(hex('02000100'), tcpDatagram(v4)), 0).code, NOT_TCP);
  assert.equal(decode(concat(hex('00020000'), tcpDatagram(v4)), 0).code, NOT_TCP);
});

test('tunnels and other protocols are not TCP', () => {
  for (const type of [0x8847, 0x8864, 0x0806, 0x88cc, 0x88e7]) {
    const { code } = decode(ethernet(tcpDatagram(v4), type));
    assert.equal(code, NOT_TCP, type.toString(16));
  }
});

test('cooked packets whose protocol field is no EtherType', () => {
  for (const arphrd of [770, 801, 802, 803, 824]) {
    const sll = tcpPacket(v4, { type: 113 });
    sll.set(bigEndian(arphrd, 2), 2);
    assert.equal(decode(sll, 113).code, NOT_TCP);
    const sll2 = tcpPacket(v4, { type: 276 });
    sll2.set(bigEndian(arphrd, 2), 8);
    assert.equal(decode(sll2, 276).code, NOT_TCP);
  }
});

test('link types that are not decoded', () => {
  for (let type = 0; type < 300; type++) {
    const decoded = isDecodedLinkType(type);
    assert.equal(decode(tcpPacket(v4), type).code === UNSUPPORTED_LINK, !decoded, `link type ${type}`);
  }
});

test('headers that are cut anywhere are malformed, never an exception', () => {
  for (const type of [0, 1, 101, 108, 113, 228, 276]) {
    const packet = type === 228 ? tcpDatagram(v4) : tcpPacket(v4, { type });
    const headers = packet.length - 'hello'.length;
    for (let captured = 0; captured < headers; captured++)
      assert.equal(decode(packet, type, captured, packet.length).code, MALFORMED, `${type}: ${captured} bytes`);
  }
});

test('random bytes never throw', () => {
  const linkType = fc.constantFrom(0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 9);
  fc.assert(
    fc.property(linkType, fc.uint8Array({ maxLength: 120 }), fc.nat(300), (type, bytes, more) => {
      const { code } = decode(bytes, type, bytes.length, bytes.length + more);
      return code >= TCP && code <= UNSUPPORTED_LINK;
    }),
    { numRuns: 2000 },
  );
});
