// load-counter-drift: lighttpd's printed load against the connections of its own log.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCounterDrift } from '../../../src/analysis/checks/load-counter-drift.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

const SOCKET = 'unix:/run/event.sock-0';

/** A log of one connection every `step` seconds, of which one in five stays open; `printed` makes the printed load. */
function log(seconds: number, printed: (open: number, second: number) => number, step = 1): string {
  const lines = ['2026-03-01 12:00:00: (server.c.1704) server started (lighttpd/1.4.45)'];
  let open = 0;
  for (let second = 1; second <= seconds; second += step) {
    const time = `2026-03-01 12:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}`;
    lines.push(`${time}: (mod_fastcgi.c.1419) got proc: pid: 3664 socket: ${SOCKET} load: ${printed(++open, second)}`);
    if (second % 5 === 0) continue;
    lines.push(
      `${time}: (mod_fastcgi.c.1490) released proc: pid: 3664 socket: ${SOCKET} load: ${printed(--open, second)}`,
    );
  }
  return lines.join('\n');
}

describe('load-counter-drift', () => {
  it('warns where the printed load stays apart from the log', () => {
    const finding = theFinding(loadCounterDrift, NO_INPUT, {
      log: log(60, (open, second) => open + (second > 20 ? 3 : 0)),
    });
    assert.equal(finding.severity, 'warning');
    assert.match(finding.title, /1 process: pid 3664 by \+3$/);
    assert.match(
      finding.evidence[0].text,
      /pid 3664 on unix:\/run\/event\.sock-0: 60 got, 48 released; the printed load is 3 too high/,
    );
  });

  it('warns of a load below 0', () => {
    const finding = theFinding(loadCounterDrift, NO_INPUT, {
      log: log(30, (open, second) => (second > 25 ? -1 : open)),
    });
    assert.match(finding.evidence[0].text, /a load below 0 was printed/);
  });

  it('is silent where they agree, and where they differ for a moment only', () => {
    assert.deepEqual(findingsOf(loadCounterDrift, NO_INPUT, { log: log(60, (open) => open) }), []);
    const moment = log(60, (open, second) => open + (second === 30 ? 2 : 0));
    assert.deepEqual(findingsOf(loadCounterDrift, NO_INPUT, { log: moment }), []);
    const atTheEnd = log(60, (open, second) => open + (second > 54 ? 2 : 0));
    assert.deepEqual(findingsOf(loadCounterDrift, NO_INPUT, { log: atTheEnd }), []);
    const fewLines = log(120, (open, second) => open + (second > 60 ? 2 : 0), 9);
    assert.deepEqual(findingsOf(loadCounterDrift, NO_INPUT, { log: fewLines }), []);
  });

  it('is silent for a burst that is worked off', () => {
    const lines = ['2026-03-01 12:00:00: (server.c.1704) server started (lighttpd/1.4.69)'];
    for (let load = 1; load <= 25; load++) {
      lines.push(`2026-03-01 12:00:01: (gw_backend.c.263) got proc: pid: 10 socket: ${SOCKET} load: ${load}`);
    }
    for (let load = 24; load >= 0; load--) {
      lines.push(
        `2026-03-01 12:00:${30 - load}: (gw_backend.c.338) released proc: pid: 10 socket: ${SOCKET} load: ${load}`,
      );
    }
    assert.deepEqual(findingsOf(loadCounterDrift, NO_INPUT, { log: lines.join('\n') }), []);
  });

  it('is silent where a burst of connections is still being established when the log ends', () => {
    const lines = ['2026-03-01 12:00:00: (server.c.1704) server started (lighttpd/1.4.69)'];
    for (let load = 4; load < 40; load++) {
      lines.push(`2026-03-01 12:00:01: (gw_backend.c.263) got proc: pid: 10 socket: ${SOCKET} load: ${load}`);
    }
    assert.deepEqual(findingsOf(loadCounterDrift, NO_INPUT, { log: lines.join('\n') }), []);
  });

  it('is not applicable without a log', () => {
    assert.equal(runCheck(loadCounterDrift, NO_INPUT), 'not-applicable');
    const s = scene();
    s.conversation().connect().web(request()).app(response());
    assert.equal(runCheck(loadCounterDrift, s.capture()), 'not-applicable');
  });
});
