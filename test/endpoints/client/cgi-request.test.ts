// HTTP requests as CGI variables.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type CgiRequestOptions,
  cgiRequest,
  changeParams,
  nginxParams,
} from '../../../src/endpoints/client/cgi-request.js';
import { UserError } from '../../../src/model/errors.js';

function params(options: CgiRequestOptions, length?: number): Map<string, string> {
  const list = nginxParams(cgiRequest(options, length, length !== undefined, '127.0.0.1:9000'));
  if (options.params) changeParams(list, options.params);
  return new Map(list.map(([name, value]) => [name, String(value)]));
}

describe('the URI', () => {
  test('is cut into path and query', () => {
    const all = params({ uri: '/a/b.php?x=1&y=?' });
    assert.equal(all.get('SCRIPT_NAME'), '/a/b.php');
    assert.equal(all.get('DOCUMENT_URI'), '/a/b.php');
    assert.equal(all.get('QUERY_STRING'), 'x=1&y=?');
    assert.equal(all.get('REQUEST_URI'), '/a/b.php?x=1&y=?');
  });

  test('may be whole: host, port and scheme come from it', () => {
    const all = params({ uri: 'https://user@www.example.org:8443/x?y#fragment' });
    assert.equal(all.get('HTTP_HOST'), 'www.example.org:8443');
    assert.equal(all.get('SERVER_NAME'), 'www.example.org');
    assert.equal(all.get('SERVER_PORT'), '8443');
    assert.equal(all.get('REQUEST_SCHEME'), 'https');
    assert.equal(all.get('HTTPS'), 'on');
    assert.equal(all.get('REQUEST_URI'), '/x?y');
    assert.equal(params({ uri: 'http://[::1]:80' }).get('SERVER_NAME'), '[::1]');
    assert.equal(params({ uri: 'http://h' }).get('REQUEST_URI'), '/');
    assert.equal(params({ uri: new URL('http://h/%C3%A9') }).get('REQUEST_URI'), '/%C3%A9');
    assert.equal(params({ uri: 'https://h/' }).get('SERVER_PORT'), '443');
  });

  test('that is none is a UserError', () => {
    for (const uri of ['index.php', '', 'ftp://h/x']) assert.throws(() => params({ uri }), UserError);
    assert.equal(params({ uri: '*', method: 'OPTIONS' }).get('REQUEST_URI'), '*');
  });
});

test('SCRIPT_FILENAME comes of root and script', () => {
  const name = (options: CgiRequestOptions) => params(options).get('SCRIPT_FILENAME');
  assert.equal(name({ uri: '/a.php', root: '/srv/www' }), '/srv/www/a.php');
  assert.equal(name({ uri: '/a.php', root: '/srv/www/' }), '/srv/www/a.php');
  assert.equal(name({ uri: '/pretty/url', root: '/srv/www', script: '/index.php' }), '/srv/www/index.php');
  assert.equal(name({ uri: '/pretty/url', root: '/srv/www', script: 'index.php' }), '/srv/www/index.php');
  assert.equal(name({ uri: '/x', root: '/srv/www', script: '/srv/www/index.php' }), '/srv/www/index.php');
  assert.equal(name({ uri: '/x', script: '/opt/app.php' }), '/opt/app.php');
  assert.equal(name({ uri: '/x.php' }), '/x.php');
});

test('PATH_INFO is taken from the end of the path', () => {
  const all = params({ uri: '/app.php/a/b?q', pathInfo: '/a/b', root: '/srv' });
  assert.equal(all.get('SCRIPT_NAME'), '/app.php');
  assert.equal(all.get('PATH_INFO'), '/a/b');
  assert.equal(all.get('SCRIPT_FILENAME'), '/srv/app.php');
  assert.equal(all.get('DOCUMENT_URI'), '/app.php/a/b');
  assert.equal(params({ uri: '/x' }).has('PATH_INFO'), false);
});

describe('headers', () => {
  test('become HTTP_ variables; Host names the server', () => {
    const all = params({
      headers: { Host: 'h:81', 'X-Forwarded-For': '192.0.2.1', Cookie: ['a=1', 'b=2'], Accept: ['x', 'y'] },
    });
    assert.equal(all.get('HTTP_HOST'), 'h:81');
    assert.equal(all.get('SERVER_NAME'), 'h');
    assert.equal(all.get('HTTP_X_FORWARDED_FOR'), '192.0.2.1');
    assert.equal(all.get('HTTP_COOKIE'), 'a=1; b=2');
    assert.equal(all.get('HTTP_ACCEPT'), 'x, y');
  });

  test('whose names no variable can have are left out', () => {
    const all = params({
      headers: [
        ['X_Y', '1'],
        ['a b', '2'],
        ['é', '3'],
        ['ok', '4'],
      ],
    });
    assert.deepEqual(
      [...all.keys()].filter((name) => name.startsWith('HTTP_')),
      ['HTTP_OK'],
    );
  });

  test('may come as a list, a Map or Headers', () => {
    for (const headers of [[['A', '1']] as [string, string][], new Map([['A', '1']]), new Headers({ A: '1' })]) {
      assert.equal(params({ headers }).get('HTTP_A'), '1');
    }
  });
});

test('the method is POST where there is a body, and its length is told', () => {
  assert.equal(params({}).get('REQUEST_METHOD'), 'GET');
  assert.equal(params({}).get('CONTENT_LENGTH'), '');
  const post = params({ headers: { 'Content-Type': 'text/plain' } }, 12);
  assert.equal(post.get('REQUEST_METHOD'), 'POST');
  assert.equal(post.get('CONTENT_LENGTH'), '12');
  assert.equal(post.get('CONTENT_TYPE'), 'text/plain');
  assert.equal(post.get('HTTP_CONTENT_LENGTH'), '12');
  assert.equal(params({ method: 'DELETE' }, 0).get('REQUEST_METHOD'), 'DELETE');
  const stream = nginxParams(cgiRequest({ headers: { 'Content-Length': '77' } }, undefined, true, ''));
  assert.deepEqual(
    stream.find(([name]) => name === 'CONTENT_LENGTH'),
    ['CONTENT_LENGTH', '77'],
    'of a stream its header tells',
  );
});

test('params are set last: in place of a known one, added, or taken away', () => {
  const list = nginxParams(cgiRequest({ uri: '/x' }, undefined, false, ''));
  const before = list.findIndex(([name]) => name === 'REMOTE_ADDR');
  changeParams(list, { REMOTE_ADDR: '10.0.0.1', SERVER_NAME: undefined, MINE: 'yes', NOT_THERE: undefined });
  assert.deepEqual(list[before], ['REMOTE_ADDR', '10.0.0.1']);
  assert.equal(
    list.some(([name]) => name === 'SERVER_NAME'),
    false,
  );
  assert.deepEqual(list.at(-1), ['MINE', 'yes']);
});
