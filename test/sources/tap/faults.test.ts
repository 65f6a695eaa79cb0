// Faults made in a tap: what the web server gets of them, what the report says, and that without one every byte passes.
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { CHECKS } from '../../../src/analysis/checks/index.js';
import { parseFault } from '../../../src/faults/parse-fault.js';
import { systemClock } from '../../../src/sources/clock.js';
import { type LiveTap, openLiveTap } from '../../../src/sources/tap/live-tap.js';
import { startRelay } from '../../../src/sources/tap/relay.js';
import { RelayFaults } from '../../../src/sources/tap/relay-faults.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { type Report, reportOf } from '../../support/report.js';
import { temporaryFolder } from '../../support/run-bin.js';
import { addressOf, connectTo, End, listenOn, noting } from './relay-scene.js';

const folder = temporaryFolder();
const BODY = 'x'.repeat(5000);
const ANSWER = Buffer.from(response({ body: BODY }));

interface Faulty {
  readonly tap: LiveTap;
  /** Requests as the application got them. */
  readonly heard: readonly string[];
  /** One request on a connection of its own, until the connection's end or an END_REQUEST of a kept one. */
  ask(uri?: string, keepConn?: boolean): Promise<End>;
  report(): Promise<Report & { tap: { faults: Record<string, number> } }>;
}

async function faulty(context: TestContext, ...faults: readonly string[]): Promise<Faulty> {
  const heard: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      // The empty record of STDIN.
      if (!text.includes('\x01\x05\x00\x01\x00\x00')) return;
      if (text.includes('/kept')) socket.write(ANSWER);
      else socket.end(ANSWER);
      heard.push(text);
      text = '';
    });
  });
  context.after(() => server.close());
  const to = await listenOn(server, addressOf('unix', folder));
  const tap = await openLiveTap({ pairs: [{ listen: addressOf('tcp', folder), to }], checks: CHECKS, faults });
  let closed = false;
  const close = async () => {
    if (!closed) await tap.close();
    closed = true;
  };
  context.after(close);
  return {
    tap,
    heard,
    async ask(uri = '/a.php', keepConn = false) {
      const end = new End(connectTo(tap.listening[0]));
      end.socket.write(request({ uri, keepConn }));
      await end.until(() => end.ended || end.closed || (keepConn && end.length >= ANSWER.length));
      if (!keepConn) end.socket.end();
      return end;
    },
    async report() {
      await close();
      return reportOf(tap.snapshot(), tap) as Awaited<ReturnType<Faulty['report']>>;
    },
  };
}

const has = (report: Report, id: string) => report.findings.some((finding) => finding.id === id);

