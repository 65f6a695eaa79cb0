// Answers that do not come or break off: premature-close, truncated-response, missing-end-request, process-died,
// abandoned-requests; from packets, and from lighttpd's log alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { abandonedRequests } from '../../../src/analysis/checks/abandoned-requests.js';
import { missingEndRequest } from '../../../src/analysis/checks/missing-end-request.js';
import { prematureClose } from '../../../src/analysis/checks/premature-close.js';
import { processDied } from '../../../src/analysis/checks/process-died.js';
import { truncatedResponse } from '../../../src/analysis/checks/truncated-response.js';
import { abortRequest } from '../../../src/fastcgi/encode.js';
import { fixtures } from '../../fixtures/cases/broken-answers.js';
import { fixtures as keepAlive } from '../../fixtures/cases/keep-alive.js';
import { applicationCloses, haproxyRequest, phpResponse, plainExchange } from '../../fixtures/dialogue.js';
import { cgiResponse, request, response, stderr, stdout } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';
import { scgiRequest } from '../../support/scgi-messages.js';

const CHECKS = [prematureClose, truncatedResponse, missingEndRequest, processDied, abandonedRequests];

function made(name: string): Uint8Array {
  const fixture = fixtures.find((each) => each.name === name);
  assert.ok(fixture, name);
  return fixture.make();
}

