// A folder's files and CGI programs, behind a real server.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { cgiEnvironment } from '../../../src/endpoints/applications/cgi-environment.js';
import { CgiProgram, type CgiProgramOptions } from '../../../src/endpoints/applications/cgi-program.js';
import { staticFolder } from '../../../src/endpoints/applications/static-folder.js';
import { Params } from '../../../src/endpoints/server/index.js';
import { abortRequest } from '../../../src/fastcgi/encode.js';
import { UserError } from '../../../src/model/errors.js';
import { type RequestFields, request } from '../../support/fastcgi-messages.js';
import { temporaryFolder } from '../../support/run-bin.js';
import { type Answer, eventually, serve, WebServer } from '../server/web-server.js';

describe('a folder', () => {
  const folder = temporaryFolder();
  const root = join(folder, 'root');
  mkdirSync(join(root, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(root, 'index.html'), '<p>home');
  writeFileSync(join(root, 'sub', 'index.html'), '<p>sub');
  writeFileSync(join(root, 'a b.json'), '{}');
  writeFileSync(join(root, '.hidden'), 'secret');
  writeFileSync(join(root, 'big.bin'), Buffer.alloc(3_000_000, 7));
  symlinkSync(join(folder, 'secret.txt'), join(root, 'out.txt'));
  symlinkSync(folder, join(root, 'up'));
  symlinkSync(join(root, 'index.html'), join(root, 'inside.html'));

  async function get(context: TestContext, uri: string, more: RequestFields = {}): Promise<Answer> {
    const server = await serve(context, { responder: await staticFolder(root) });
    const web = await WebServer.connect(context, server);
    return web.send(request({ uri, ...more })).answer();
  }

  it('gives files with type, length and validators', async (context) => {
    const { stdout } = await get(context, '/a%20b.json?x=1');
    assert.match(
      stdout,
      /^Last-Modified: .* GMT\r\nETag: "2-[0-9a-f]+"\r\nContent-Type: application\/json\r\nContent-Length: 2\r\n\r\n\{\}$/,
    );
    assert.match((await get(context, '/')).stdout, /text\/html; charset=utf-8[\s\S]*<p>home$/);
    assert.match((await get(context, '/sub/')).stdout, /<p>sub$/);
    assert.match((await get(context, '/inside.html')).stdout, /<p>home$/);
    assert.match((await get(context, '/sub')).stdout, /^Location: \/sub\/\r\nStatus: 301/);
    const big = await get(context, '/big.bin');
    assert.equal(big.stdout.length - big.stdout.indexOf('\r\n\r\n') - 4, 3_000_000);
  });

  it('gives nothing from outside, nothing hidden, and nothing for other methods', async (context) => {
    for (const uri of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/out.txt',
      '/up/secret.txt',
      '/.hidden',
      '/missing',
      '/index.html/x',
      '/sub/../../secret.txt',
    ]) {
      const { stdout } = await get(context, uri);
      assert.match(stdout, /^Status: 404/, uri);
      assert.doesNotMatch(stdout, /secret/);
    }
    assert.match((await get(context, '/%00')).stdout, /^Status: 400/);
    assert.match((await get(context, '/', { method: 'POST', body: 'x' })).stdout, /Status: 405/);
    assert.match((await get(context, '/a%20b.json', { method: 'HEAD' })).stdout, /Content-Length: 2\r\n\r\n$/);
  });

  it('answers conditional requests', async (context) => {
    const tag = /ETag: (\S+)/.exec((await get(context, '/')).stdout)![1];
    const none = await get(context, '/', { parameters: { HTTP_IF_NONE_MATCH: `"x", W/${tag}` } });
    assert.match(none.stdout, /^Status: 304[\s\S]*\r\n\r\n$/);
    const old = await get(context, '/', { parameters: { HTTP_IF_MODIFIED_SINCE: 'Sat, 01 Jan 2000 00:00:00 GMT' } });
    assert.match(old.stdout, /<p>home$/);
  });

  it('must be there', async () => {
    await assert.rejects(staticFolder(join(folder, 'nothing')), UserError);
    await assert.rejects(staticFolder(join(root, 'index.html')), UserError);
  });
});

