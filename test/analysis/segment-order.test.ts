// Segments of one turn in any order, repeated, or cut again so that they overlap: the same requests, bytes, statuses and
// records, the same closes. What counts time or packets may differ, nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FIN } from '../../src/model/segment.js';
import { request, response } from '../support/fastcgi-messages.js';
import { inspect } from '../support/inspect.js';
import { type Random, random } from '../support/random.js';
import { type Report, reportOf } from '../support/report.js';
import { scene } from '../support/scene.js';
import { type CapturedSegment, captureOf, isPlainData, part, segmentsOf } from './captured-segments.js';
import { timeless } from './report-content.js';

interface Exchange {
  readonly id: number;
  readonly body: number;
  readonly answer: number;
  readonly status: number;
  readonly stderr: boolean;
}

interface Talk {
  readonly exchanges: readonly Exchange[];
  readonly mss: number;
  readonly keepConn: boolean;
  readonly closer: 'web-server' | 'application' | 'both' | 'reset' | 'nobody';
  /** Whether the sequence numbers pass 2^32 in the middle. */
  readonly wraps: boolean;
  readonly v6: boolean;
}

const talks: fc.Arbitrary<Talk> = fc.record({
  exchanges: fc.array(
    fc.record({
      id: fc.constantFrom(1, 1, 1, 2, 300),
      body: fc.nat(3000),
      answer: fc.nat(6000),
      status: fc.constantFrom(200, 302, 404, 500),
      stderr: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  mss: fc.constantFrom(60, 536, 1448),
  keepConn: fc.boolean(),
  closer: fc.constantFrom('web-server', 'application', 'both', 'reset', 'nobody'),
  wraps: fc.boolean(),
  v6: fc.boolean(),
});

function written(talk: Talk): Uint8Array {
  const play = talk.v6 ? scene('[::1]:9000', '[fe80::7]') : scene();
  const sequences = talk.wraps ? { webSequence: 2 ** 32 - 700, appSequence: 2 ** 32 - 1500 } : {};
  const c = play.conversation(0, { mss: talk.mss, ...sequences }).connect();
  for (const { id, body, answer, status, stderr } of talk.exchanges) {
    const post = body > 0 ? { method: 'POST', body: 'b'.repeat(body) } : {};
    c.web(request({ id, uri: `/${body}`, keepConn: talk.keepConn, streams: { recordSize: 500 }, ...post }));
    c.app(
      response({
        id,
        status,
        body: 'a'.repeat(answer),
        streams: { recordSize: 900 },
        ...(stderr ? { stderr: 'oops' } : {}),
      }),
      { after: 0.001 },
    );
  }
  if (talk.closer === 'web-server') c.finWeb().finApp();
  else if (talk.closer === 'application') c.finApp().finWeb();
  else if (talk.closer === 'both') c.finBoth();
  else if (talk.closer === 'reset') c.rstApp();
  return play.capture();
}

function report(packets: readonly CapturedSegment[], linkType: number): Report {
  const snapshot = inspect(captureOf(packets, linkType));
  return reportOf(snapshot, snapshot.pipeline.tracker);
}

/** Runs of payload of one side, nothing between them: these change places. */
function runs(packets: readonly CapturedSegment[]): CapturedSegment[][] {
  const found: CapturedSegment[][] = [];
  for (const packet of packets) {
    const run = found.at(-1);
    const moves = isPlainData(packet) && (packet.flags & FIN) === 0;
    if (moves && run && run[0].flow === packet.flow && isPlainData(run[0])) run.push(packet);
    else found.push([packet]);
  }
  return found;
}

/** The same packets in another order within windows of `reach`, at the same times. */
function shuffled(run: readonly CapturedSegment[], reach: number, dice: Random): CapturedSegment[] {
  const order = run.map((_, index) => index + (dice.below(1000) / 1000) * reach);
  const moved = run.map((packet, index) => ({ packet, at: order[index] })).sort((a, b) => a.at - b.at);
  return moved.map(({ packet }, index) => ({ ...packet, time: run[index].time }));
}

/** Some of the packets again, later in the run; some cut again across the old edges. */
function repeated(run: readonly CapturedSegment[], dice: Random): CapturedSegment[] {
  const result: CapturedSegment[] = [];
  for (const [index, packet] of run.entries()) {
    result.push(packet);
    const earlier = run[dice.below(index + 1)];
    if (dice.oneIn(4)) result.push({ ...earlier, time: packet.time });
    if (dice.oneIn(4) && earlier.length > 2) {
      const from = dice.below(earlier.length - 1);
      result.push({ ...part(earlier, from, dice.between(from + 1, earlier.length)), time: packet.time });
    }
    const next = run[index + 1];
    if (dice.oneIn(3) && next) result.push(across(packet, next, dice));
  }
  return result;
}

/** A segment with the end of one and the beginning of the next, which follows it in sequence. */
function across(packet: CapturedSegment, next: CapturedSegment, dice: Random): CapturedSegment {
  const tail = part(packet, dice.below(packet.length), packet.length);
  if (next.sequence !== (packet.sequence + packet.length) >>> 0) return tail;
  const head = part(next, 0, dice.between(1, next.length));
  const { ip, tcp, payload } = tail.layers!;
  const data = new Uint8Array(tail.data.length + head.length);
  data.set(tail.data);
  data.set(head.data.subarray(payload), tail.data.length);
  const isV6 = data[ip] >> 4 === 6;
  new DataView(data.buffer).setUint16(ip + (isV6 ? 4 : 2), data.length - (isV6 ? tcp : ip));
  const length = tail.length + head.length;
  return { ...tail, data, originalLength: data.length, length, layers: { ip, tcp, payload, end: data.length } };
}

const CHANGES: Readonly<Record<string, (run: readonly CapturedSegment[], dice: Random) => CapturedSegment[]>> = {
  'another order within a window of four': (run, dice) => shuffled(run, 4, dice),
  'any order': (run, dice) => shuffled(run, run.length * 2, dice),
  'segments repeated and overlapping': repeated,
  'all of it': (run, dice) => shuffled(repeated(run, dice), 6, dice),
};

for (const [name, change] of Object.entries(CHANGES)) {
  test(`${name}: the same report`, () => {
    let changed = 0;
    fc.assert(
      fc.property(talks, fc.nat(), (talk, seed) => {
        const { packets, linkType } = segmentsOf(written(talk))!;
        const whole = report(packets, linkType);
        assert.equal(whole.summary.requests, talk.exchanges.length);
        assert.equal(whole.summary.unfinished, 0);
        const dice = random(seed);
        const other = runs(packets).flatMap((run) => (run.length > 1 ? change(run, dice) : run));
        if (other.some((packet, index) => packet.sequence !== packets[index]?.sequence)) changed++;
        assert.deepEqual(timeless(report(other, linkType)), timeless(whole));
      }),
      { seed: 20260101, numRuns: 150 },
    );
    assert.ok(changed > 50, `${changed} changed`);
  });
}

test('first FINs, resets and states do not depend on the order of data before them', () => {
  fc.assert(
    fc.property(talks, fc.nat(), (talk, seed) => {
      const { packets, linkType } = segmentsOf(written(talk))!;
      const dice = random(seed);
      const other = runs(packets).flatMap((run) => (run.length > 1 ? CHANGES['all of it'](run, dice) : run));
      const closes = ({ connections }: Report) =>
        connections.map(({ firstFin, firstReset, timeWait, state }) => ({ firstFin, firstReset, timeWait, state }));
      assert.deepEqual(closes(report(other, linkType)), closes(report(packets, linkType)));
      const expected = {
        'web-server': 'web-server',
        application: 'application',
        both: 'simultaneous',
        reset: 'none',
        nobody: 'none',
      };
      assert.equal(report(other, linkType).connections[0].firstFin, expected[talk.closer]);
    }),
    { seed: 20260102, numRuns: 60 },
  );
});

test('packets of both sides in any order: nothing is lost but what cannot be paired, and nothing fails', () => {
  fc.assert(
    fc.property(talks, fc.nat(), (talk, seed) => {
      const { packets, linkType } = segmentsOf(written(talk))!;
      const dice = random(seed);
      const handshake = 3;
      const other = [...packets.slice(0, handshake), ...shuffled(packets.slice(handshake), 5, dice)];
      const whole = report(packets, linkType);
      const actual = report(other, linkType);
      assert.equal(actual.summary.connections, 1);
      assert.equal(actual.summary.requests, whole.summary.requests);
      assert.deepEqual(actual.summary.records, whole.summary.records);
      assert.deepEqual(actual.summary.recordBytes, whole.summary.recordBytes);
      const bytes = ({ connections: [{ bytesFromWebServer, bytesFromApplication }] }: Report) => [
        bytesFromWebServer,
        bytesFromApplication,
      ];
      assert.deepEqual(bytes(actual), bytes(whole));
    }),
    { seed: 20260103, numRuns: 100 },
  );
});
