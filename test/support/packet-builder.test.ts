// The packet builder byte for byte, and its checksums against an independent sum and tshark.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SYN } from '../../src/model/segment.js';
import { concat, hex } from './bytes.js';
import { pcap } from './capture-writer.js';
import { addressBytes, endpoint } from './endpoint.js';
import {
  LINK_ETHERNET,
  LINK_IPV4,
  LINK_IPV6,
  LINK_LOOP,
  LINK_NULL,
  LINK_RAW,
  LINK_SLL,
  LINK_SLL2,
  type TcpFields,
  tcpDatagram,
  tcpPacket,
} from './packet-builder.js';
import { tsharkLines, tsharkMissing } from './tshark.js';

const fields: TcpFields = {
  source: endpoint('10.0.0.1:40001'),
  destination: endpoint('10.0.0.2:9000'),
  sequence: 0x01020304,
  acknowledgment: 0xfffffffe,
  payload: 'abc',
  ip: { identification: 7 },
};
const fieldsV6: TcpFields = { ...fields, source: endpoint('[fe80::1]:40001'), destination: endpoint('[::1]:9000') };

describe('endpoint', () => {
  it('reads IPv4 and IPv6', () => {
    assert.deepEqual(endpoint('192.0.2.255:65535'), { address: hex('c00002ff'), port: 65535 });
    assert.deepEqual(endpoint('[2001:db8::ff:0:1]:1').address, hex('20010db8 00000000 000000ff 00000001'));
    assert.deepEqual(addressBytes('::ffff:1.2.3.4'), hex('00000000 00000000 0000ffff 01020304'));
    assert.deepEqual(addressBytes('::'), new Uint8Array(16));
    for (const wrong of ['10.0.0.1', '1.2.3:5', '::1:80', '[::1]', '1.2.3.4:65536'])
      assert.throws(() => endpoint(wrong), wrong);
  });
});

describe('tcpPacket', () => {
  it('lays out IPv4 and TCP', () => {
    assert.deepEqual(
      tcpDatagram(fields),
      hex(`4500 002b 0007 4000 40 06 26c4 0a000001 0a000002
           9c41 2328 01020304 fffffffe 5018 0200 11f6 0000 616263`),
    );
  });

  it('writes the options of a SYN', () => {
    const syn = tcpDatagram({
      ...fields,
      flags: SYN,
      payload: '',
      maximumSegmentSize: 1460,
      selectiveAcknowledgment: true,
      timestamps: [1, 2],
      windowScale: 7,
    });
    assert.deepEqual(syn.subarray(40), hex('020405b4 01010402 0101080a 00000001 00000002 01030307'));
    assert.equal(syn[32] >> 4, 11);
    assert.equal(syn[33], SYN);
  });

  it('puts a datagram into every link layer', () => {
    const v4 = tcpDatagram(fields);
    const v6 = tcpDatagram(fieldsV6);
    const macs = hex('020000000002 020000000001');
    const cooked = hex('0000 0304 0006 0000000000000000');
    assert.deepEqual(tcpPacket(fields), concat(macs, hex('0800'), v4));
    assert.deepEqual(tcpPacket(fieldsV6, { type: LINK_ETHERNET }), concat(macs, hex('86dd'), v6));
    assert.deepEqual(tcpPacket(fields, { vlan: [5] }), concat(macs, hex('8100 0005 0800'), v4));
    assert.deepEqual(tcpPacket(fields, { vlan: [5, 6] }), concat(macs, hex('88a8 0005 8100 0006 0800'), v4));
    assert.equal(tcpPacket(fields, { minimumLength: 60 }).length, 60);
    assert.deepEqual(tcpPacket(fields, { type: LINK_SLL }), concat(cooked, hex('0800'), v4));
    const sll2 = hex('86dd 0000 00000003 0304 04 06 0000000000000000');
    assert.deepEqual(tcpPacket(fieldsV6, { type: LINK_SLL2, interfaceIndex: 3, packetType: 4 }), concat(sll2, v6));
    assert.deepEqual(tcpPacket(fields, { type: LINK_NULL }), concat(hex('02000000'), v4));
    assert.deepEqual(tcpPacket(fields, { type: LINK_NULL, bigEndian: true }), concat(hex('00000002'), v4));
    assert.deepEqual(tcpPacket(fieldsV6, { type: LINK_LOOP }), concat(hex('0000001e'), v6));
    assert.deepEqual(tcpPacket(fieldsV6, { type: LINK_RAW }), v6);
    assert.deepEqual(tcpPacket(fields, { type: LINK_IPV4 }), v4);
  });

  it('is read by tshark with right checksums, and a wrong one is noticed', (t) => {
    if (tsharkMissing()) return t.skip('tshark is not installed');
    const columns = ['-T', 'fields', '-e', 'tcp.payload', '-e', 'tcp.checksum.status', '-e', 'ip.checksum.status'];
    const checked = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', ...columns];
    const odd = { ...fields, payload: 'abcd', timestamps: [3, 4] as const };
    for (const type of [LINK_NULL, LINK_ETHERNET, LINK_RAW, LINK_LOOP, LINK_SLL, LINK_SLL2, LINK_IPV4, LINK_IPV6]) {
      const v4 = type === LINK_IPV6 ? [] : [fields, odd, { ...fields, checksum: 0x1234 }];
      const v6 = type === LINK_IPV4 ? [] : [fieldsV6];
      const packets = [...v4, ...v6].map((each, time) => ({ time, data: tcpPacket(each, { type }) }));
      const expected = ['616263\t1\t1', '61626364\t1\t1', '616263\t0\t1'].slice(0, v4.length);
      if (v6.length > 0) expected.push('616263\t1\t');
      assert.deepEqual(tsharkLines(pcap(packets, { linkType: type }), checked), expected, `link type ${type}`);
    }
  });
});
