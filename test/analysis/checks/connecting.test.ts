// Connections that do not come about, and those that hold a worker without using it: backlog-overflow,
// abort-on-overflow, connection-refused, silent-connection, lingering-close.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { abortOnOverflow } from '../../../src/analysis/checks/abort-on-overflow.js';
import { backlogOverflow } from '../../../src/analysis/checks/backlog-overflow.js';
import { connectionRefused } from '../../../src/analysis/checks/connection-refused.js';
import { lingeringClose } from '../../../src/analysis/checks/lingering-close.js';
import { silentConnection } from '../../../src/analysis/checks/silent-connection.js';
import { fixtures } from '../../fixtures/cases/connecting.js';
import { applicationCloses, phpResponse, plainExchange } from '../../fixtures/dialogue.js';
import { request } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { capture, type Scene, scene } from '../../support/scene.js';

const CHECKS = [backlogOverflow, abortOnOverflow, connectionRefused, silentConnection, lingeringClose];
const NAMED = { named: [{ port: 9000, protocol: 'fastcgi' as const }] };

function made(name: string): Uint8Array {
  const fixture = fixtures.find((each) => each.name === name);
  assert.ok(fixture, name);
  return fixture.make();
}

/** Ordinary traffic beside what is tested. */
function answered(s: Scene, count: number): Scene {
  for (let i = 0; i < count; i++) plainExchange(s.conversation(i * 0.4), {}, {});
  return s;
}

