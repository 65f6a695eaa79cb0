// Asking for the status page: without harm to a pool that is full, and with what looking costs left out.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { after, describe, it } from 'node:test';
import { StatusPoll, type StatusPollOptions } from '../../src/endpoints/status-poll.js';
import { response } from '../support/fastcgi-messages.js';

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

/** An application that answers every connection with these bytes, or never. */
async function application(answer: Uint8Array | undefined): Promise<{ port: number; asked: () => number }> {
  let asked = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      asked++;
      if (answer) socket.end(answer);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, asked: () => asked };
}

function poll(port: number, more: Partial<StatusPollOptions> = {}): StatusPoll {
  return new StatusPoll({
    address: { kind: 'tcp', host: '127.0.0.1', port },
    name: `127.0.0.1:${port}`,
    path: '/status',
    timeout: 5000,
    ownListener: false,
    mark: 'mark',
    ...more,
  });
}

const PAGE = JSON.stringify({
  pool: 'www',
  'process manager': 'static',
  'total processes': 2,
  'accepted conn': 5,
  processes: [
    { pid: 1, state: 'Idle' },
    { pid: 2, state: 'Running', 'request uri': '/status?json&full&mark' },
  ],
});

describe('the status page', () => {
  it('is counted without the worker that answers', async () => {
    const { port } = await application(response({ body: PAGE }));
    const asking = poll(port, { maxChildren: 2 });
    const answer = await asking.ask(0);
    assert.ok(answer.kind === 'answered');
    assert.deepEqual(
      [answer.pool.load?.workers.own, answer.pool.load?.busy, answer.pool.load?.workers.idle],
      [1, 0, 1],
    );
    assert.equal(answer.pool.change, undefined);
    const again = await asking.ask(0);
    assert.ok(again.kind === 'answered');
    assert.equal(again.pool.change?.connections, 0, 'ours is not counted');
    assert.equal(asking.recent, 2);
  });

  it('is not asked for while others wait, unless it has an address of its own', async () => {
    const { port, asked } = await application(response({ body: PAGE }));
    assert.equal((await poll(port).ask(3)).kind, 'not-asked');
    assert.equal(asked(), 0);
    assert.equal((await poll(port, { ownListener: true }).ask(3)).kind, 'answered');
    assert.equal(
      (await poll(port).ask(Number.NaN)).kind,
      'answered',
      'a queue that is not known keeps nobody from asking',
    );
  });

  it('that does not come is not asked for again at once', async () => {
    const { port, asked } = await application(undefined);
    let now = 0;
    const clock = {
      now: () => now,
      after: (milliseconds: number, callback: () => void) => {
        const timer = setTimeout(() => {
          now += milliseconds;
          callback();
        }, 1);
        return { cancel: () => clearTimeout(timer) };
      },
    };
    const asking = poll(port, { timeout: 30, clock });
    const first = await asking.ask(0);
    assert.equal(first.kind, 'failed');
    assert.equal((await asking.ask(0)).kind, 'not-asked');
    now += 6000;
    assert.equal((await asking.ask(0)).kind, 'failed');
    assert.ok(asked() <= 2);
  });

  it('that does not exist is asked for once', async () => {
    const { port } = await application(response({ status: 404, body: 'File not found.' }));
    const asking = poll(port);
    const answer = await asking.ask(0);
    assert.ok(answer.kind === 'failed');
    assert.match(answer.reason, /has no status page \/status \(status 404\)/);
    assert.equal(asking.ended, true);
  });

  it('of an application that is gone is a reason, not an error', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const answer = await poll(port).ask(0);
    assert.ok(answer.kind === 'failed');
    assert.match(answer.reason, /refused/i);
  });
});
