// The same bytes in smaller TCP segments give the same report, through the whole analysis.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NamedListener } from '../../src/analysis/session.js';
import { FIN } from '../../src/model/segment.js';
import { namedListeners } from '../fixtures/expected.js';
import { allCases } from '../fixtures/make.js';
import { inspect } from '../support/inspect.js';
import { sharedRoot } from '../support/paths.js';
import { type Random, random } from '../support/random.js';
import { type Report, reportOf } from '../support/report.js';
import { type CapturedSegment, captureOf, part, type Segments, segmentsOf, sentOnce } from './captured-segments.js';
import { withoutPackets } from './report-content.js';
import { SPLIT_CAPTURES } from './split-captures.js';

/** Each time other segments are cut, at other places. */
const VARIANTS = 4;
/**
 * What counts packets: a segment that fills a hole late was sent again, as one packet or two; and data that came with
 * the FIN gets no letter of its own in the history.
 */
const OF_PACKETS = ['retransmissions', 'history'];

function report(packets: readonly CapturedSegment[], { linkType }: Segments, named: readonly NamedListener[]): Report {
  const snapshot = inspect(captureOf(packets, linkType), { named });
  return reportOf(snapshot, snapshot.pipeline.tracker);
}

/** Cuts every other segment that can be cut into two to four pieces, some of them of a single byte. */
function cut(segments: Segments, once: ReadonlySet<CapturedSegment>, dice: Random): CapturedSegment[] {
  return segments.packets.flatMap((packet) => {
    if (!once.has(packet) || packet.length < 2 || dice.oneIn(2)) return [packet];
    const ends = new Set([packet.length]);
    for (let left = dice.between(1, 3); left > 0; left--) {
      ends.add(dice.oneIn(3) ? dice.between(1, Math.min(9, packet.length - 1)) : dice.between(1, packet.length - 1));
    }
    const sorted = [...ends].sort((a, b) => a - b);
    return sorted.map((end, index) => part(packet, sorted[index - 1] ?? 0, end));
  });
}

function withoutFins(packets: ReadonlySet<CapturedSegment>): Set<CapturedSegment> {
  return new Set([...packets].filter((packet) => (packet.flags & FIN) === 0));
}

function sameReports(capture: Uint8Array, named: readonly NamedListener[]): number {
  const segments = segmentsOf(capture);
  assert.ok(segments, 'a capture of one link type');
  const whole = report(segments.packets, segments, named);
  const once = sentOnce(segments.packets);
  let pieces = 0;
  for (let variant = 0; variant < VARIANTS; variant++) {
    const dice = random(variant * 7919 + segments.packets.length);
    const isLossless = whole.connections.every((connection) => connection.retransmissions === 0);
    const withFins = variant % 2 === 1 || !isLossless;
    const packets = cut(segments, withFins ? once : withoutFins(once), dice);
    pieces += packets.length - segments.packets.length;
    const others = withFins ? OF_PACKETS : [];
    const actual = withoutPackets(report(packets, segments, named), others);
    assert.deepEqual(actual, withoutPackets(whole, others), `variant ${variant}`);
  }
  return pieces;
}

let pieces = 0;
for (const { name, bytes, named } of SPLIT_CAPTURES) {
  test(`smaller segments: ${name}`, () => {
    pieces += sameReports(bytes, named ?? []);
  });
}

for (const fixture of await allCases()) {
  const bytes = fixture.make();
  const plain = !/\.(txt|log|gz)$/.test(fixture.fileName ?? '') && segmentsOf(bytes) !== undefined;
  test(`smaller segments: fixture ${fixture.name}`, { skip: !plain && 'no capture of one link type' }, () => {
    pieces += sameReports(bytes, namedListeners(fixture.args));
  });
}

for (const name of [
  'c3_nginx_keepalive_recycled',
  'd5_lighttpd_eof',
  'x1_protocol_oddities',
  'x2_multiplexed',
  'i3_lossy',
  'i2_veth_mtu1500',
]) {
  test(`smaller segments: capture ${name}`, {
    skip: sharedRoot === undefined && 'FCGI_INSPECT_SHARED is not set',
  }, () => {
    pieces += sameReports(readFileSync(join(sharedRoot!, 'captures', name, 'capture.pcap')), []);
  });
}

test('segments were cut', () => assert.ok(pieces > 1000, `${pieces}`));
