// Addresses as numbers: each once, and their text as RFC 5952 writes it.
import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AddressTable } from '../../src/model/address.js';
import { addressBytes } from '../support/endpoint.js';

type Words = readonly [number, number, number, number];

function words(text: string): Words {
  const view = new DataView(addressBytes(text).buffer);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}

describe('text', () => {
  it('of IPv4', () => {
    const table = new AddressTable();
    for (const [address, text] of [
      [0, '0.0.0.0'],
      [0x7f000001, '127.0.0.1'],
      [0xffffffff, '255.255.255.255'],
      [0x0a00ff09, '10.0.255.9'],
    ] as const) {
      const id = table.ipv4(address);
      assert.deepEqual([table.text(id), table.endpoint(id, 80)], [text, `${text}:80`]);
    }
  });

  // RFC 5952, sections 4.1 to 4.3, and its examples.
  for (const [given, text] of [
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::ABCD', '2001:db8::abcd'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['fe80:0:0:0:0:0:0:7', 'fe80::7'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
    ['0:2:3:4:5:6:0:0', '0:2:3:4:5:6::'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ] as const) {
    it(`of ${given}`, () => {
      const table = new AddressTable();
      const id = table.ipv6(...words(given));
      assert.deepEqual([table.text(id), table.endpoint(id, 9000)], [text, `[${text}]:9000`]);
    });
  }

  it('of any IPv6 address is read back as the same, is as short as it may be, and has no upper case', () => {
    const group = fc.oneof(fc.constant(0), fc.constant(0), fc.constant(1), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const table = new AddressTable();
        const given = words(groups.map((each) => each.toString(16)).join(':'));
        const text = table.text(table.ipv6(...given));
        assert.ok(isIPv6(text), text);
        assert.deepEqual(words(text), given);
        assert.equal(text, text.toLowerCase());
        assert.doesNotMatch(text, /(^|:)0[0-9a-f]/, 'no leading zeros');
        if (!text.includes('::')) assert.doesNotMatch(text, /(^|:)0:0(:|$)/, 'two zero groups are shortened');
      }),
    );
  });

  it('of a name is the name', () => {
    const table = new AddressTable();
    const id = table.named('app.example.org');
    assert.deepEqual([table.text(id), table.endpoint(id, 9000)], ['app.example.org', 'app.example.org:9000']);
  });
});

describe('ids', () => {
  it('are the same for the same address and differ otherwise, across families', () => {
    const table = new AddressTable();
    const ids = [
      table.ipv4(1),
      table.ipv4(2),
      table.ipv6(1, 0, 0, 0),
      table.ipv6(0, 0, 0, 1),
      table.named('1'),
      table.named('2'),
    ];
    assert.equal(new Set(ids).size, 6);
    const again = [
      table.ipv4(1),
      table.ipv4(2),
      table.ipv6(1, 0, 0, 0),
      table.ipv6(0, 0, 0, 1),
      table.named('1'),
      table.named('2'),
    ];
    assert.deepEqual(again, ids);
    assert.equal(table.size, 6);
  });

  it('stay what they are when there are many', () => {
    const table = new AddressTable();
    const v4 = Array.from({ length: 5000 }, (_, i) => table.ipv4((i * 2654435761) >>> 0));
    const v6 = Array.from({ length: 5000 }, (_, i) => table.ipv6(0x20010db8, 0, i >>> 8, i));
    assert.equal(new Set([...v4, ...v6]).size, 10_000);
    v4.forEach((id, i) => {
      assert.equal(table.ipv4((i * 2654435761) >>> 0), id);
    });
    v6.forEach((id, i) => {
      assert.equal(table.ipv6(0x20010db8, 0, i >>> 8, i), id);
    });
    assert.equal(table.size, 10_000);
  });
});
