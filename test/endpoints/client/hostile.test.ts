// Random answers on a real socket: a request always ends, the client always goes on, nothing is thrown elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClientError, FastcgiClient } from '../../../src/endpoints/client/index.js';
import { endRequest, record } from '../../../src/fastcgi/encode.js';
import { concat } from '../../support/bytes.js';
import { response } from '../../support/fastcgi-messages.js';
import { cuts, pieces } from '../../support/pieces.js';
import { withApplication } from '../../support/scripted-application.js';

const part = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(6, 7, 6, 7, 3, 10, 11, 99, 1),
      fc.constantFrom(0, 1, 1, 1, 2),
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(9),
    )
    .map(([type, id, content, padding]) => record(type, id, content, padding)),
  fc.constant(record(6, 1, 'Status: 200\r\n\r\nbody')),
  fc.tuple(fc.nat(0xffffffff), fc.nat(4)).map(([app, status]) => endRequest(1, app, status)),
  fc.uint8Array({ maxLength: 12 }),
);
const answers = fc.array(part, { maxLength: 8 }).map((list) => concat(...list));

test('any bytes, cut anywhere, then a close: every request ends, and a good answer is still understood', {
  timeout: 60_000,
}, async () => {
  let next: readonly Uint8Array[] = [];
  await withApplication(
    async (connection) => {
      await connection.requests(1);
      for (const piece of next) {
        if (connection.socket.writable) connection.send(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      connection.finish();
    },
    async (application) => {
      await fc.assert(
        fc.asyncProperty(answers, cuts, fc.boolean(), async (bytes, shares, multiplex) => {
          const client = new FastcgiClient(application.address, { multiplex: multiplex ? 4 : 'never', maxHead: 200 });
          next = pieces(bytes, shares);
          try {
            const answer = await client.request();
            await answer.text();
            assert.equal(answer.protocolStatus, 0);
          } catch (error) {
            assert.ok(error instanceof ClientError, String(error));
          }
          next = [response({ body: 'good' })];
          assert.equal(await (await client.request({ method: 'POST', repeatable: true })).text(), 'good');
          await client.destroy();
          assert.equal(client.counts.connections, 0);
        }),
        { seed: 21, numRuns: 250 },
      );
    },
  );
});
