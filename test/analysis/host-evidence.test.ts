// What checks answer from the host alone, and together with packets: each fires, and stays silent on what looks alike.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHECKS } from '../../src/analysis/checks/index.js';
import { conclude } from '../../src/analysis/conclude.js';
import type { Finding } from '../../src/analysis/finding.js';
import { Pipeline } from '../../src/analysis/pipeline.js';
import { HostTracker } from '../../src/host/host-tracker.js';
import type { HostView } from '../../src/host/host-view.js';
import type { HostSample, ListenerConfiguration } from '../../src/model/host-sample.js';
import { jsonReport, ndjsonReport } from '../../src/reporters/json.js';
import { textReport } from '../../src/reporters/text.js';
import { parseFpmStatus } from '../../src/status/parse-fpm-status.js';
import { poolLoad } from '../../src/status/pool-load.js';
import type { PoolView } from '../../src/status/pool-view.js';
import { request, response } from '../support/fastcgi-messages.js';
import { connection, listener, master, SECOND, sample, viewOf, waiting, worker } from '../support/host.js';
import { inspect } from '../support/inspect.js';
import { scene } from '../support/scene.js';

function findingsOf(host: HostView): readonly Finding[] {
  const pipeline = new Pipeline();
  pipeline.finish();
  return conclude({ pipeline, files: [], problems: [], processes: [], checks: CHECKS, host }).findings;
}

function idsOf(...samples: readonly HostSample[]): string[] {
  return findingsOf(viewOf(...samples)).map(({ id }) => id);
}

function theFinding(id: string, host: HostView): Finding {
  const found = findingsOf(host).filter((finding) => finding.id === id);
  assert.equal(found.length, 1, `${id} among ${findingsOf(host).map((finding) => finding.id)}`);
  return found[0];
}

const CONFIGURATION: ListenerConfiguration = {
  source: '/etc/php/fpm/pool.d/www.conf',
  pool: 'www',
  manager: 'static',
  maxChildren: 2,
  backlog: 511,
  statusPath: '',
  statusListen: '',
};

/** Two workers that have a request each, and connections behind them. */
const OVERLOADED = sample(
  0,
  [
    listener({
      connections: [
        connection({ inode: 100 }),
        connection({ inode: 101, key: '127.0.0.1:40002' }),
        waiting(40003, 2),
        waiting(40004, 1.5),
      ],
    }),
  ],
  {
    processes: [master(), worker(11, [100]), worker(12, [101])],
  },
);

