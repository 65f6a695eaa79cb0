// Cutting streams into records for a relay: nothing is lost and nothing is added, however the bytes arrive.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BeginningRequest } from '../../src/faults/fault-schedule.js';
import { RecordSplitter, recordBytes } from '../../src/faults/record-splitter.js';
import { RequestWatch } from '../../src/faults/request-watch.js';
import { request, response } from '../support/fastcgi-messages.js';

/** What comes out of the splitter for these pieces, as one stream. */
function through(stream: Uint8Array, lengths: readonly number[]): { bytes: Buffer; records: number } {
  const splitter = new RecordSplitter();
  const out: Uint8Array[] = [];
  let records = 0;
  let at = 0;
  for (const length of [...lengths, stream.length]) {
    const piece = new Uint8Array(stream.subarray(at, at + length));
    at += piece.length;
    for (const each of splitter.push(piece)) {
      if (each instanceof Uint8Array) out.push(each);
      else {
        records++;
        assert.deepEqual(Buffer.from(recordBytes(each)).subarray(0, 7), Buffer.from(each.bytes).subarray(0, 7));
        out.push(each.bytes);
      }
    }
    // What was lent may be written over.
    piece.fill(0xee);
  }
  out.push(splitter.take());
  return { bytes: Buffer.concat(out), records };
}

test('records come out whole, whatever the pieces', () => {
  const stream = Buffer.from(response({ body: 'y'.repeat(3000) }));
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 40 }), (lengths) => {
      const { bytes, records } = through(stream, lengths);
      assert.ok(bytes.equals(stream));
      assert.ok(records >= 2);
    }),
  );
});

test('any bytes at all come out as they went in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(40), { maxLength: 20 }), (stream, lengths) => {
      assert.ok(through(stream, lengths).bytes.equals(Buffer.from(stream)));
    }),
  );
});

test('a request is known when its PARAMS have ended, and not before', () => {
  const stream = request({ uri: '/shop/cart?item=1', keepConn: true });
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 30 }), (lengths) => {
      const seen: (number | BeginningRequest)[] = [];
      const watch = new RequestWatch({ began: (id) => seen.push(id), known: (each) => seen.push(each) });
      let at = 0;
      for (const length of [...lengths, stream.length]) {
        watch.push(stream.slice(at, at + length));
        at += length;
      }
      assert.equal(seen.length, 2);
      const [id, known] = seen as [number, BeginningRequest];
      assert.equal(id, 1);
      assert.equal(known.id, 1);
      assert.equal(known.keepConn, true);
      assert.equal(known.param('REQUEST_URI'), '/shop/cart?item=1');
      assert.equal(known.param('HTTP_COOKIE'), undefined);
    }),
  );
});

test('what is no FastCGI is not looked at', () => {
  const watch = new RequestWatch({ began: () => assert.fail(), known: () => assert.fail() });
  watch.push(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  watch.push(request());
});
