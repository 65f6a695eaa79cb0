// The host's view as text and as JSON: what it says, what it leaves out, and that names of other people's processes
// cannot act on the terminal.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostObject } from '../../src/reporters/host-json.js';
import { hostPeriodText, hostText } from '../../src/reporters/host-text.js';
import { textWidth } from '../../src/reporters/text-layout.js';
import { connection, listener, master, sample, viewOf, waiting, worker } from '../support/host.js';

const OPTIONS = { width: 100, colour: false, ascii: false, limit: 20, showQueries: false };

const BUSY = viewOf(
  sample(
    0,
    [
      listener({
        connections: [connection({ inode: 100 }), waiting(40003, 2), waiting(40004, 1.5, { bytesReceived: 0 })],
        limit: 1,
        drops: 4,
        application: { ESTAB: 3, 'TIME-WAIT': 12 },
        webServer: { ESTAB: 3, 'SYN-SENT': 1 },
        ports: [{ source: '127.0.0.1', destination: '127.0.0.1:9000', live: 4, timeWait: 0, youngTimeWait: 0 }],
      }),
    ],
    {
      processes: [master(), worker(11, [100]), worker(12)],
      counters: new Map([['TcpExt.ListenOverflows', 14]]),
      missing: [{ code: 'socket-owners', text: 'something is not known', hint: 'run it as root' }],
    },
  ),
);

describe('the host as text', () => {
  const text = [...hostText(BUSY, OPTIONS)].join('');

  it('says what a listener does', () => {
    assert.match(text, /^127\.0\.0\.1:9000\n {2}accept queue {4}2 of 1 FULL {3}longest wait 2 s {3}none dropped\n/);
    assert.match(text, / {2}waiting {9}127\.0\.0\.1:40003 2 s {3}127\.0\.0\.1:40004 1\.5 s, no byte sent\n/);
    assert.match(text, / {2}connections {5}2 not accepted {3}1 with a request\n/);
    assert.match(text, / {2}application {5}ESTAB 3 {3}TIME-WAIT 12\n/);
    assert.match(text, / {2}web server {6}ESTAB 3 {3}SYN-SENT 1\n/);
    assert.match(text, / {2}ports {11}127\.0\.0\.1 to 127\.0\.0\.1:9000: 4 of 28,232 \(<0\.1%\)\n/);
    assert.match(text, / {2}workers {9}1 of 2 hold a connection\n/);
  });

  it('lists processes, those with connections first, and counters with - at the first look', () => {
    assert.match(
      text,
      /Processes {2}3\n.*pid.*does\n +11 .*has a request, sleeps\n +12 .*waits in accept\n +10 .*master/,
    );
    assert.match(text, /Kernel counters\n {2}Of the network namespace.*\n {2}ListenOverflows - \/ - \/ 14/);
    assert.match(text, /Not seen\n {2}something is not known: run it as root\.\n$/);
  });

  it('fits its width, and ASCII where that is asked for', () => {
    for (const width of [60, 80, 120]) {
      for (const line of [...hostText(BUSY, { ...OPTIONS, width })].join('').split('\n'))
        assert.ok(textWidth(line) <= width, line);
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question
    assert.match([...hostText(BUSY, { ...OPTIONS, ascii: true })].join(''), /^[\x00-\x7f]*$/);
  });

  it('lets no name act on the terminal', () => {
    const evil = '\u001b]0;owned\u0007\n\u202e';
    const view = viewOf(
      sample(0, [listener({ address: `unix:/tmp/${evil}`, kind: 'unix' })], {
        processes: [worker(11, [], { name: evil, title: evil })],
      }),
    );
    const both = [...hostText(view, OPTIONS), ...hostPeriodText(view, OPTIONS)].join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question
    assert.doesNotMatch(both, /[\u0007\u001b\u202e]/);
  });

  it('says what state an address is in', () => {
    const state = (kind: 'closed' | 'missing' | 'elsewhere') =>
      [
        ...hostText(viewOf(sample(0, [listener({ state: kind, queues: [], bound: '' })], { processes: [] })), OPTIONS),
      ].join('');
    assert.match(state('closed'), /Nobody listens there\./);
    assert.match(state('missing'), /There is no such socket\./);
    assert.match(state('elsewhere'), /not an address of this host/);
    assert.doesNotMatch(state('elsewhere'), /accept queue/);
  });
});

describe('the host as JSON', () => {
  it('has raw numbers, seconds, and null for what is not known', () => {
    const [seen] = hostObject(BUSY).listeners;
    assert.deepEqual(seen.acceptQueue, {
      source: 'host',
      depth: 2,
      limit: 1,
      full: true,
      maxDepth: 2,
      longestWait: 2,
      notEmptyFor: 2,
      dropped: null,
      droppedInAll: 0,
      sockets: [{ inode: 1, depth: 2, limit: 1, dropped: 4 }],
    });
    assert.equal(JSON.stringify(hostObject(BUSY)).includes('NaN'), false);
    assert.deepEqual(seen.timeWait, { application: 12, 'web-server': 0 });
    assert.equal(seen.connections.length, 3);
    assert.deepEqual(seen.connections.find(({ accepted }) => accepted)?.owner, { pid: 11, name: 'php-fpm8.2' });
  });
});
