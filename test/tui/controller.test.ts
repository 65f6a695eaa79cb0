// What the screen does beside the keys: snapshots while input comes in, pausing, following, and work that is given up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKS } from '../../src/analysis/checks/index.js';
import { concludeSteps } from '../../src/analysis/conclude-steps.js';
import { Pipeline } from '../../src/analysis/pipeline.js';
import { ByteWindow } from '../../src/capture/byte-window.js';
import { openFrameReader } from '../../src/capture/detect.js';
import { FRAME } from '../../src/capture/frame-reader.js';
import { Frame } from '../../src/model/frame.js';
import { Controller } from '../../src/tui/controller.js';
import { lineText } from '../../src/tui/drawing/spans.js';
import { drawScreen } from '../../src/tui/screen.js';
import { type Command, initialState } from '../../src/tui/state.js';
import type { Turns } from '../../src/tui/work.js';
import { request, response } from '../support/fastcgi-messages.js';
import { scene } from '../support/scene.js';

/** A clock that is set, timers that it fires, and turns that are taken one by one. */
class SetTurns implements Turns {
  time = 0;
  private soonest: (() => void)[] = [];
  private timers: { at: number; work: () => void }[] = [];

  now(): number {
    return this.time;
  }

  soon(work: () => void): void {
    this.soonest.push(work);
  }

  after(milliseconds: number, work: () => void): () => void {
    const timer = { at: this.time + milliseconds, work };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  /** Lets time pass, and all work be done. */
  async pass(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    for (let round = 0; round < 200; round++) {
      const due = this.timers.filter(({ at }) => at <= this.time);
      this.timers = this.timers.filter(({ at }) => at > this.time);
      for (const { work } of due) work();
      const works = this.soonest.splice(0);
      for (const work of works) work();
      await Promise.resolve();
      if (works.length === 0 && due.length === 0) return;
    }
    throw new Error('the work does not end');
  }
}

/** A live source: connections are fed to it one after the other. */
class LiveSubject {
  readonly turns = new SetTurns();
  readonly commands: Command[] = [];
  readonly controller: Controller;
  private readonly pipeline = new Pipeline({});
  private connections = 0;

  constructor() {
    const data = {
      source: { name: 'interface lo', command: [], live: true, rereadable: false },
      phase: 'live' as const,
      progress: { packets: 0, bytes: 0, size: undefined, elapsed: 0 },
      shown: undefined,
      warnings: [],
    };
    this.controller = new Controller(
      initialState(data, { columns: 100, rows: 30 }, { ascii: false, colour: false }),
      {
        reread: undefined,
        command: async (command) => {
          this.commands.push(command);
          return undefined;
        },
        failed(error) {
          throw error;
        },
      },
      this.turns,
    );
    const files = [{ name: 'lo', format: 'pcap', compression: null, linkTypes: [1], packets: 0, bytes: 0, cut: false }];
    this.controller.opened({
      snapshotSteps: () =>
        concludeSteps({ pipeline: this.pipeline, files, problems: [], processes: [], checks: CHECKS }),
      histories: this.pipeline.tracker.histories,
    });
  }

  /** So many more connections with a request each. */
  feed(count: number): void {
    const own = scene('127.0.0.1:9000');
    for (let i = 0; i < this.connections + count; i++) {
      const each = own.conversation(i * 0.01);
      each.connect().web(request()).app(response()).finApp().finWeb();
    }
    const all = own.conversations;
    const fresh = scene('127.0.0.1:9000');
    fresh.conversations.push(...all.slice(this.connections));
    this.connections += count;
    const window = new ByteWindow();
    window.append(fresh.capture());
    window.finished = true;
    const opened = openFrameReader(window, 'pcap');
    if (opened.state !== 'reader') throw new Error('not readable');
    const frame = new Frame();
    while (opened.reader.next(frame) === FRAME) this.pipeline.frame(frame);
    this.controller.read({ packets: this.pipeline.packets, bytes: 0, size: undefined });
  }

  screen(): string {
    return drawScreen(this.controller.state).map(lineText).join('\n');
  }

  press(...names: readonly string[]): void {
    for (const name of names) this.controller.dispatch({ kind: 'key', key: { name } });
  }

  shownConnections(): number | undefined {
    return this.controller.state.data.shown?.snapshot.summary.connections;
  }
}

test('the first snapshot comes soon, later ones at intervals, and only when something came', async () => {
  const live = new LiveSubject();
  assert.match(live.screen(), /Waiting for packets/);
  live.feed(3);
  await live.turns.pass(10);
  assert.equal(live.shownConnections(), undefined);
  await live.turns.pass(300);
  assert.equal(live.shownConnections(), 3);
  const { revision } = live.controller.state.data.shown!;
  await live.turns.pass(1000);
  await live.turns.pass(1000);
  assert.equal(live.controller.state.data.shown!.revision, revision);
  live.feed(2);
  await live.turns.pass(300);
  assert.equal(live.shownConnections(), 5);
  assert.match(live.screen(), /LIVE 00:00:02/);
  live.controller.close();
});

test('a pause holds the screen, not the capture, and tells how much came', async () => {
  const live = new LiveSubject();
  live.feed(3);
  await live.turns.pass(300);
  live.press('p');
  live.feed(4);
  await live.turns.pass(2000);
  assert.equal(live.shownConnections(), 3);
  assert.match(live.screen(), /PAUSED at 00:00:00 {2}\+\d\d packets/);
  live.press('2');
  assert.match(live.screen(), /1 of 3/);
  live.press('p');
  await live.turns.pass(300);
  assert.equal(live.shownConnections(), 7);
  live.controller.close();
});

test('following stays at the newest row until the user moves', async () => {
  const live = new LiveSubject();
  live.feed(3);
  await live.turns.pass(300);
  live.press('2', 'F');
  live.feed(3);
  await live.turns.pass(300);
  assert.equal(live.controller.state.tables.connections.selected, 5);
  live.press('up');
  live.feed(3);
  await live.turns.pass(300);
  assert.equal(live.controller.state.tables.connections.selected, 4);
  live.controller.close();
});

test('an open timeline of a stream is told from the tables', async () => {
  const live = new LiveSubject();
  live.feed(1);
  await live.turns.pass(300);
  live.press('2', 'enter');
  const screen = live.screen();
  assert.match(screen, /outline/);
  assert.match(screen, /SYN ─+▶[\s\S]*BEGIN_REQUEST id 1[\s\S]*◀─+ END_REQUEST id 1[\s\S]*TIME_WAIT 60 s on this side/);
  live.press('c', 'q', '3', 'enter');
  assert.match(live.screen(), /a stream cannot be read twice/);
  live.controller.close();
});

test('nothing is added while a snapshot is made', async () => {
  const live = new LiveSubject();
  live.feed(3);
  live.turns.time += 100;
  live.controller.read({ packets: 1000, bytes: 0, size: undefined });
  assert.ok(live.controller.hold() instanceof Promise);
  await live.turns.pass(1);
  assert.equal(live.controller.hold(), undefined);
  live.controller.close();
});

test('after it is closed nothing happens any more', async () => {
  const live = new LiveSubject();
  live.feed(3);
  await live.turns.pass(300);
  live.controller.close();
  const { state } = live.controller;
  live.press('2', 'q');
  live.feed(3);
  await live.turns.pass(1000);
  assert.equal(live.controller.state, state);
});
