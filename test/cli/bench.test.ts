// `fcgi-inspect bench` as a program: it asks what it is told to ask, counts what becomes of it, and says so.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext, test } from 'node:test';
import { benchProgressText } from '../../src/cli/bench-progress.js';
import { createServer, type RequestHandler, type Server } from '../../src/endpoints/server/index.js';
import { LoadTally } from '../../src/load/load-tally.js';
import { type Run, startBin } from '../support/run-bin.js';

async function application(
  context: TestContext,
  responder: RequestHandler,
): Promise<{ server: Server; address: string }> {
  const server = createServer({ responder });
  context.after(() => server.close({ graceful: false }));
  await server.listen({ port: 0 });
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return { server, address: `127.0.0.1:${address.port}` };
}

function run(...args: readonly string[]): Promise<Run> {
  return startBin(['bench', ...args]).ended;
}

interface Result {
  readonly requests: number;
  readonly complete: number;
  readonly failed: number;
  readonly connections: number;
  readonly reused: number;
  readonly stdoutBytes: number;
  readonly unsent: number;
  readonly appStatusNotZero: number;
  readonly latency: {
    readonly least: number;
    readonly most: number;
    readonly percentiles: Record<string, number>;
    readonly buckets: number[][];
  };
  readonly statuses: Record<string, number>;
  readonly errors: Record<string, number>;
}

async function measure(...args: readonly string[]): Promise<Result> {
  const { status, stdout, stderr } = await run(...args, '--json');
  assert.deepEqual([status, stderr], [0, '']);
  return JSON.parse(stdout) as Result;
}

const hello: RequestHandler = (request) => request.end('\r\nhello');

describe('counted', () => {
  it('a connection for each request', async (context) => {
    const { server, address } = await application(context, hello);
    const result = await measure(address, '/x', '-n', '200', '-c', '8');
    assert.deepEqual([result.requests, result.complete, result.failed], [200, 200, 0]);
    assert.deepEqual([result.connections, result.reused, server.counters.accepted], [200, 0, 200]);
    assert.deepEqual(result.statuses, { 200: 200 });
    assert.equal(result.stdoutBytes, 200 * 7);
    assert.equal(
      result.latency.buckets.reduce((sum, [, , count]) => sum + count, 0),
      200,
    );
    const { least, most, percentiles } = result.latency;
    assert.ok(
      least > 0 && least <= percentiles['50'] && percentiles['50'] <= percentiles['99'] && percentiles['99'] <= most,
    );
  });

  it('kept connections, and several requests at a time on one', async (context) => {
    const { server, address } = await application(context, hello);
    const kept = await measure(address, '/', '-n', '100', '-c', '4', '-k');
    assert.deepEqual([kept.complete, kept.connections, kept.reused, server.counters.accepted], [100, 4, 96, 4]);
    let most = 0;
    const slow = await application(context, (request) => {
      most = Math.max(most, slow.server.counters.active);
      setTimeout(() => request.end('\r\n'), 5);
    });
    const shared = await measure(slow.address, '/', '-n', '64', '-c', '16', '-k', '--multiplex', '8');
    assert.deepEqual([shared.complete, slow.server.counters.accepted], [64, 2]);
    assert.ok(most > 2, `${most} at once`);
  });

  it('method, headers, body and params are asked', async (context) => {
    const seen: string[] = [];
    const { address } = await application(context, async (request) => {
      const { params } = request;
      const body = await request.readBody();
      seen.push([params.get('REQUEST_METHOD'), params.get('HTTP_X_A'), params.get('APP'), body].join(' '));
      request.appStatus = 2;
      request.end('Status: 201\r\n\r\n');
    });
    const result = await measure(address, '/', '-n', '3', '-c', '1', '-d', 'data', '-H', 'X-A: b', '-P', 'APP=c');
    assert.deepEqual(seen, Array(3).fill('POST b c data'));
    assert.deepEqual([result.statuses, result.appStatusNotZero], [{ 201: 3 }, 3]);
  });

  it('errors by kind, while the rest goes on', async (context) => {
    let number = 0;
    const { address } = await application(context, (request) => {
      if (++number % 4 === 0) request.connection?.destroy();
      else if (number % 4 === 1) {
        request.protocolStatus = 2;
        request.end();
      } else request.end('\r\n');
    });
    const result = await measure(address, '/', '-n', '40', '-c', '2');
    assert.deepEqual([result.complete, result.failed], [20, 20]);
    const kinds = Object.entries(result.errors);
    assert.equal(
      kinds.reduce((sum, [, count]) => sum + count, 0),
      20,
    );
    assert.ok(
      kinds.some(([kind, count]) => /^overloaded/.test(kind) && count === 10),
      JSON.stringify(result.errors),
    );
    assert.ok(
      kinds.every(([kind]) => /^(overloaded|closed|reset)/.test(kind)),
      JSON.stringify(result.errors),
    );
  });

  it('a rate that the application cannot keep: waiting counts, and what was never sent is told', async (context) => {
    const { address } = await application(context, (request) => void setTimeout(() => request.end('\r\n'), 20));
    const result = await measure(address, '/', '--rate', '1000', '-t', '500ms', '-c', '1', '-k');
    assert.ok(result.complete < 40 && result.unsent > 400, `${result.complete}, ${result.unsent}`);
    // The last ones were due long before: their service took 20 ms.
    assert.ok(result.latency.most > 300e6);
  });

  it('SCGI', async (context) => {
    const server = createServer({ responder: hello, protocol: 'scgi' });
    context.after(() => server.close({ graceful: false }));
    await server.listen({ port: 0 });
    const at = server.address();
    assert.ok(at && typeof at === 'object');
    const result = await measure(`127.0.0.1:${at.port}`, '/', '--scgi', '-n', '20', '-c', '4');
    assert.deepEqual([result.complete, result.connections], [20, 20]);
  });
});

