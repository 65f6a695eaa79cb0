// However a stream comes in pieces, everything the report is made of is the same: every single split position of every
// stream, byte by byte, and segments put together.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NamedListener, ProtocolName } from '../../src/analysis/session.js';
import { allCases } from '../fixtures/make.js';
import { sharedRoot } from '../support/paths.js';
import { random } from '../support/random.js';
import { type Observation, type Recording, Replay, record } from './observations.js';
import { difference, type Fact, factsOf, totals } from './session-facts.js';
import { SPLIT_CAPTURES } from './split-captures.js';

/** Positions tried in one connection: all, unless its streams are longer; then a sample, always with the edges. */
const MAX_POSITIONS = 30_000;
const EDGE = 24;
/** Variants told to one session before a new one is begun. */
const VARIANTS = 200;
/** Places of problems told to one session; far fewer than it keeps. */
const PLACES = 500;

/** Tells a connection's observations as row `row`, data cut by `pieces`. */
type Tell = (replay: Replay, row: number, observation: Observation, index: number) => void;

const whole: Tell = (replay, row, observation) => replay.tell(observation, row);

const bytewise: Tell = (replay, row, observation) => {
  if (observation.bytes.length === 0) replay.tell(observation, row);
  for (let at = 0; at < observation.bytes.length; at++) replay.tell(observation, row, at, at + 1);
};

function invariant(capture: Uint8Array, named: readonly NamedListener[], name: string, most = MAX_POSITIONS): void {
  const recording = record(capture);
  const learnt = listenersOf(recording, named);
  const all = wholeFacts(recording, named, whole);
  assert.equal(difference(wholeFacts(recording, named, bytewise), all), undefined, `${name}: byte by byte`);
  for (let connection = 0; connection < recording.connections; connection++) {
    const own = recording.observations.filter((observation) => observation.row === connection);
    invariantConnection(new Variants(recording, named, own, learnt), own, `${name}, connection ${connection}`, most);
  }
}

function invariantConnection(variants: Variants, own: readonly Observation[], name: string, most: number): void {
  const expected = variants.facts(whole);
  assert.equal(difference(variants.facts(whole), expected), undefined, `${name}: told twice`);
  assert.equal(difference(variants.facts(bytewise), expected), undefined, `${name}: byte by byte`);
  const total = own.reduce((sum, observation) => sum + observation.bytes.length, 0);
  const dice = random(total);
  own.forEach(({ bytes, side, kind }, cutIndex) => {
    for (let cut = 1; cut < bytes.length; cut++) {
      const edge = cut < EDGE || cut > bytes.length - EDGE;
      if (total > most && !edge && dice.below(total) > most) continue;
      const facts = variants.facts((replay, row, observation, index) => {
        if (index !== cutIndex) return replay.tell(observation, row);
        replay.tell(observation, row, 0, cut);
        replay.tell(observation, row, cut);
      });
      const differs = difference(facts, expected);
      assert.equal(differs, undefined, `${name}: observation ${cutIndex} (${kind} of side ${side}), cut at ${cut}`);
    }
  });
}

type Listeners = readonly (readonly [number, ProtocolName])[];

/** For each observation the listeners that other connections had shown before it. */
function listenersOf(recording: Recording, named: readonly NamedListener[]): Map<Observation, Listeners> {
  const replay = new Replay(recording, named);
  const { listeners } = replay.session;
  const finder = new Map<number, number>();
  const learnt = new Map<Observation, Listeners>();
  for (const observation of recording.observations) {
    const others = [...listeners].filter(([key]) => finder.get(key) !== observation.row);
    if (others.length > 0) learnt.set(observation, others);
    replay.tell(observation, observation.row);
    for (const key of listeners.keys()) if (!finder.has(key)) finder.set(key, observation.row);
  }
  return learnt;
}

/** Tells one connection again and again, each time as another connection of a session that knows nothing of the others. */
class Variants {
  private replay: Replay | undefined;
  private rows = 0;

  constructor(
    private readonly recording: Recording,
    private readonly named: readonly NamedListener[],
    private readonly own: readonly Observation[],
    private readonly learnt: ReadonlyMap<Observation, Listeners>,
  ) {}

  facts(tell: Tell): Fact[] {
    if (this.rows++ % VARIANTS === 0 || this.replay!.session.log.anomalies.places.length > PLACES)
      this.replay = undefined;
    this.replay ??= new Replay(this.recording, this.named);
    const { session } = this.replay;
    session.listeners.clear();
    const before = totals(session);
    const row = this.replay.connections.count;
    this.own.forEach((observation, index) => {
      for (const [key, protocol] of this.learnt.get(observation) ?? []) session.listeners.set(key, protocol);
      tell(this.replay!, row, observation, index);
    });
    return factsOf(session, row, before);
  }
}

/** Everything of all connections, heard together. */
function wholeFacts(recording: Recording, named: readonly NamedListener[], tell: Tell): Fact[] {
  const replay = new Replay(recording, named);
  const before = totals(replay.session);
  for (const [index, observation] of recording.observations.entries())
    tell(replay, observation.row, observation, index);
  replay.session.finish();
  const facts: Fact[] = [];
  for (let row = 0; row < recording.connections; row++) facts.push(...factsOf(replay.session, row, before));
  const { stderr } = replay.session.log;
  for (const { text, count, request, packet, time } of stderr.groups) facts.push(text, count, request, packet, time);
  return [...facts, ...[...replay.session.listeners].flat()];
}

for (const { name, bytes, named } of SPLIT_CAPTURES) test(`split: ${name}`, () => invariant(bytes, named ?? [], name));

for (const fixture of await allCases()) {
  const isCapture = !/\.(txt|log|gz)$/.test(fixture.fileName ?? '');
  test(`split: fixture ${fixture.name}`, { skip: !isCapture && 'no plain capture' }, () => {
    invariant(fixture.make(), [], fixture.name);
  });
}

const SHARED = ['x1_protocol_oddities', 'x2_multiplexed', 'j1_mixed_scgi_http_fcgi', 'g1_child_killed', 'i3_lossy'];
for (const name of SHARED) {
  test(`split: capture ${name}`, { skip: sharedRoot === undefined && 'FCGI_INSPECT_SHARED is not set' }, () => {
    invariant(readFileSync(join(sharedRoot!, 'captures', name, 'capture.pcap')), [], name, 3000);
  });
}