describe('a CGI program', () => {
  const folder = temporaryFolder();
  function script(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  async function run(context: TestContext, options: CgiProgramOptions, fields: RequestFields = {}): Promise<WebServer> {
    const program = new CgiProgram(options);
    const server = await serve(context, { responder: program.handler });
    context.after(() => program.close());
    const web = await WebServer.connect(context, server);
    return web.send(request(fields));
  }

  it('gets environment and input; its output, errors and exit status come back', async (context) => {
    const program = script(
      'echo.sh',
      'echo "Content-Type: text/x"; echo; echo "$REQUEST_METHOD $QUERY_STRING $GATEWAY_INTERFACE"; cat; echo oops >&2; exit 7',
    );
    const answer = await (
      await run(context, { program }, { method: 'POST', uri: '/x?q=1', body: 'the body' })
    ).answer();
    assert.deepEqual(answer, {
      stdout: 'Content-Type: text/x\n\nPOST q=1 CGI/1.1\nthe body',
      stderr: 'oops\n',
      appStatus: 7,
      protocolStatus: 'REQUEST_COMPLETE',
    });
  });

  it('need not read its input, however long that is', async (context) => {
    const program = script('deaf.sh', 'printf "Content-Type: text/x\\n\\nok"');
    const answer = await (await run(context, { program }, { body: 'x'.repeat(2_000_000) })).answer();
    assert.equal(answer.stdout, 'Content-Type: text/x\n\nok');
  });

  it('that cannot be run, says nothing, or dies', async (context) => {
    const missing = await (await run(context, { program: join(folder, 'missing') })).answer();
    assert.match(missing.stdout, /^Status: 500/);
    assert.match(missing.stderr, /cannot run .*ENOENT/);
    assert.equal(missing.appStatus, 127);
    const silent = await (await run(context, { program: script('silent.sh', 'exit 0') })).answer();
    assert.match(silent.stdout, /^Status: 500/);
    const dying = await (
      await run(context, { program: script('dying.sh', 'echo; echo partial; kill -9 $$') })
    ).answer();
    assert.deepEqual([dying.stdout, dying.appStatus], ['\npartial\n', 137]);
  });

  it('is ended with all it started when it takes too long', async (context) => {
    const pids = join(folder, 'late.pids');
    const program = script('late.sh', `sleep 60 & echo $! $$ > ${pids}; wait`);
    const answer = await (await run(context, { program, timeout: 200, grace: 100 })).answer();
    assert.match(answer.stdout, /^Status: 504/);
    assert.match(answer.stderr, /was ended after 200 ms/);
    await gone(pids);
  });

  it('is ended when the request is aborted', async (context) => {
    const pids = join(folder, 'aborted.pids');
    // It does not hear SIGTERM.
    const program = script('aborted.sh', `trap '' TERM; sleep 60 & echo $! $$ > ${pids}; wait; wait`);
    const web = await run(context, { program, grace: 100 }, { keepConn: true });
    await eventually(() => pidsOf(pids).length === 2, 'the program');
    const answer = await web.send(abortRequest(1)).answer();
    assert.equal(answer.stdout, '');
    await gone(pids);
  });

  it('more than the limit at once are refused', async (context) => {
    const program = new CgiProgram({ program: script('slow.sh', 'sleep 5; echo'), limit: 1 });
    const server = await serve(context, { responder: program.handler });
    context.after(() => program.close());
    const first = await WebServer.connect(context, server);
    first.send(request());
    await eventually(() => program.active === 1, 'the first one');
    const second = await WebServer.connect(context, server);
    assert.match((await second.send(request()).answer()).stdout, /^Status: 503/);
  });

  function pidsOf(file: string): number[] {
    try {
      return readFileSync(file, 'utf8').trim().split(' ').map(Number);
    } catch {
      return [];
    }
  }

  async function gone(file: string): Promise<void> {
    const pids = pidsOf(file);
    assert.equal(pids.length, 2);
    await eventually(() => !pids.some(alive), 'the end of its processes');
  }

  function alive(pid: number): boolean {
    try {
      // A zombie has ended, whoever has not waited for it yet.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  }

  it('gets no variable that would change how it is run', () => {
    const environment = cgiEnvironment(
      Params.from([
        ['REQUEST_METHOD', 'GET'],
        ['HTTP_PROXY', 'http://evil/'],
        ['LD_PRELOAD', '/evil.so'],
        ['PATH', '/evil'],
        ['NODE_OPTIONS', '--require=/evil'],
        ['BASH_FUNC_x%%', '() { :; }'],
        ['BAD NAME', 'x'],
        ['__proto__', 'x'],
        ['NUL', 'a\0b'],
        ['APP_ENV', 'test'],
        ['CONTENT_LENGTH', 'abc'],
      ]),
      undefined,
    );
    assert.deepEqual(
      { ...environment },
      { REQUEST_METHOD: 'GET', APP_ENV: 'test', GATEWAY_INTERFACE: 'CGI/1.1', ['__proto__']: 'x' },
    );
  });
});