describe('accept queues', () => {
  it('say "not accepted", and that all workers are busy', () => {
    const host = viewOf(OVERLOADED);
    const stuck = theFinding('stuck-accept-queue', host);
    assert.equal(stuck.severity, 'error');
    assert.equal(stuck.title, '2 connections to 127.0.0.1:9000 are not accepted: the longest has waited for 2.00 s');
    assert.equal(stuck.count, 2);
    assert.match(stuck.detail, /All 2 workers hold a connection\./);
    assert.ok(stuck.evidence.some(({ text }) => text === 'Recv-Q 2, Send-Q 128: not full'));
    assert.match(theFinding('workers-exhausted', host).title, /^All 2 workers of 127\.0\.0\.1:9000 hold a connection/);
    assert.deepEqual(idsOf(OVERLOADED), ['stuck-accept-queue', 'workers-exhausted']);
  });

  it('are quiet when they are short-lived, or when nobody waits', () => {
    assert.deepEqual(idsOf(sample(0, [listener({ connections: [waiting(1, 0.2), waiting(2, 0.01)] })])), []);
    assert.deepEqual(
      idsOf(sample(0, [listener({ connections: [connection()] })], { processes: [master(), worker(11, [100])] })),
      [],
    );
  });

  it('do not blame workers where one is free, or where one process serves all', () => {
    const connections = [connection({ inode: 100 }), waiting(2, 3)];
    assert.deepEqual(
      idsOf(sample(0, [listener({ connections })], { processes: [master(), worker(11, [100]), worker(12)] })),
      ['stuck-accept-queue'],
    );
    const node = worker(20, [100], {
      name: 'node',
      title: 'node app.js',
      threads: 7,
      waits: ['do_epoll_wait'],
      parent: 1,
    });
    assert.deepEqual(idsOf(sample(0, [listener({ connections })], { processes: [node] })), ['stuck-accept-queue']);
  });

  it('of AF_UNIX need to be seen twice where waits are not known', () => {
    const unknown = { sinceReceived: Number.NaN, sinceSent: Number.NaN, bytesReceived: Number.NaN };
    const at = (seconds: number) =>
      sample(seconds, [listener({ kind: 'unix', address: 'unix:/x', connections: [waiting(1, 0, unknown)] })]);
    assert.deepEqual(idsOf(at(0)), []);
    assert.deepEqual(idsOf(at(0), at(1.5)), ['stuck-accept-queue']);
  });

  it('that kept connections cause are told apart from work', () => {
    const parked = (inode: number) =>
      connection({
        inode,
        key: `127.0.0.1:${inode}`,
        bytesSent: 900,
        sinceSent: 5 * SECOND,
        sinceReceived: 5.1 * SECOND,
      });
    const host = viewOf(
      sample(0, [listener({ connections: [parked(100), parked(101), waiting(1, 4)] })], {
        processes: [master(), worker(11, [100]), worker(12, [101])],
      }),
    );
    assert.match(
      theFinding('keep-alive-pins-workers', host).title,
      /^2 kept connections without a request hold the workers/,
    );
    assert.deepEqual(
      findingsOf(host).map(({ id }) => id),
      ['stuck-accept-queue', 'keep-alive-pins-workers'],
    );
  });

  it('that all threads of a program are at work on', () => {
    const threaded = (working: number, waits: readonly string[]) =>
      sample(
        0,
        [
          listener({
            connections: [
              ...Array.from({ length: working }, (_, index) =>
                connection({ inode: 100 + index, key: `127.0.0.1:${50_000 + index}` }),
              ),
              waiting(1, 1.4),
            ],
          }),
        ],
        {
          processes: [worker(20, [100, 101, 102, 103], { name: 'app', title: 'app', threads: 5, waits, parent: 1 })],
        },
      );
    const busy = viewOf(threaded(4, ['futex_wait_queue', 'hrtimer_nanosleep']));
    assert.match(theFinding('workers-exhausted', busy).title, /^All threads of .* hold a connection \(4 of them\)/);
    assert.deepEqual(
      findingsOf(busy).map(({ id }) => id),
      ['stuck-accept-queue', 'workers-exhausted'],
    );
    // A thread is left, or one stands in accept, or an event loop has them all.
    assert.ok(!idsOf(threaded(3, ['futex_wait_queue', 'hrtimer_nanosleep'])).includes('workers-exhausted'));
    assert.ok(!idsOf(threaded(4, ['inet_csk_accept'])).includes('workers-exhausted'));
    assert.ok(!idsOf(threaded(4, ['do_epoll_wait', 'futex_wait_queue'])).includes('workers-exhausted'));
    assert.ok(!idsOf(threaded(4, [])).includes('workers-exhausted'));
  });

  it('that a lock causes are told from threads that wait for it', () => {
    const silent = connection({ inode: 100, bytesReceived: 0, sinceReceived: 1.5 * SECOND });
    const threaded = (waits: readonly string[]) =>
      sample(0, [listener({ connections: [silent, waiting(1, 1.4)] })], {
        processes: [worker(20, [100], { name: 'app', title: 'app', threads: 4, waits, parent: 1 })],
      });
    assert.ok(idsOf(threaded(['futex_wait_queue', 'wait_woken'])).includes('accept-blocked'));
    // Somebody stands in accept: it is not locked. An event loop has locks of its own.
    assert.ok(!idsOf(threaded(['futex_wait_queue', 'inet_csk_accept'])).includes('accept-blocked'));
    assert.ok(!idsOf(threaded(['futex_wait_queue', 'do_epoll_wait'])).includes('accept-blocked'));
  });

  it('that overflow are told by what the socket dropped', () => {
    const at = (seconds: number, depth: number, drops: number) =>
      sample(seconds, [listener({ queues: [{ inode: 1, depth, limit: 2, drops }] })]);
    assert.match(theFinding('backlog-overflow', viewOf(at(0, 3, 0))).title, /is full: 3 connections in it$/);
    assert.deepEqual(idsOf(at(0, 2, 7)), [], 'what it dropped before the first look is not of now');
    assert.match(
      theFinding('backlog-overflow', viewOf(at(0, 0, 7), at(1, 0, 9))).title,
      /was full: 2 connection attempts dropped$/,
    );
    assert.deepEqual(idsOf(at(0, 0, 7), at(1, 0, 9), at(2, 0, 9)), [], 'it is over');
  });

  it('are told by the counter of all ports only where there is nothing better, and somebody waits', () => {
    const at = (seconds: number, overflows: number, depth: number) =>
      sample(seconds, [listener({ queues: [{ inode: 1, depth, limit: Number.NaN, drops: Number.NaN }] })], {
        counters: new Map([['TcpExt.ListenOverflows', overflows]]),
      });
    assert.deepEqual(idsOf(at(0, 5, 3), at(0.5, 8, 3)), ['backlog-overflow']);
    assert.deepEqual(idsOf(at(0, 5, 0), at(0.5, 8, 0)), []);
  });

  it('answer an overflow with RST where the setting says so', () => {
    const full = listener({ queues: [{ inode: 1, depth: 3, limit: 2, drops: 0 }] });
    assert.ok(idsOf(sample(0, [full], { settings: { abortOnOverflow: '1' } })).includes('abort-on-overflow'));
    assert.ok(!idsOf(sample(0, [full])).includes('abort-on-overflow'));
    assert.ok(!idsOf(sample(0, [listener()], { settings: { abortOnOverflow: '1' } })).includes('abort-on-overflow'));
  });

  it('shorter than asked for are told with what caps them', () => {
    const at = (backlog: number, limit: number, somaxconn: string) =>
      viewOf(
        sample(0, [listener({ configuration: { ...CONFIGURATION, backlog }, limit })], { settings: { somaxconn } }),
      );
    assert.match(theFinding('backlog-capped', at(511, 128, '128')).detail, /somaxconn is 128/);
    assert.match(theFinding('backlog-capped', at(511, 128, '4096')).detail, /until listen\(\) is called again/);
    assert.match(theFinding('backlog-capped', at(-1, 128, '4096')).title, /128 connections, not the 4,096/);
    for (const host of [at(511, 511, '4096'), at(-1, 4096, '4096'), at(Number.NaN, 128, '4096')]) {
      assert.deepEqual(
        findingsOf(host).filter(({ id }) => id === 'backlog-capped'),
        [],
      );
    }
  });
});

