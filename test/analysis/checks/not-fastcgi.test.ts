// not-fastcgi: which other protocol is spoken on a FastCGI listener.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { notFastcgi } from '../../../src/analysis/checks/not-fastcgi.js';
import { fixtures } from '../../fixtures/cases/protocol-violations.js';
import { type Bytes, toBytes } from '../../support/bytes.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

const NAMED = { named: [{ port: 9000, protocol: 'fastcgi' as const }] };

function onNamedPort(asked: Bytes, answered: Bytes = 'no'): Uint8Array {
  const s = scene();
  s.conversation().connect().web(asked).app(answered).finApp().finWeb();
  return s.capture();
}

describe('not-fastcgi', () => {
  it('names the protocols on a port that -d calls FastCGI', () => {
    const finding = theFinding(notFastcgi, fixtures[2].make(), NAMED);
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 2);
    assert.match(finding.title, /HTTP \(1\) and SCGI \(1\)/);
    assert.match(finding.detail, /although -d names it/);
  });

  it('finds a probe beside real requests without -d', () => {
    const finding = theFinding(notFastcgi, fixtures[3].make());
    assert.equal(finding.count, 1);
    assert.match(finding.detail, /carried 2 FastCGI requests/);
    assert.match(finding.evidence[0].text, /begins with 47 45 54 20 .*: HTTP$/);
  });

  it('tells TLS, CGI output, SSH and noise', () => {
    const tls = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3);
    assert.match(theFinding(notFastcgi, onNamedPort(tls), NAMED).title, /TLS/);
    assert.match(theFinding(notFastcgi, onNamedPort('SSH-2.0-OpenSSH_9.2\r\n'), NAMED).title, /SSH/);
    assert.match(
      theFinding(notFastcgi, onNamedPort(request(), 'Status: 200 OK\r\n\r\nhi'), NAMED).title,
      /plain CGI output/,
    );
    const noise = Uint8Array.of(1, 77, 9, 200, 0, 5, 0, 0, 1, 2, 3, 4, 5, 99, 98, 97, 96, 95, 94);
    assert.match(theFinding(notFastcgi, onNamedPort(noise, toBytes('x')), NAMED).title, /unknown binary data/);
  });

  it('is silent for FastCGI of another version, which is a violation', () => {
    const asked = request();
    asked[0] = 2;
    assert.deepEqual(findingsOf(notFastcgi, onNamedPort(asked, response()), NAMED), []);
  });

  it('is silent for HTTP on a port that nobody calls FastCGI', () => {
    assert.deepEqual(findingsOf(notFastcgi, onNamedPort('GET / HTTP/1.1\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n')), []);
  });

  it('is silent for connections that carry nothing', () => {
    const s = scene();
    s.conversation(0).connect().web(request()).app(response()).finApp().finWeb();
    s.conversation(1).connect().finWeb().finApp();
    s.conversation(2).refused();
    assert.deepEqual(findingsOf(notFastcgi, s.capture(), NAMED), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(notFastcgi, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(notFastcgi, DUMP_TEXT), 'not-applicable');
  });
});