describe('backlog-overflow', () => {
  it('counts repeated SYNs and thrown away handshakes, and how many stood in the queue', () => {
    const finding = theFinding(backlogOverflow, made('backlog-overflow'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 4);
    assert.match(finding.title, /3 connections had to repeat the SYN, up to 3\.0\d s to connect$/);
    assert.match(finding.detail, /About 2 connections stood in it when the first SYN was dropped/);
    assert.match(finding.evidence[2].text, /4 SYNs, SYN-ACK after 3\.0/);
    assert.match(finding.evidence[3].text, /3 SYN-ACKs, the request sent 5 times$/);
  });

  it('fires on a single request that is thrown away again and again', () => {
    const s = scene();
    const c = s.conversation().connect({}).web(request(), { delivered: false });
    c.retransmitWeb({ after: 0.2, delivered: false }).retransmitWeb({ after: 0.4, delivered: false });
    c.synAck({ after: 0.5 }).ackWeb({ delivered: false }).retransmitWeb({ after: 0.8, delivered: false });
    const finding = theFinding(backlogOverflow, s.capture());
    assert.match(finding.evidence[0].text, /2 SYN-ACKs, the request sent 4 times, never acknowledged$/);
  });

  it('does not know what it is where nothing was ever answered, and says so', () => {
    const s = scene();
    s.conversation().synUnanswered(5);
    const finding = theFinding(backlogOverflow, s.capture(), NAMED);
    assert.match(finding.detail, /else a firewall or a host that is down/);
    assert.deepEqual(findingsOf(backlogOverflow, s.capture()), [], 'not known to be FastCGI');
  });

  it('takes single repeated SYNs for packet loss, and more of them where much else is lost', () => {
    const single = answered(scene(), 6);
    applicationCloses(
      single
        .conversation(1)
        .syn({ delivered: false })
        .syn({ after: 1 })
        .synAck()
        .ackWeb()
        .web(request())
        .app(phpResponse()),
    );
    assert.deepEqual(findingsOf(backlogOverflow, single.capture()), []);
    const lossy = scene();
    for (let i = 0; i < 40; i++) {
      const c = lossy.conversation(i * 0.3).syn();
      if (i % 10 === 0) c.syn({ after: 1 });
      c.synAck()
        .ackWeb()
        .web(request(), { delivered: i % 3 > 0 });
      if (i % 3 === 0) c.retransmitWeb({ after: 0.2 });
      applicationCloses(c.app(phpResponse()));
    }
    assert.deepEqual(findingsOf(backlogOverflow, lossy.capture()), []);
  });

  it('is silent where the SYN-ACK was lost behind the place of capture', () => {
    const s = answered(scene(), 4);
    for (let i = 0; i < 4; i++) {
      const c = s.conversation(i).syn().synAck({ delivered: false }).syn({ after: 1 }).synAck().ackWeb();
      applicationCloses(c.web(request()).app(phpResponse()));
    }
    assert.deepEqual(findingsOf(backlogOverflow, s.capture()), []);
  });

  it('is silent where the network doubles the SYN-ACK', () => {
    const s = answered(scene(), 4);
    const c = s
      .conversation(1)
      .syn()
      .synAck()
      .ackWeb()
      .web(request(), { acknowledge: false })
      .synAck()
      .ackApp()
      .ackWeb();
    applicationCloses(c.app(phpResponse()));
    assert.deepEqual(findingsOf(backlogOverflow, s.capture()), []);
  });
});

describe('abort-on-overflow', () => {
  it('counts resets right after the handshake', () => {
    const finding = theFinding(abortOnOverflow, made('abort-on-overflow'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 3);
    assert.match(finding.evidence[0].text, /RST \d+ µs after the handshake, no byte acknowledged$/);
  });

  it('is silent where the request had been acknowledged, where it comes later, and for refusals', () => {
    const s = scene();
    s.conversation(0).connect().web(request()).rstApp();
    s.conversation(1).connect().wait(2).rstApp();
    s.conversation(4).refused();
    s.conversation(5).connect().rstWeb();
    plainExchange(s.conversation(6), {}, {});
    assert.deepEqual(findingsOf(abortOnOverflow, s.capture()), []);
  });
});

describe('connection-refused', () => {
  it('tells a restart from an application that is not there', () => {
    const restart = theFinding(connectionRefused, made('connection-refused'));
    assert.equal(restart.count, 4);
    assert.match(restart.detail, /2 connections to it were accepted at other times/);
    const s = scene();
    s.conversation().refused();
    const gone = theFinding(connectionRefused, s.capture(), NAMED);
    assert.match(gone.detail, /the application is not running, or not there/);
  });

  it('is an error where the capture shows nothing else, though nothing tells that it is FastCGI', () => {
    const finding = theFinding(connectionRefused, made('connection-refused-only'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 6);
    assert.deepEqual(finding.scope, { endpoint: '127.0.0.1:9000' });
  });

  it('is a note for another port that the same web server is refused at', () => {
    const s = answered(scene(), 2);
    const other = scene('127.0.0.1:9999');
    other.conversation(1, { webServer: '127.0.0.1:50001' }).refused();
    const finding = theFinding(connectionRefused, capture([...s.conversations, ...other.conversations]));
    assert.equal(finding.severity, 'note');
    assert.equal(finding.scope.endpoint, '127.0.0.1:9999');
  });

  it('is silent for port scans and for strangers', () => {
    const s = answered(scene(), 2);
    const stranger = scene('127.0.0.1:9999', '10.9.9.9');
    stranger.conversation(1).refused();
    const scan = Array.from({ length: 9 }, (_, i) => scene(`127.0.0.1:${7000 + i}`));
    for (const each of scan) each.conversation(1).refused();
    for (const others of [stranger.conversations, scan.flatMap((each) => each.conversations)]) {
      assert.deepEqual(findingsOf(connectionRefused, capture([...s.conversations, ...others])), []);
    }
  });

  it('is silent where a refused port later accepts, and for SYNs without any answer', () => {
    const s = scene();
    s.conversation(0).synUnanswered(3);
    plainExchange(s.conversation(9), {}, {});
    assert.deepEqual(findingsOf(connectionRefused, s.capture()), []);
  });
});

describe('silent-connection', () => {
  it('counts connections that the application drops', () => {
    const finding = theFinding(silentConnection, made('silent-connection'));
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 3);
  });

  it('is silent for quick checks, for those the web server closes, and where a byte came', () => {
    const s = answered(scene(), 2);
    s.conversation(0.1).connect().finWeb({ after: 0.001 }).finApp();
    s.conversation(0.2).connect().finWeb({ after: 4 }).finApp();
    s.conversation(0.25).connect().finApp({ after: 0.5 }).finWeb();
    s.conversation(0.3).connect().web(request().subarray(0, 5)).finApp({ after: 5 }).finWeb();
    assert.deepEqual(findingsOf(silentConnection, s.capture()), []);
  });
});

describe('lingering-close', () => {
  it('counts what stays half-closed for over a second', () => {
    const finding = theFinding(lingeringClose, made('lingering-close'));
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 2);
    assert.match(finding.evidence[1].text, /had not closed when the capture ended$/);
  });

  it('is silent where the web server closes at once, resets, or closed first', () => {
    const s = answered(scene(), 3);
    s.conversation(0.1).connect().web(request()).app(phpResponse()).finApp().rstWeb({ after: 0.01 });
    s.conversation(0.2).connect().web(request()).finWeb().app(phpResponse(), { after: 2 }).finApp();
    s.conversation(5).connect();
    assert.deepEqual(findingsOf(lingeringClose, s.capture()), []);
  });
});

describe('all of them', () => {
  it('fire on their own fixtures only', () => {
    for (const fixture of fixtures) {
      for (const check of CHECKS) {
        const fires = findingsOf(check, fixture.make()).length > 0;
        assert.equal(fires, fixture.fires.includes(check.id), `${check.id} on ${fixture.name}`);
      }
    }
  });

  it('need packets, but no payload', () => {
    for (const check of CHECKS) {
      assert.equal(runCheck(check, NO_INPUT), 'not-applicable');
      assert.deepEqual(runCheck(check, DUMP_TEXT), []);
    }
  });
});
