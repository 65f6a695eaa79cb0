// Items 17 to 28 of the conformance checklist, as far as they concern the codec and the application's end: name-value
// pairs and PARAMS (specification 1.0, sections 3.4 and 5.2).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PARAMS, STDIN } from '../../src/fastcgi/constants.js';
import { beginRequest, nameValuePairs, params, record, stream } from '../../src/fastcgi/encode.js';
import { Params } from '../../src/protocol/application-params.js';
import { concat, hex } from '../support/bytes.js';
import { request } from '../support/fastcgi-messages.js';
import { single } from '../support/pieces.js';
import { Application, echo } from './application.js';

/** PARAMS of those bytes as an application has them. */
function read(content: Uint8Array, application = new Application()): Params {
  application.push(beginRequest(1), stream(PARAMS, 1, content));
  assert.deepEqual(application.codes, []);
  return application.requests.get(1)!.params;
}

describe('name-value pairs', () => {
  it('item 17: lengths up to 127 take one byte, longer ones four', () => {
    for (const [length, bytes] of [
      [0, '00'],
      [1, '01'],
      [127, '7f'],
      [128, '80 00 00 80'],
      [255, '80 00 00 ff'],
      [256, '80 00 01 00'],
      [65_535, '80 00 ff ff'],
      [65_536, '80 01 00 00'],
    ] as const) {
      const value = 'v'.repeat(length);
      const content = nameValuePairs({ N: value });
      assert.deepEqual(content.subarray(0, 1 + hex(bytes).length), hex(`01 ${bytes}`));
      assert.equal(read(content).get('N'), value);
    }
    // 2^31 - 1, of which nothing comes.
    const application = new Application();
    application.push(beginRequest(1), record(PARAMS, 1, hex('01 ff ff ff ff 4e')), record(PARAMS, 1));
    assert.deepEqual(application.codes, ['params-too-large']);
  });

  it('item 18: every combination of short and long lengths is read', () => {
    const long = 'x'.repeat(200);
    for (const [name, value] of [
      ['n', 'v'],
      ['n', long],
      [long, 'v'],
      [long, long],
    ]) {
      assert.deepEqual([...read(nameValuePairs({ [name]: value }))], [[name, value]]);
    }
  });

  it('item 19: a short length in four bytes is read, and not written', () => {
    assert.deepEqual([...read(hex('80000001 80000005 4e 6162636465'))], [['N', 'abcde']]);
    assert.deepEqual(nameValuePairs({ N: 'abcde' }), hex('01 05 4e 6162636465'));
  });

  it('item 20: lengths, name, value, and nothing between them', () => {
    assert.deepEqual(
      nameValuePairs([
        ['SERVER_PORT', '80'],
        ['SERVER_ADDR', '199.170.183.42'],
      ]),
      concat(hex('0b 02'), 'SERVER_PORT', '80', hex('0b 0e'), 'SERVER_ADDR', '199.170.183.42'),
    );
  });

  it('item 21: names and values are bytes, and all of them come through', () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const given = read(nameValuePairs([[all, all]]));
    assert.deepEqual([...given.bytes()], [[all, all]]);
    const latin1 = Buffer.from(all).toString('latin1');
    assert.deepEqual([...given], [[latin1, latin1]]);
    const utf8 = read(nameValuePairs({ 'N\u00e4me': 'W\u00fcrde\u2713' }));
    assert.equal(utf8.get('N\u00e4me'), 'W\u00fcrde\u2713');
    assert.deepEqual(concat(utf8.getBytes('N\u00e4me')!), concat('W\u00fcrde\u2713'));
    assert.equal(utf8.getLatin1('N\u00e4me'), Buffer.from('W\u00fcrde\u2713').toString('latin1'));
  });

  it('item 22: names and values may be empty, and an empty value is not an absent one', () => {
    const given = read(hex('0b 00 4454475f4c454e4754485f 00 01 78 00 00'));
    assert.deepEqual(
      [...given],
      [
        ['DTG_LENGTH_', ''],
        ['', 'x'],
        ['', ''],
      ],
    );
    assert.deepEqual([given.get('DTG_LENGTH_'), given.has('DTG_LENGTH_'), given.get('')], ['', true, '']);
    assert.deepEqual([given.get('OTHER'), given.has('OTHER'), given.size], [undefined, false, 3]);
  });

  it('item 23: a pair may be cut into records at every byte', () => {
    const pairs: [string, string][] = [
      ['SERVER_ADDR', '199.170.183.42'],
      ['L'.repeat(130), 'v'.repeat(300)],
      ['', ''],
      ['LAST', 'x'],
    ];
    const content = nameValuePairs(pairs);
    for (let at = 1; at < content.length; at++) {
      const application = new Application();
      const cut = concat(record(PARAMS, 1, content.subarray(0, at)), record(PARAMS, 1, content.subarray(at), 5));
      application.push(beginRequest(1), cut, record(PARAMS, 1));
      assert.deepEqual([...application.requests.get(1)!.params], pairs, `cut at ${at}`);
    }
    for (let size = 1; size <= 20; size++) {
      const application = new Application();
      application.push(...single(concat(beginRequest(1), stream(PARAMS, 1, content, { recordSize: size }))));
      assert.deepEqual([...application.requests.get(1)!.params], pairs, `records of ${size}`);
    }
  });

  it('item 24: PARAMS that end inside a pair end the request, and say so', () => {
    const content = nameValuePairs({ SERVER_PORT: '80', LONG: 'v'.repeat(200) });
    const boundary = nameValuePairs({ SERVER_PORT: '80' }).length;
    for (let length = 1; length < content.length; length++) {
      const application = echo();
      application.push(beginRequest(1, 1, 1), stream(PARAMS, 1, content.subarray(0, length)), record(STDIN, 1, 'x'));
      application.push(record(STDIN, 1), request({ id: 2, keepConn: true, body: 'abc' }));
      const lines = application.lines();
      if (length === boundary) {
        assert.deepEqual([application.codes, lines[0]], [['content-length-mismatch'], 'STDOUT 1: \r\nx']);
        continue;
      }
      assert.deepEqual(application.codes, ['params-truncated'], `cut at ${length}`);
      assert.deepEqual(lines, [
        'STDERR 1: PARAMS of request 1 end inside a name-value pair\n',
        'STDERR 1 ends',
        'STDOUT 1 ends',
        'END_REQUEST 1: 1 REQUEST_COMPLETE',
        'STDOUT 2: \r\nabc',
        'STDOUT 2 ends',
        'END_REQUEST 2: 0 REQUEST_COMPLETE',
      ]);
      assert.deepEqual(application.heard, ['dropped', 'ready 2', 'stdin 2 ends', 'ended 2']);
    }
  });

  it('item 25: a length beyond the limits is refused before anything is kept for it', () => {
    for (const lengths of ['ff ff ff ff ff ff ff ff', '7f ff ff ff ff', '81 00 00 00 00', '00 ff ff ff ff']) {
      const application = new Application();
      application.push(beginRequest(1), record(PARAMS, 1, concat(hex(lengths), 'x')));
      assert.deepEqual(application.codes, ['params-too-large'], lengths);
      assert.deepEqual(application.lines(), ['END_REQUEST 1: 0 OVERLOADED']);
    }
    const application = new Application({ limits: { pairBytes: 100 } });
    application.push(beginRequest(1, 1, 1), params(1, { N: 'v'.repeat(99) }));
    application.push(beginRequest(2, 1, 1), params(2, { N: 'v'.repeat(100) }));
    assert.deepEqual(application.heard, ['ready 1', 'dropped']);
    assert.deepEqual(application.lines(), ['END_REQUEST 2: 0 OVERLOADED']);
  });

  it('item 26: of a repeated name all values are kept in order, and the last one is found', () => {
    const given = read(
      nameValuePairs([
        ['A', '1'],
        ['B', 'x'],
        ['A', '2'],
        ['L'.repeat(200), '3'],
        ['L'.repeat(200), '4'],
      ]),
    );
    assert.deepEqual([given.get('A'), given.getAll('A')], ['2', ['1', '2']]);
    assert.deepEqual([given.get('L'.repeat(200)), given.getAll('L'.repeat(200))], ['4', ['3', '4']]);
    assert.deepEqual(
      [...given].map(([name]) => name[0]),
      ['A', 'B', 'A', 'L', 'L'],
    );
    assert.deepEqual(Object.entries(given.toObject()), [
      ['A', '2'],
      ['B', 'x'],
      ['L'.repeat(200), '4'],
    ]);
  });

  it('item 28: bytes and pairs of PARAMS are limited, alone and over a connection', () => {
    const tiny = new Uint8Array(2_000_000);
    const byCount = new Application({ limits: { paramsBytes: 1 << 24 } });
    byCount.push(beginRequest(1, 1, 1), stream(PARAMS, 1, tiny), record(STDIN, 1));
    assert.deepEqual([byCount.codes, byCount.lines()], [['params-too-large'], ['END_REQUEST 1: 0 OVERLOADED']]);
    assert.match(byCount.problems[0].detail, /more than 10000 pairs/);

    const byBytes = new Application({ limits: { paramsBytes: 1000, paramsCount: 1e9 } });
    byBytes.push(beginRequest(1, 1, 1), stream(PARAMS, 1, tiny.subarray(0, 1000)), record(STDIN, 1));
    assert.deepEqual(byBytes.heard, ['ready 1', 'stdin 1 ends']);
    byBytes.end(1).push(beginRequest(2, 1, 1), stream(PARAMS, 2, tiny.subarray(0, 1001)));
    assert.deepEqual(byBytes.lines().slice(2), ['END_REQUEST 2: 0 OVERLOADED']);

    // Many requests whose PARAMS never end share one limit.
    const shared = new Application({ limits: { paramsBytes: 1000 } });
    for (let id = 1; id <= 5; id++) shared.push(beginRequest(id, 1, 1), record(PARAMS, id, tiny.subarray(0, 300)));
    assert.deepEqual(shared.lines(), ['END_REQUEST 4: 0 OVERLOADED', 'END_REQUEST 5: 0 OVERLOADED']);
    shared.push(record(PARAMS, 1), record(PARAMS, 2), beginRequest(6, 1, 1), record(PARAMS, 6, tiny.subarray(0, 600)));
    assert.deepEqual([shared.heard, shared.machine.active], [['dropped', 'dropped', 'ready 1', 'ready 2'], 4]);
  });

  it('are the same when they are read with every pair or by name', () => {
    const text = fc.string({ unit: 'binary', maxLength: 150 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 12 }), fc.boolean(), (pairs, long) => {
        const content = nameValuePairs(pairs, long);
        const given = content.length === 0 ? Params.empty : read(content);
        assert.deepEqual([...given], pairs);
        assert.deepEqual([...Params.from(pairs)], pairs);
        for (const [name] of pairs) {
          assert.equal(given.get(name), pairs.findLast(([other]) => other === name)![1]);
          assert.deepEqual(
            given.getAll(name),
            pairs.filter(([other]) => other === name).map(([, value]) => value),
          );
        }
        const seen: [string, string][] = [];
        given.forEach((value, name) => void seen.push([name, value]));
        assert.deepEqual(seen, pairs);
      }),
    );
  });
});