describe('premature-close', () => {
  it('counts them, FIN and RST apart, and says that something goes on working', () => {
    const finding = theFinding(prematureClose, made('premature-close'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 3);
    assert.match(finding.detail, /1 with RST .* and 2 with FIN/);
    assert.match(
      finding.evidence[0].text,
      /^GET \/event\?drop=0 on .* closed the connection \d+ µs after BEGIN_REQUEST, no byte/,
    );
    const g = scene();
    plainExchange(g.conversation(2), {}, {});
    g.conversation(0).connect().web(request()).rstApp();
    assert.match(theFinding(prematureClose, g.capture()).detail, /1 request that came later was answered/);
  });

  it('counts a request to which only STDERR came', () => {
    const s = scene();
    s.conversation().connect().web(request()).app(stderr('PHP Fatal error')).rstApp({ after: 0.01 });
    assert.equal(theFinding(prematureClose, s.capture()).count, 1);
    assert.deepEqual(findingsOf(truncatedResponse, s.capture()), []);
  });

  it('counts an SCGI request whose connection ends without a byte', () => {
    const s = scene('127.0.0.1:4000');
    s.conversation().connect().web(scgiRequest()).finApp({ after: 0.01 }).finWeb();
    assert.equal(theFinding(prematureClose, s.capture()).count, 1);
  });

  it('is silent where the web server went first, aborted, or never finished the request', () => {
    const s = scene();
    s.conversation(0).connect().web(request()).finWeb({ after: 0.1 }).finApp({ after: 0.1 });
    const aborted = s.conversation(1).connect().web(haproxyRequest());
    aborted.web(abortRequest(1), { after: 0.2 }).finApp({ after: 0.01 }).finWeb();
    s.conversation(2)
      .connect()
      .web(request({ paramsEnd: false }))
      .finApp({ after: 5 })
      .finWeb();
    s.conversation(8).connect().web(request()).app(response(), { after: 0.1, fin: true }).finWeb();
    assert.deepEqual(findingsOf(prematureClose, s.capture()), []);
  });

  it('goes by who had heard of whom, not by the order of the recording', () => {
    const s = scene();
    const c = s
      .conversation()
      .connect()
      .web(request())
      .finWeb({ after: 0.1, acknowledge: false })
      .finApp({ after: 0.1 });
    // The capture shows the application's FIN first, although it acknowledges the web server's.
    const [late, early] = [c.packets.at(-3)!, c.packets.at(-2)!];
    Object.assign(c.packets, {
      [c.packets.length - 3]: { ...early, time: late.time },
      [c.packets.length - 2]: { ...late, time: early.time },
    });
    assert.deepEqual(findingsOf(prematureClose, s.capture()), []);
  });

  it('is silent where the capture misses bytes of the application', () => {
    const s = scene();
    const c = s.conversation().connect().web(request()).app(response(), { captured: false });
    applicationCloses(c);
    assert.deepEqual(findingsOf(prematureClose, s.capture()), []);
  });
});

describe('truncated-response', () => {
  it('tells how much came and where it broke off', () => {
    const finding = theFinding(truncatedResponse, made('truncated-response'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 2);
    assert.match(finding.evidence[0].text, /^GET \/report\.php on .*: RST after 3,000 bytes of STDOUT$/);
    assert.match(finding.evidence[1].text, /FIN after .* in the middle of a record$/);
  });

  it('tells what was declared', () => {
    const s = scene();
    const page = cgiResponse({ headers: { 'Content-Length': '5000' }, body: 'half' });
    s.conversation().connect().web(request()).app(stdout(page)).rstApp({ after: 0.1 });
    assert.match(theFinding(truncatedResponse, s.capture()).evidence[0].text, /Content-Length 5000/);
  });

  it('is silent where the capture simply ends, where END_REQUEST comes with the FIN, and after the web server left', () => {
    const s = scene();
    s.conversation(0)
      .connect()
      .web(request())
      .app(stdout(cgiResponse({ body: 'more to come' })));
    s.conversation(1).connect().web(request()).app(response(), { fin: true }).finWeb();
    s.conversation(2).connect().web(request()).app(stdout(cgiResponse())).finWeb({ after: 1 }).rstApp({ after: 1 });
    s.conversation(3).connect().web(request()).app(stdout(cgiResponse())).rstWeb({ after: 1 });
    assert.deepEqual(findingsOf(truncatedResponse, s.capture()), []);
  });

  it('goes by the order of the stream: a FIN recorded before the end of the answer is none', () => {
    const s = scene();
    const c = s.conversation().connect().web(request());
    c.app(response({ body: 'x'.repeat(4000) }), { mss: 1448, order: [0, 2, 1], fin: true }).finWeb();
    assert.deepEqual(findingsOf(truncatedResponse, s.capture()), []);
  });
});

describe('missing-end-request', () => {
  it('counts those that never ended and those that ended late', () => {
    const finding = theFinding(missingEndRequest, made('missing-end-request'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 2);
    assert.match(
      finding.evidence[0].text,
      /^GET \/never .*no END_REQUEST 4\.\d+ s after the end of STDOUT, when the capture ends$/,
    );
    assert.match(finding.evidence[1].text, /^GET \/late .*END_REQUEST came 4\.00 s after/);
  });

  it("is silent for php-fpm's missing empty STDOUT, for quick closes, and after ABORT_REQUEST", () => {
    const s = scene();
    s.conversation(0)
      .connect()
      .web(request())
      .app(phpResponse({ end: false }));
    applicationCloses(
      s
        .conversation(0.1)
        .connect()
        .web(request())
        .app(response({ end: false }))
        .wait(0.5),
    );
    s.conversation(0.2)
      .connect()
      .web(request())
      .web(abortRequest(1))
      .app(response({ end: false }));
    plainExchange(s.conversation(5), {}, {});
    assert.deepEqual(findingsOf(missingEndRequest, s.capture()), []);
  });
});

describe('process-died', () => {
  it('counts the requests of the instant, and tells what followed', () => {
    const finding = theFinding(processDied, made('process-died'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 4);
    assert.match(finding.title, /4 requests ended at one instant, 1\.50 s into the capture$/);
    assert.match(finding.detail, /1 connection was refused afterwards; 1\.40 s later a new request was answered/);
  });

  it('is silent for closes one after the other, for one connection, and where others of the process go on', () => {
    const s = scene();
    for (let i = 0; i < 4; i++)
      s.conversation(i * 0.001)
        .connect()
        .web(request())
        .finApp({ after: 0.0002 })
        .finWeb();
    s.conversation(1).connect().web(request()).rstApp({ after: 0.5 });
    const survivor = s
      .conversation(2)
      .connect()
      .web(request({ uri: '/poll' }));
    for (let i = 0; i < 2; i++) {
      s.conversation(2 + i * 0.1)
        .connect()
        .web(request())
        .finApp({ at: 2.6 + i * 0.0001 })
        .finWeb();
    }
    applicationCloses(survivor.app(phpResponse(), { at: 3 }));
    assert.deepEqual(findingsOf(processDied, s.capture()), []);
  });

  it('is silent where every request is dropped at once, also when two of them overlap', () => {
    const s = scene();
    for (let i = 0; i < 6; i++)
      s.conversation(i * 0.0002)
        .connect()
        .web(request())
        .finApp({ after: 0.0004 })
        .finWeb();
    assert.deepEqual(findingsOf(processDied, s.capture()), []);
    assert.equal(theFinding(prematureClose, s.capture()).count, 6);
  });

  it('knows one process of several by three of its requests', () => {
    const s = scene();
    const survivor = s
      .conversation(0)
      .connect()
      .web(request({ uri: '/poll' }));
    for (let i = 0; i < 3; i++)
      s.conversation(0.1 * i)
        .connect()
        .web(request())
        .rstApp({ at: 0.9 + i * 0.0001 });
    applicationCloses(survivor.app(phpResponse(), { at: 2 }));
    assert.equal(theFinding(processDied, s.capture()).count, 3);
  });

  it('is silent where kept connections end idle, together', () => {
    const s = scene();
    for (let i = 0; i < 4; i++) {
      const c = s
        .conversation(i * 0.1)
        .connect()
        .web(request({ keepConn: true }))
        .app(phpResponse());
      c.finApp({ at: 3 + i * 0.0001 }).finWeb();
    }
    assert.deepEqual(findingsOf(processDied, s.capture()), []);
  });
});

describe('abandoned-requests', () => {
  it('counts them, and the work for nobody', () => {
    const finding = theFinding(abandonedRequests, made('abandoned-requests'));
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 3);
    assert.match(finding.evidence[0].text, /given up after 400 ms, the application went on for 800 ms$/);
  });

  it('is silent where the answer had begun, where the application stops at once, and where it closed first', () => {
    const s = scene();
    const begun = s.conversation(0).connect().web(request()).app(stdout(cgiResponse())).finWeb({ after: 0.1 });
    begun.app(stdout('more'), { after: 1, acknowledge: false }).rstWeb({ ack: false });
    s.conversation(2).connect().web(request()).finWeb({ after: 0.1 }).finApp();
    s.conversation(3).connect().web(request()).finApp({ after: 0.1 }).finWeb();
    plainExchange(s.conversation(4), {}, {});
    assert.deepEqual(findingsOf(abandonedRequests, s.capture()), []);
  });
});

describe("lighttpd's log alone", () => {
  const got = (pid: number, load: number, second: number) =>
    `2026-11-21 01:31:${50 + second}: (gw_backend.c.263) got proc: pid: ${pid} socket: unix:/run/event.sock-0 load: ${load}`;
  const released = (pid: number, load: number, second: number) =>
    `2026-11-21 01:31:${50 + second}: (gw_backend.c.338) released proc: pid: ${pid} socket: unix:/run/event.sock-0 load: ${load}`;
  const endOfFile = (pid: number, second: number) =>
    `2026-11-21 01:31:${50 + second}: (mod_fastcgi.c.360) unexpected end-of-file (perhaps the fastcgi process died):pid: ${pid} socket: unix:/run/event.sock-0`;
  const living = [got(10, 1, 1), endOfFile(10, 2), released(10, 0, 2), got(10, 1, 3), released(10, 0, 4)].join('\n');
  const dying = [got(10, 1, 1), got(10, 2, 1), endOfFile(10, 3), released(10, 1, 3), got(11, 1, 4), endOfFile(11, 4)];
  const died = [...dying, released(11, 0, 4)].join('\n');

  it('tells a process that lives from one that died', () => {
    const closed = theFinding(prematureClose, NO_INPUT, { log: living });
    assert.match(closed.detail, /After it the same process was given further requests, so it had not died/);
    assert.equal(closed.scope.endpoint, 'unix:/run/event.sock-0');
    assert.deepEqual(findingsOf(processDied, NO_INPUT, { log: living }), []);
    const dead = theFinding(processDied, NO_INPUT, { log: died });
    assert.match(dead.evidence[0].text, /^pid 10 on unix:\/run\/event\.sock-0: .*; then pid 11$/);
    assert.deepEqual(findingsOf(prematureClose, NO_INPUT, { log: died }), []);
  });

  it('knows whose connections they were where every line names the next process', () => {
    const before = [got(10, 1, 1), got(10, 2, 1)];
    const left = [endOfFile(11, 3), released(11, 1, 3), endOfFile(11, 3), released(11, 0, 3)];
    const log = [...before, ...left, got(11, 1, 4), released(11, 0, 4)].join('\n');
    const dead = theFinding(processDied, NO_INPUT, { log });
    assert.match(dead.title, /1 application process died with 2 requests in progress/);
    assert.match(dead.evidence[0].text, /^pid 10 on .*: 2 ends of file after 2 requests, highest load 2; then pid 11$/);
    assert.deepEqual(findingsOf(prematureClose, NO_INPUT, { log }), []);
  });

  it('is silent without such lines', () => {
    const log = [got(10, 1, 1), released(10, 0, 2)].join('\n');
    for (const check of [prematureClose, processDied]) assert.deepEqual(findingsOf(check, NO_INPUT, { log }), []);
  });
});

describe('all of them', () => {
  it('fire on their own fixtures only', () => {
    for (const fixture of [...fixtures, ...keepAlive]) {
      for (const check of CHECKS) {
        const fires = findingsOf(check, fixture.make()).length > 0;
        assert.equal(fires, fixture.fires.includes(check.id), `${check.id} on ${fixture.name}`);
      }
    }
  });

  it('are not applicable without packets or payload', () => {
    for (const check of CHECKS) {
      assert.equal(runCheck(check, NO_INPUT), 'not-applicable');
      assert.equal(runCheck(check, DUMP_TEXT), 'not-applicable');
    }
  });
});
