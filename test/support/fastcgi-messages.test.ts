// The ready-made messages say what they claim, in tshark's eyes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request, requestParameters, response } from './fastcgi-messages.js';
import { scene } from './scene.js';
import { scgiRequest } from './scgi-messages.js';
import { tsharkLines, tsharkMissing } from './tshark.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('messages', () => {
  it('has the PARAMS of a request, which may be changed or left out', () => {
    const fields = { uri: '/a?b=c?d', method: 'POST', body: 'xyz', parameters: { HTTP_ACCEPT: undefined, X: '1' } };
    const parameters = Object.fromEntries(requestParameters(fields));
    assert.equal(parameters.REQUEST_URI, '/a?b=c?d');
    assert.equal(parameters.SCRIPT_NAME, '/a');
    assert.equal(parameters.QUERY_STRING, 'b=c?d');
    assert.equal(parameters.CONTENT_LENGTH, '3');
    assert.equal(parameters.X, '1');
    assert.ok(!('HTTP_ACCEPT' in parameters));
    assert.equal(Object.fromEntries(requestParameters()).CONTENT_LENGTH, '');
  });

  it('is a request and a response of the given fields', (t) => {
    if (tsharkMissing()) return t.skip('tshark is not installed');
    const play = scene();
    const c = play.conversation().connect();
    c.web(request({ id: 7, role: 2, keepConn: true, body: 'x', paramsEnd: true, stdinEnd: false }));
    c.app(response({ id: 7, status: 500, stderr: 'oh', appStatus: 3, protocolStatus: 2, stdoutEnd: false }));
    c.web(request({ id: 8, paramsEnd: false })).app(response({ id: 8, end: false }));
    const names = ['type', 'id', 'begin_request.role', 'begin_request.keep_conn', 'end_request.app_status'];
    const fields = [...names, 'end_request.protocol_status'].flatMap((name) => ['-e', `fcgi.${name}`]);
    assert.deepEqual(
      tsharkLines(play.capture(), ['-d', 'tcp.port==9000,fcgi', '-Y', 'fcgi', '-T', 'fields', ...fields]),
      ['1,4,4,5\t7,7,7,7\t2\t1\t\t', '7,6,3\t7,7,7\t\t\t3\t2', '1,4\t8,8\t1\t0\t\t', '6,6\t8,8\t\t\t\t'],
    );
    assert.match(text(response({ status: 500 })), /Status: 500 Internal Server Error\r\nContent-Type: /);
  });

  it('is an SCGI request with its length first', () => {
    const readable = text(scgiRequest({ uri: '/x', body: 'abc' })).replaceAll('\0', ' ');
    assert.match(readable, /^\d+:CONTENT_LENGTH 3 SCGI 1 .* REQUEST_URI \/x .*,abc$/);
  });
});
