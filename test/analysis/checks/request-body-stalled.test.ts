// request-body-stalled: bodies shorter than declared, undeclared, or never finished.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requestBodyStalled } from '../../../src/analysis/checks/request-body-stalled.js';
import { abortRequest } from '../../../src/fastcgi/encode.js';
import { fixtures } from '../../fixtures/cases/request-bodies.js';
import { filler, phpResponse } from '../../fixtures/dialogue.js';
import type { Conversation } from '../../support/conversation.js';
import { type RequestFields, request, response } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

function talk(asked: RequestFields, then: (c: Conversation) => void): Uint8Array {
  const s = scene();
  then(
    s
      .conversation()
      .connect()
      .web(request({ method: 'POST', ...asked })),
  );
  return s.capture();
}

const answer = (c: Conversation) => c.app(response(), { after: 0.01 }).finApp().finWeb();

describe('request-body-stalled', () => {
  it('is an error at once where STDIN ends short of CONTENT_LENGTH, or with an invalid one', () => {
    const finding = theFinding(requestBodyStalled, fixtures[0].make());
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 2);
    assert.match(finding.title, /less body than declared, and no answer/);
    assert.match(
      finding.evidence[0].text,
      /an invalid CONTENT_LENGTH, HTTP_TRANSFER_ENCODING chunked, STDIN brought 1,500 bytes/,
    );
    assert.match(finding.evidence[1].text, /CONTENT_LENGTH 4,096, STDIN brought 1,000 bytes/);
  });

  it('still is where the answer comes only after the web server has given up', () => {
    const late = talk({ body: 'abc', contentLength: 10 }, (c) =>
      c.finWeb({ after: 2 }).app(phpResponse(), { after: 0.001 }).finApp(),
    );
    assert.equal(theFinding(requestBodyStalled, late).severity, 'error');
  });

  it('is a warning where the short body was answered', () => {
    const finding = theFinding(requestBodyStalled, talk({ body: 'abc', contentLength: 10 }, answer));
    assert.equal(finding.severity, 'warning');
    assert.match(finding.title, /answered all the same/);
  });

  it('is an error where a body has no CONTENT_LENGTH', () => {
    const finding = theFinding(requestBodyStalled, fixtures[1].make());
    assert.equal(finding.severity, 'error');
    assert.match(finding.title, /1 request to .* with a body but no CONTENT_LENGTH/);
    assert.match(finding.evidence[0].text, /no CONTENT_LENGTH, HTTP_TRANSFER_ENCODING chunked/);
  });

  it('is an error where the body never comes to its end for over 5 s', () => {
    const finding = theFinding(requestBodyStalled, fixtures[2].make());
    assert.equal(finding.severity, 'error');
    assert.match(finding.evidence[0].text, /STDIN brought 4,096 bytes; unfinished after 15\.\d s/);
  });

  it('is silent for whole bodies, none, and one of which nothing came', () => {
    assert.deepEqual(findingsOf(requestBodyStalled, talk({ body: 'abc' }, answer)), []);
    assert.deepEqual(findingsOf(requestBodyStalled, talk({ method: 'GET' }, answer)), []);
    assert.deepEqual(findingsOf(requestBodyStalled, talk({ contentLength: 0, body: '' }, answer)), []);
    assert.deepEqual(findingsOf(requestBodyStalled, talk({ contentLength: 10 }, answer)), []);
  });

  it('is silent for some bytes on STDIN of a GET, which is no upload', () => {
    assert.deepEqual(
      findingsOf(requestBodyStalled, talk({ method: 'GET', contentLength: '', body: 'abcde' }, answer)),
      [],
    );
  });

  it('is silent for an upload that the user broke off, by abort or close', () => {
    const half = { body: filler(2000), contentLength: 9000, stdinEnd: false };
    assert.deepEqual(
      findingsOf(
        requestBodyStalled,
        talk(half, (c) => c.finWeb({ after: 0.4 }).finApp()),
      ),
      [],
    );
    const aborted = talk({ ...half, keepConn: true }, (c) => c.web(abortRequest(1)).keepAliveWeb({ after: 7 }));
    assert.deepEqual(findingsOf(requestBodyStalled, aborted), []);
  });

  it('is silent where the application answers before the body has come', () => {
    assert.deepEqual(
      findingsOf(requestBodyStalled, talk({ body: 'abc', contentLength: 9000, stdinEnd: false }, answer)),
      [],
    );
  });

  it('is silent where it is the application that does not read', () => {
    const half = { body: filler(2000), contentLength: 9000, stdinEnd: false };
    const refusing = talk(half, (c) => c.zeroWindowApp({ after: 0.1 }).windowApp(512, { after: 6 }));
    assert.deepEqual(findingsOf(requestBodyStalled, refusing), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(requestBodyStalled, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(requestBodyStalled, DUMP_TEXT), 'not-applicable');
  });
});
