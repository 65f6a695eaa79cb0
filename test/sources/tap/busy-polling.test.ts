// When the relay's thread stays awake, and when it stops: a thread that never sleeps takes a core from those it serves.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { APPLICATION, type Side, WEB_SERVER } from '../../../src/model/side.js';
import { BusyPolling, REST, SOON } from '../../../src/sources/tap/busy-polling.js';

/** An event loop in which each look takes a hundredth of SOON. */
class Loop {
  now = 1000;
  looks = 0;
  private next: (() => void) | undefined;
  readonly polling = new BusyPolling({ now: () => this.now }, (turn) => {
    assert.equal(this.next, undefined, 'asked for one look at a time');
    this.next = turn;
  });

  get awake(): boolean {
    return this.next !== undefined;
  }

  /** A piece comes so much later; what is looked for meanwhile finds nothing. */
  pieceAfter(milliseconds: number, side: Side = WEB_SERVER): void {
    this.pass(milliseconds);
    this.polling.arrived(side, this.now);
  }

  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    while (this.next !== undefined && this.now < until) this.look();
    this.now = Math.max(this.now, until);
  }

  look(): void {
    const turn = this.next;
    this.next = undefined;
    this.looks++;
    this.now += SOON / 100;
    turn?.();
  }

  /** As many as it takes until the average is about them alone. */
  manyPieces(pause: number): void {
    for (let i = 0; i < 1000; i++) this.pieceAfter(pause);
  }
}

describe('busy polling', () => {
  test('where pieces come in quick succession the next one finds the thread awake', () => {
    const loop = new Loop();
    loop.manyPieces(SOON / 2);
    const before = loop.looks;
    loop.pieceAfter(SOON / 2);
    assert.ok(loop.looks - before > 10, `${loop.looks - before} looks`);
    assert.ok(loop.awake);
  });

  test('where they come slowly it never looks', () => {
    const loop = new Loop();
    loop.manyPieces(SOON * 1.5);
    assert.equal(loop.looks, 0);
  });

  test('a few pieces at once after a long pause are no quick succession', () => {
    const loop = new Loop();
    for (let i = 0; i < 500; i++) {
      loop.pieceAfter(50);
      loop.pieceAfter(SOON / 50);
    }
    assert.equal(loop.looks, 0);
  });

  test('it sleeps when nothing has come for a moment, and wakes with the next piece', () => {
    const loop = new Loop();
    loop.manyPieces(SOON / 2);
    loop.pass(10);
    assert.equal(loop.awake, false);
    loop.pieceAfter(0);
    assert.ok(loop.awake);
  });

  test('where pieces are there at once it rests, and tries again later', () => {
    const loop = new Loop();
    loop.manyPieces(SOON / 2);
    // Whatever is looked for is there at the first look.
    const begun = loop.now;
    while (loop.awake) {
      loop.look();
      loop.polling.arrived(WEB_SERVER, loop.now);
      assert.ok(loop.now - begun < REST, 'it goes on for ever');
    }
    const rests = loop.now;
    while (!loop.awake) loop.pieceAfter(SOON / 100);
    assert.ok(loop.now - rests >= REST - SOON && loop.now - rests < REST + SOON, `after ${loop.now - rests} ms`);
  });

  test('one piece that was not waited for is no reason to rest', () => {
    const loop = new Loop();
    loop.manyPieces(SOON / 2);
    for (let i = 0; i < 300; i++) {
      loop.pieceAfter(SOON / 2);
      loop.polling.arrived(WEB_SERVER, loop.now);
    }
    assert.ok(loop.awake);
  });

  test('who can answer only when the thread sleeps is not waited for awake; the other side is', () => {
    const loop = new Loop();
    // The web server has to run where the relay runs: its next request comes when the relay has gone to sleep.
    const exchange = (): number => {
      loop.pieceAfter(SOON / 5, APPLICATION);
      const begun = loop.looks;
      while (loop.awake) loop.look();
      const looks = loop.looks - begun;
      loop.pieceAfter(SOON / 10, WEB_SERVER);
      return looks;
    };
    for (let i = 0; i < 500; i++) exchange();
    const before = { looks: loop.looks, now: loop.now };
    let inVain = 0;
    let exchanges = 0;
    for (; loop.now < before.now + 10 * REST; exchanges++) inVain += exchange();
    // It stops at the first look, but for the few attempts each tenth of a second.
    assert.ok(inVain / exchanges < 8, `${inVain / exchanges} looks an exchange, where SOON is 100`);
    const found = (loop.looks - before.looks - inVain) / exchanges;
    assert.ok(found > 15, `the application is waited for awake in all but ${found} of 20 looks`);
  });

  test('one wait in vain among many is no reason to rest', () => {
    const loop = new Loop();
    loop.manyPieces(SOON / 2);
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 4; j++) loop.pieceAfter(SOON / 2, j % 2 === 0 ? APPLICATION : WEB_SERVER);
      loop.pieceAfter(SOON * 1.1, APPLICATION);
      assert.ok(loop.awake);
    }
  });
});