describe('faults of a tap', { timeout: 60_000 }, () => {
  test('requests that no fault is about pass byte for byte', async (context) => {
    const { ask, report } = await faulty(
      context,
      "drop_end_request,match='uri ~ /other'",
      'header_bytes=100,after=100',
    );
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask()));
    for (const { bytes } of answers) assert.ok(bytes.equals(ANSWER));
    const { summary, tap } = await report();
    assert.deepEqual(tap.faults, {});
    assert.equal(summary.unfinished, 0);
  });

  test('an answer without END_REQUEST, once', async (context) => {
    const { ask, report } = await faulty(context, 'drop_end_request,count=1');
    const first = await ask();
    const second = await ask();
    assert.equal(first.length, ANSWER.length - 16);
    assert.ok(second.bytes.equals(ANSWER));
    const said = await report();
    assert.equal(said.summary.unfinished, 1);
    assert.deepEqual(said.tap.faults, { drop_end_request: 1 });
  });

  test('a web server that keeps the connection waits for it', async (context) => {
    const { tap, report } = await faulty(context, 'drop_end_request');
    const end = new End(connectTo(tap.listening[0]));
    end.socket.write(request({ uri: '/kept', keepConn: true }));
    await end.until(() => end.length >= ANSWER.length - 16);
    // For longer than the finding's second.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    end.socket.end();
    await end.until(() => end.ended);
    assert.ok(has(await report(), 'missing-end-request'));
  });

  test('match asks for the request', async (context) => {
    const { ask, report } = await faulty(context, "app_status=139,match='uri ~ /bad and method == GET'");
    await ask('/good.php');
    await ask('/bad.php');
    const { summary } = await report();
    assert.deepEqual(summary.appStatus, { 0: 1, 139: 1 });
  });

  test('refused with OVERLOADED', async (context) => {
    const { ask, report } = await faulty(context, 'end_status=OVERLOADED');
    const answer = await ask();
    assert.equal(answer.length, 16);
    const said = await report();
    assert.ok(has(said, 'overloaded'));
  });

  test('closed in the middle of the body, and reset before the head', async (context) => {
    const cut = await faulty(context, 'close_mid_body=1000');
    const end = await cut.ask();
    assert.ok(end.length > 1000 && end.length < 2000);
    assert.equal(end.error, undefined);
    assert.ok(has(await cut.report(), 'truncated-response'));
    const reset = await faulty(context, 'close_before_headers,how=rst');
    const gone = await reset.ask();
    assert.equal(gone.error, 'ECONNRESET');
    const said = await reset.report();
    assert.equal(said.connections[0].firstReset, 'application');
  });

  test('garbage, another version, another id', async (context) => {
    for (const [fault, problem] of [
      ['bad_version=7', 'record-bad-version'],
      ['bad_id', 'record-for-unknown-request'],
      ['garbage=http', 'record-bad-version'],
      ['double_end_request', 'record-for-unknown-request'],
    ] as const) {
      const { ask, report } = await faulty(context, fault);
      await ask();
      const { connections } = await report();
      assert.ok(
        connections[0].problems.some((code) => code === problem || code === 'data-after-end-request'),
        `${fault}: ${connections[0].problems}`,
      );
    }
  });

  test('latency, slices and a limited rate: later, not otherwise', async (context) => {
    const { ask, report } = await faulty(context, 'latency=150ms', 'slicer=1000', 'bandwidth=1MB');
    const began = systemClock.now();
    const answer = await ask();
    assert.ok(systemClock.now() - began >= 140);
    assert.ok(answer.bytes.equals(ANSWER));
    const { requests } = await report();
    assert.ok(requests[0].firstByte! - requests[0].begin >= 0.14);
  });

  test('upstream: the request comes late to the application', async (context) => {
    const { ask, report } = await faulty(context, 'latency=150ms,stream=upstream');
    await ask();
    const { requests } = await report();
    // What decides is known when PARAMS have ended: bytes that came with them are delayed.
    assert.ok(requests[0].firstByte! - requests[0].begin >= 0.14);
  });

  test('what is held back is not written over by what others send meanwhile', async (context) => {
    const { ask, heard } = await faulty(context, "latency=150ms,stream=upstream,match='uri ~ /late'");
    const late = ask('/late');
    for (let count = 0; count < 5; count++) await ask('/soon');
    assert.equal(heard.length, 5);
    await late;
    assert.equal(heard[5], Buffer.from(request({ uri: '/late' })).toString('latin1'));
  });

  test('limit_data closes wherever a record is', async (context) => {
    const { ask } = await faulty(context, 'limit_data=777');
    const answer = await ask();
    assert.equal(answer.length, 777);
    assert.ok(answer.bytes.equals(ANSWER.subarray(0, 777)));
  });

  test('kept connections: reset when used again, closed when idle, closed in spite of KEEP_CONN', async (context) => {
    const reused = await faulty(context, 'rst_if_reused');
    const end = await reused.ask('/kept', true);
    end.socket.write(request({ uri: '/kept', keepConn: true }));
    await end.until(() => end.closed);
    assert.equal(end.error, 'ECONNRESET');
    const idle = await faulty(context, 'close_when_idle=50ms');
    const kept = await idle.ask('/kept', true);
    await kept.until(() => kept.ended);
    assert.ok(kept.bytes.equals(ANSWER));
    kept.socket.end();
    const broken = await faulty(context, 'ignore_keep_conn');
    const short = await broken.ask('/kept', true);
    await short.until(() => short.ended);
    short.socket.end();
    assert.ok(has(await broken.report(), 'keep-alive-broken'));
  });

  test('no_close holds the end back until the web server closes', async (context) => {
    const { tap } = await faulty(context, 'no_close');
    const end = new End(connectTo(tap.listening[0]));
    end.socket.write(request());
    await end.until(() => end.length === ANSWER.length);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(end.ended, false);
    end.socket.end();
    await end.until(() => end.ended);
  });

  test('down: nobody listens for a while', async (context) => {
    const { tap, ask } = await faulty(context, 'down=300ms,count=1');
    await ask();
    const refused = new End(connectTo(tap.listening[0]));
    await refused.until(() => refused.closed);
    assert.equal(refused.error, 'ECONNREFUSED');
    for (let attempt = 0; ; attempt++) {
      const end = new End(connectTo(tap.listening[0]));
      end.socket.write(request());
      await end.until(() => end.closed || end.ended);
      end.socket.destroy();
      if (end.length > 0) break;
      assert.ok(attempt < 100);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  test('every fault of the tap can be made, and the relay ends afterwards', async (context) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.end(ANSWER));
      socket.on('end', () => socket.end());
    });
    context.after(() => server.close());
    const to = await listenOn(server, addressOf('tcp', folder));
    const { FAULTS } = await import('../../../src/faults/vocabulary.js');
    const values: Readonly<Record<string, string>> = {
      latency: '5ms',
      bandwidth: '1MB',
      limit_data: '100',
      slow_close: '5ms',
      timeout: '20ms',
      end_status: 'OVERLOADED',
      app_status: '1',
      id: '9',
      header_bytes: '64',
      stderr_bytes: '64',
      padding: '8',
      close_when_idle: '5ms',
      no_close: '5ms',
      down: '5ms',
    };
    for (const { name, at } of FAULTS) {
      if (!(at as readonly string[]).includes('tap')) continue;
      const text = values[name] === undefined ? name : `${name}=${values[name]}`;
      const notes: Parameters<typeof noting>[0] = [];
      const relay = await startRelay({
        pairs: [{ listen: addressOf('tcp', folder), to }],
        observer: noting(notes),
        clock: systemClock,
        faults: new RelayFaults([parseFault(text, 'tap')], systemClock),
      });
      const end = new End(connectTo(relay.listening[0]));
      end.socket.write(request());
      await end.until(() => end.ended || end.closed);
      end.socket.destroy();
      await relay.close();
      assert.equal(relay.open, 0);
      if (name !== 'down')
        assert.ok(
          notes.some(({ what, detail }) => what === 'fault' && detail[0] === name),
          name,
        );
    }
  });
});