describe('connections', () => {
  it('that nobody closes pin workers, after a second', () => {
    const at = (seconds: number) =>
      sample(seconds, [listener({ connections: [connection({ state: 'FIN-WAIT-2' })] })], {
        processes: [master(), worker(11, [100]), worker(12)],
      });
    assert.deepEqual(idsOf(at(0)), []);
    assert.deepEqual(idsOf(at(0), at(0.5)), []);
    const finding = theFinding('lingering-close', viewOf(at(0), at(1.5)));
    assert.match(
      finding.evidence[0].text,
      /^FIN-WAIT-2 by php-fpm8\.2, pid 11 for 1\.50 s; the other end is 127\.0\.0\.1:40001/,
    );
  });

  it('without a byte are told after two seconds', () => {
    const silent = (seconds: number) =>
      sample(0, [listener({ connections: [connection({ bytesReceived: 0, sinceReceived: seconds * SECOND })] })], {
        processes: [master(), worker(11, [100]), worker(12)],
      });
    assert.deepEqual(idsOf(silent(1)), []);
    assert.deepEqual(idsOf(silent(3)), ['silent-connection']);
  });

  it('that are given up in the queue are counted', () => {
    const host = viewOf(
      sample(0, [listener({ connections: [waiting(1, 0.4, { state: 'CLOSE-WAIT' }), waiting(2, 0.3)] })]),
    );
    assert.match(theFinding('abandoned-requests', host).title, /^1 of 2 connections in the accept queue/);
  });

  it('with a body that does not come are told by the status page', () => {
    const page = JSON.stringify({
      pool: 'www',
      'process manager': 'static',
      'total processes': 1,
      processes: [
        {
          pid: 11,
          state: 'Getting request informations',
          'request duration': 9_000_000,
          'request method': 'POST',
          'request uri': '/up?key=secret',
          'content length': 1000,
        },
        {
          pid: 12,
          state: 'Getting request informations',
          'request duration': 9_000_000,
          'request method': 'GET',
          'request uri': '/status?own',
        },
      ],
    });
    const status = parseFpmStatus(page)!;
    const pool: PoolView = {
      address: '127.0.0.1:9000',
      isUnix: false,
      status,
      load: poolLoad(status, 'own'),
      change: undefined,
      took: 1,
      acceptQueue: 0,
      own: 'own',
    };
    const tracker = new HostTracker();
    tracker.push(sample(0, [listener()]));
    tracker.status('127.0.0.1:9000', { kind: 'answered', time: 0, path: '/status', pool });
    const finding = theFinding('request-body-stalled', tracker.view);
    assert.equal(finding.count, 1);
    assert.match(finding.evidence[0].text, /^pid 11: POST \/up, 1,000 bytes announced, for 9\.00 s$/);
  });
});

