// daemon-gone: lighttpd's log of a unix socket on which nobody listens any more.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { daemonGone } from '../../../src/analysis/checks/daemon-gone.js';
import { findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';

const UNIX = 'unix:/run/app.sock';
const TCP = 'tcp:127.0.0.1:9000';

/** A served request, then failures a second apart. */
function log(socket: string, failures: number, reason: string): string {
  const lines = [
    '2026-03-01 12:00:00: (server.c.1704) server started (lighttpd/1.4.69)',
    `2026-03-01 12:00:01: (gw_backend.c.263) got proc: pid: 77 socket: ${socket} load: 1`,
    `2026-03-01 12:00:01: (gw_backend.c.338) released proc: pid: 77 socket: ${socket} load: 0`,
  ];
  for (let second = 2; second < 2 + failures; second++) {
    const time = `2026-03-01 12:00:${String(second).padStart(2, '0')}`;
    lines.push(`${time}: (gw_backend.c.276) establishing connection failed: socket: ${socket}: ${reason}`);
    lines.push(`${time}: (gw_backend.c.338) released proc: pid: 77 socket: ${socket} load: 0`);
  }
  return lines.join('\n');
}

describe('daemon-gone', () => {
  it('fires where nobody listens on a unix socket', () => {
    for (const reason of ['Connection refused', 'No such file or directory']) {
      const finding = theFinding(daemonGone, NO_INPUT, { log: log(UNIX, 5, reason) });
      assert.equal(finding.severity, 'error');
      assert.equal(finding.count, 5);
      assert.match(finding.title, /Nobody listened on unix:\/run\/app\.sock: 5 connection attempts failed/);
    }
  });

  it('is silent for a full queue, for TCP, and for a restart', () => {
    assert.deepEqual(findingsOf(daemonGone, NO_INPUT, { log: log(UNIX, 5, 'Resource temporarily unavailable') }), []);
    assert.deepEqual(findingsOf(daemonGone, NO_INPUT, { log: log(TCP, 5, 'Connection refused') }), []);
    assert.deepEqual(findingsOf(daemonGone, NO_INPUT, { log: log(UNIX, 2, 'Connection refused') }), []);
  });

  it('is not applicable without a log', () => {
    assert.equal(runCheck(daemonGone, NO_INPUT), 'not-applicable');
  });
});
