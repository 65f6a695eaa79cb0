// protocol-violation: each kind of broken record with its place, and the quirks that are no fault.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { protocolViolation } from '../../../src/analysis/checks/protocol-violation.js';
import { PARAMS, STDIN, STDOUT } from '../../../src/fastcgi/constants.js';
import { beginRequest, endRequest, nameValuePairs, record } from '../../../src/fastcgi/encode.js';
import { fixtures } from '../../fixtures/cases/protocol-violations.js';
import { concat } from '../../support/bytes.js';
import { request, requestParameters, response, stdout } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';
import { scgiRequest } from '../../support/scgi-messages.js';

/** A connection where these bytes are sent, after another one that shows the listener to be FastCGI. */
function exchange(asked: Uint8Array, answered?: Uint8Array): Uint8Array {
  const s = scene();
  s.conversation(0).connect().web(request()).app(response()).finApp().finWeb();
  const c = s.conversation(1).connect().web(asked);
  if (answered) c.app(answered, { after: 0.001 });
  c.finApp({ after: 0.001 }).finWeb();
  return s.capture();
}

describe('protocol-violation', () => {
  it('names the byte where an answer stops making sense', () => {
    const finding = theFinding(protocolViolation, fixtures[0].make());
    assert.equal(finding.severity, 'error');
    assert.match(finding.title, /record-bad-version \(1\)/);
    assert.match(finding.evidence[0].text, /version 101, at byte 16,384 of what the application sent/);
  });

  it('reports application data after END_REQUEST as an error', () => {
    const finding = theFinding(protocolViolation, fixtures[1].make());
    assert.equal(finding.severity, 'error');
    assert.match(finding.title, /data-after-end-request \(1\)/);
  });

  it('is an error where a wrong version gets no answer, a note where it is answered', () => {
    const asked = request();
    asked[0] = 2;
    assert.equal(theFinding(protocolViolation, exchange(asked)).severity, 'error');
    const answered = theFinding(protocolViolation, exchange(asked, response()));
    assert.equal(answered.severity, 'note');
    assert.match(answered.title, /answered all the same/);
  });

  it('does not take the answer to an unreadable request for data after END_REQUEST', () => {
    const second = request({ keepConn: true });
    second[0] = 2;
    const s = scene();
    const c = s
      .conversation()
      .connect()
      .web(request({ keepConn: true }))
      .app(response());
    c.web(second, { after: 0.1 }).app(response(), { after: 0.01 });
    const finding = theFinding(protocolViolation, s.capture());
    assert.equal(finding.severity, 'note');
    assert.match(finding.title, /1 violation .*: record-bad-version \(1\)$/);
  });

  it('reports PARAMS cut inside a pair, by whether the request was answered', () => {
    const pairs = nameValuePairs(requestParameters());
    const begin = concat(
      beginRequest(1),
      record(PARAMS, 1, pairs.subarray(0, -3)),
      record(PARAMS, 1),
      record(STDIN, 1),
    );
    assert.match(theFinding(protocolViolation, exchange(begin)).title, /params-truncated/);
    assert.equal(theFinding(protocolViolation, exchange(begin, response())).severity, 'note');
  });

  it('reports a record of the other side and one of a wrong length', () => {
    const wrongWay = concat(request(), record(STDOUT, 1, 'x'));
    assert.match(theFinding(protocolViolation, exchange(wrongWay)).title, /record-wrong-direction/);
    const short = concat(stdout('Content-Type: text/plain\r\n\r\n'), record(3, 1, new Uint8Array(4)));
    assert.match(theFinding(protocolViolation, exchange(request(), short)).title, /record-bad-length/);
  });

  it('leaves another protocol to not-fastcgi', () => {
    for (const fixture of fixtures.slice(2)) {
      const options = { named: [{ port: 9000, protocol: 'fastcgi' as const }] };
      assert.deepEqual(findingsOf(protocolViolation, fixture.make(), options), []);
    }
  });

  it('is silent for PARAMS and STDIN that arrive after END_REQUEST', () => {
    const s = scene();
    const c = s.conversation().connect();
    c.web(request({ method: 'POST', body: 'ab', contentLength: 6, stdinEnd: false, keepConn: true })).app(response());
    c.web(concat(record(STDIN, 1, 'cdef'), record(STDIN, 1)))
      .web(request({ keepConn: true }))
      .app(response());
    assert.deepEqual(findingsOf(protocolViolation, s.capture()), []);
  });

  it('is silent for what php-fpm and others do: no empty STDOUT, odd reserved bytes, any padding, FIN with the end', () => {
    const end = endRequest(1);
    end.set([0x74, 0x6f, 0x72], 13);
    const padded = record(STDOUT, 1, 'Content-Type: text/plain\r\n\r\nhello', 255);
    padded[7] = 9;
    const s = scene();
    const c = s
      .conversation()
      .connect()
      .web(request({ streams: { padding: () => 255 } }));
    c.app(concat(padded, end), { fin: true }).finWeb();
    assert.deepEqual(findingsOf(protocolViolation, s.capture()), []);
  });

  it('is silent for a Caddy-like RST of the web server after END_REQUEST', () => {
    const s = scene();
    s.conversation().connect().web(request()).app(response()).rstWeb();
    assert.deepEqual(findingsOf(protocolViolation, s.capture()), []);
  });

  it('reports a malformed SCGI request, but not one with a hole in the capture', () => {
    const good = scgiRequest({ uri: '/a' });
    const bad = good.slice();
    bad[bad.length - 1] = 0x21; // '!' in place of the comma after the netstring
    const talk = (asked: Uint8Array, lose = false): Uint8Array => {
      const s = scene('127.0.0.1:4000', '127.0.0.1', { mss: 200 });
      s.conversation(0).connect().web(good).app('Status: 200 OK\r\n\r\n').finApp().finWeb();
      s.conversation(1)
        .connect()
        .web(asked, lose ? { order: [0, 2] } : {})
        .finApp({ after: 1.5 })
        .finWeb();
      return s.capture();
    };
    assert.match(theFinding(protocolViolation, talk(bad)).title, /1 violation of the SCGI protocol/);
    assert.deepEqual(findingsOf(protocolViolation, talk(good, true)), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(protocolViolation, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(protocolViolation, DUMP_TEXT), 'not-applicable');
  });
});