describe('TIME_WAIT and ports', () => {
  const sockets = (application: number, webServer: number, more: Parameters<typeof sample>[2] = {}) =>
    sample(
      0,
      [
        listener({
          application: { 'TIME-WAIT': application },
          webServer: { 'TIME-WAIT': webServer },
          ports: [{ source: '10.0.0.1', destination: '10.0.0.2:9000', live: 0, timeWait: webServer, youngTimeWait: 5 }],
        }),
      ],
      more,
    );
  const severities = (host: HostView) => findingsOf(host).map(({ id, severity }) => `${id} ${severity}`);

  it('are judged by side and number', () => {
    assert.deepEqual(severities(viewOf(sockets(9, 9))), []);
    assert.deepEqual(severities(viewOf(sockets(50, 0))), ['time-wait-application-side note']);
    assert.deepEqual(severities(viewOf(sockets(5000, 10))), ['time-wait-application-side warning']);
    assert.deepEqual(severities(viewOf(sockets(0, 5000))), ['time-wait-web-server-side warning']);
    assert.deepEqual(severities(viewOf(sockets(0, 15_000))), ['time-wait-web-server-side error']);
  });

  it('are taken again where the setting allows it', () => {
    assert.deepEqual(severities(viewOf(sockets(0, 15_000, { settings: { timeWaitReuse: '1' } }))), [
      'time-wait-web-server-side warning',
    ]);
    assert.deepEqual(severities(viewOf(sockets(0, 28_000))), [
      'ephemeral-port-exhaustion error',
      'time-wait-web-server-side error',
    ]);
    assert.deepEqual(severities(viewOf(sockets(0, 28_000, { settings: { timeWaitReuse: '1' } }))), [
      'time-wait-web-server-side warning',
    ]);
  });

  it('count our own questions out', () => {
    const own = sample(0, [listener({ application: { 'TIME-WAIT': 30 }, ownTimeWait: 25 })]);
    assert.deepEqual(idsOf(own), []);
  });

  it('run out in a range that is narrow', () => {
    const narrow = sockets(0, 95, { settings: { portRange: '40000 40099' } });
    assert.match(
      theFinding('ephemeral-port-exhaustion', viewOf(narrow)).title,
      /^95 of 100 ephemeral ports from 10\.0\.0\.1 to 10\.0\.0\.2:9000 are taken$/,
    );
  });
});