test('the report for people', async (context) => {
  const { address } = await application(context, hello);
  const { status, stdout, stderr } = await run(address, '/x', '-n', '50', '-c', '5', '-k', '--ascii');
  assert.deepEqual([status, stderr], [0, '']);
  for (const line of [
    /^GET \/x to 127\.0\.0\.1:\d+, 5 at once, connections kept\n50 requests in .*: 50 complete, none failed\n/,
    /^[\d.,]+ requests\/s, .* of STDOUT, 5 connections opened, 45 requests on a kept one$/m,
    /^ {5}p99 .*[um]s .*[um]s$/m,
    /^ +\S+ \S+ to \S+ \S+ +\d+ {2}#+$/m,
    /^Statuses: 200 50$/m,
  ])
    assert.match(stdout, line);
  assert.match(stdout, /^[\x20-\x7e\n]*$/, 'nothing but ASCII');
});

test('nobody there: exit 7, and soon; usage: exit 2', async () => {
  const [gone, multiplex, scgi] = await Promise.all([
    run('127.0.0.1:1', '/', '-t', '60s'),
    run('127.0.0.1:1', '/', '--multiplex', '4'),
    run('127.0.0.1:1', '/', '--scgi', '-k'),
  ]);
  assert.equal(gone.status, 7);
  assert.match(gone.stderr, /^fcgi-inspect: nobody answers at 127\.0\.0\.1:1: connect-failed \(ECONNREFUSED\)\n/);
  assert.deepEqual([multiplex.status, scgi.status], [2, 2]);
  assert.match(multiplex.stderr, /add --keep-conn/);
});

test('Ctrl-C shows what was measured until then, exit 130', async (context) => {
  const { server, address } = await application(context, hello);
  const { process: child, ended } = startBin(['bench', address, '/', '-t', '60s', '-c', '2', '-k']);
  while (server.counters.requests < 50) await once(server, 'requestEnd');
  child.kill('SIGINT');
  const { status, stdout } = await ended;
  assert.equal(status, 130);
  assert.match(stdout, /requests in .*, interrupted: [\d,]+ complete/);
});

test('the line of progress', () => {
  const tally = new LoadTally();
  for (let i = 0; i < 100; i++)
    tally.completed({ due: 0, sent: 0, firstByte: 1, ended: 2, status: 200, appStatus: 0, reused: false });
  tally.error('closed');
  assert.equal(benchProgressText(tally, 1000, 4000, undefined), ' 25%   100 answers   100/s   p99 2 ms   1 failed');
  assert.match(benchProgressText(tally, 1000, undefined, 202), /^ 50%/);
  assert.match(benchProgressText(new LoadTally(), 0, 100, undefined), /^ {2}0% {3}0 answers {3}0\/s$/);
});