describe('listeners and processes', () => {
  it('that are gone are told in the words of their family', () => {
    const gone = (kind: 'tcp' | 'unix', state: 'closed' | 'missing' | 'elsewhere') =>
      idsOf(
        sample(0, [
          listener({ kind, state, address: kind === 'unix' ? 'unix:/x' : '127.0.0.1:9000', queues: [], bound: '' }),
        ]),
      );
    assert.deepEqual(gone('tcp', 'closed'), ['connection-refused']);
    assert.deepEqual(gone('tcp', 'elsewhere'), []);
    assert.deepEqual(gone('unix', 'closed'), ['daemon-gone']);
    assert.deepEqual(gone('unix', 'missing'), ['daemon-gone']);
  });

  it('that got fewer for a minute, or are dead for five seconds', () => {
    const at = (seconds: number, ...processes: ReturnType<typeof worker>[]) =>
      sample(seconds, [listener()], { processes: [master(), ...processes] });
    assert.deepEqual(idsOf(at(0, worker(11), worker(12)), at(30, worker(11)), at(80, worker(11))), []);
    assert.deepEqual(idsOf(at(0, worker(11), worker(12)), at(30, worker(11)), at(91, worker(11))), ['capacity-leak']);
    const dead = worker(12, [], { state: 'Z', sockets: [] });
    assert.deepEqual(idsOf(at(0, worker(11), dead), at(3, worker(11), dead)), []);
    assert.deepEqual(idsOf(at(0, worker(11), dead), at(6, worker(11), dead)), ['capacity-leak']);
  });

  it('without descriptors', () => {
    const at = (descriptors: number) =>
      findingsOf(viewOf(sample(0, [listener()], { processes: [worker(11, [], { descriptors })] })));
    assert.deepEqual(at(900), []);
    assert.deepEqual(
      at(1000).map(({ id, severity }) => [id, severity]),
      [['descriptors-exhausted', 'warning']],
    );
    assert.deepEqual(
      at(1024).map(({ severity }) => severity),
      ['error'],
    );
  });
});

describe('host and packets together', () => {
  it('are one finding: the host says it, the packets are evidence', () => {
    const s = scene('127.0.0.1:9000');
    // The application closes, the web server does not for two seconds.
    const late = s.conversation().connect().web(request()).app(response()).finApp();
    late.wait(2).finWeb();
    const capture = s.capture();
    const alone = inspect(capture).findings.find(({ id }) => id === 'lingering-close')!;
    const at = (seconds: number) =>
      sample(seconds, [listener({ connections: [connection({ state: 'FIN-WAIT-2' })] })], {
        processes: [master(), worker(11, [100])],
      });
    const { pipeline } = inspect(capture);
    const both = conclude({
      pipeline,
      files: [],
      problems: [],
      processes: [],
      checks: CHECKS,
      host: viewOf(at(0), at(3)),
    });
    const found = both.findings.filter(({ id }) => id === 'lingering-close');
    assert.equal(found.length, 1);
    assert.match(found[0].title, /^1 worker of 127\.0\.0\.1:9000 waits for the web server to close/);
    assert.ok(found[0].detail.endsWith(`In the traffic: ${alone.title}.`));
    assert.deepEqual(found[0].evidence.slice(1), alone.evidence);
    assert.deepEqual(found[0].advice, alone.advice);
  });

  it('are one report, as text and as JSON', () => {
    const { pipeline } = inspect(scene('127.0.0.1:9000').capture());
    const snapshot = conclude({
      pipeline,
      files: [],
      problems: [],
      processes: [],
      checks: CHECKS,
      host: viewOf(OVERLOADED),
    });
    const { histories } = pipeline.tracker;
    const text = [...textReport(snapshot, { histories })].join('');
    assert.match(text, /stuck-accept-queue[\s\S]*\n127\.0\.0\.1:9000\n {2}accept queue {4}2 of 128/);
    const rows = { histories, limit: 0, connectionRows: [], requestRows: [] };
    const report = JSON.parse([...jsonReport(snapshot, rows)].join('')) as {
      host: { listeners: { acceptQueue: { depth: number } }[] };
    };
    assert.equal(report.host.listeners[0].acceptQueue.depth, 2);
    const lines = [...ndjsonReport(snapshot, rows)].map((line) => (JSON.parse(line) as { kind: string }).kind);
    assert.ok(lines.includes('host'));
  });

  it('of different listeners stay apart', () => {
    const s = scene('127.0.0.1:9000');
    s.conversation().connect().web(request()).app(response()).finApp().wait(2).finWeb();
    const { pipeline } = inspect(s.capture());
    const at = (seconds: number) =>
      sample(seconds, [listener({ address: '127.0.0.1:9001', connections: [connection({ state: 'FIN-WAIT-2' })] })]);
    const both = conclude({
      pipeline,
      files: [],
      problems: [],
      processes: [],
      checks: CHECKS,
      host: viewOf(at(0), at(3)),
    });
    assert.equal(both.findings.filter(({ id }) => id === 'lingering-close').length, 2);
  });
});
