// `fcgi-inspect request` as a program: what it asks, what it prints, its exit codes.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { before, describe, it, type TestContext, test } from 'node:test';
import { POLICY_NAMES } from '../../src/cli/request-options.js';
import { POLICIES } from '../../src/endpoints/client/index.js';
import { createServer as createApplication, type RequestHandler } from '../../src/endpoints/server/index.js';
import { response } from '../support/fastcgi-messages.js';
import { type Run, startBin, temporaryFolder } from '../support/run-bin.js';

const folder = temporaryFolder();

/** An application in this process. */
async function application(context: TestContext, responder: RequestHandler): Promise<string> {
  const server = createApplication({ responder });
  context.after(() => server.close({ graceful: false }));
  await server.listen({ port: 0 });
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return `127.0.0.1:${address.port}`;
}

/** Something that listens and does as told with each connection. */
async function listener(context: TestContext, take: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    take(socket);
  });
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return `127.0.0.1:${address.port}`;
}

function run(...args: readonly string[]): Promise<Run> {
  return startBin(['request', ...args]).ended;
}

/** Answers with PARAMS as lines, then the body. */
const mirror: RequestHandler = async (request) => {
  const lines = [...request.params].map(([name, value]) => `${name}=${value}\n`).join('');
  const body = await request.readBody(1 << 24);
  request.end(`Content-Type: text/plain\r\n\r\n${lines}--\n${body.toString()}`);
};

describe('what is asked', () => {
  let file = '';
  before(() => {
    file = join(folder, 'body.bin');
    writeFileSync(file, 'from a file');
  });

  it('method, headers, body, script, params', async (context) => {
    const address = await application(context, mirror);
    const { status, stdout, stderr } = await run(
      address,
      '/app/x.php?a=1',
      '-d',
      'k=v',
      '-X',
      'PUT',
      '-H',
      'X-Thing: some thing',
      '-H',
      'Host: example.org',
      '--root',
      '/srv/www',
      '-P',
      'APP_ENV=test',
      '-P',
      'REDIRECT_STATUS',
    );
    assert.deepEqual([status, stderr], [0, '']);
    for (const line of [
      'REQUEST_METHOD=PUT',
      'REQUEST_URI=/app/x.php?a=1',
      'QUERY_STRING=a=1',
      'SCRIPT_FILENAME=/srv/www/app/x.php',
      'DOCUMENT_ROOT=/srv/www',
      'CONTENT_LENGTH=3',
      'CONTENT_TYPE=application/x-www-form-urlencoded',
      'HTTP_X_THING=some thing',
      'HTTP_HOST=example.org',
      'APP_ENV=test',
    ])
      assert.ok(stdout.includes(`${line}\n`), line);
    assert.doesNotMatch(stdout, /REDIRECT_STATUS/);
    assert.match(stdout, /--\nk=v$/);
  });

  it('bodies from a file and from standard input; a script of its own', async (context) => {
    const address = await application(context, mirror);
    const fromFile = await run(address, '/', '-d', `@${file}`, '--script', '/srv/front.php', '--repeat', '2');
    assert.match(
      fromFile.stdout,
      /SCRIPT_FILENAME=\/srv\/front\.php\n[\s\S]*CONTENT_LENGTH=11\n[\s\S]*--\nfrom a file[\s\S]*--\nfrom a file$/,
    );
    const piped = await startBin(['request', address, '/', '-d', '-'], { input: 'from a pipe' }).ended;
    assert.match(piped.stdout, /CONTENT_LENGTH=11\n[\s\S]*--\nfrom a pipe$/);
  });

  it('as another web server would', async (context) => {
    const address = await application(context, mirror);
    const [nginx, lighttpd] = await Promise.all([
      run(address, '/', '--as', 'nginx'),
      run(address, '/', '--as', 'lighttpd'),
    ]);
    assert.match(nginx.stdout, /SERVER_SOFTWARE=nginx/);
    assert.match(lighttpd.stdout, /SERVER_SOFTWARE=lighttpd/);
    assert.deepEqual([...POLICY_NAMES].sort(), POLICIES.map(({ name }) => name).sort());
  });
});

describe('what is printed', () => {
  const secret: RequestHandler = (request) => {
    request.writeError('PHP Warning\n');
    request.end('Status: 404 Not Found\r\nSet-Cookie: session=verysecret\r\n\r\nnot here\n');
  };

  it('-i, -I and -o', async (context) => {
    const address = await application(context, secret);
    const target = join(folder, 'out.txt');
    const [include, head, output] = await Promise.all([
      run(address, '/', '-i'),
      run(address, '/', '-I'),
      run(address, '/', '-o', target),
    ]);
    assert.equal(include.stdout, 'Status: 404 Not Found\r\nSet-Cookie: session=verysecret\r\n\r\nnot here\n');
    assert.equal(head.stdout, 'Status: 404 Not Found\r\nSet-Cookie: session=verysecret\r\n\r\n');
    assert.deepEqual([output.stdout, readFileSync(target, 'utf8')], ['', 'not here\n']);
    assert.equal(include.stderr, 'fcgi-inspect: the application wrote to STDERR:\n  PHP Warning\n');
    assert.equal(include.status, 0, 'an answer is an answer');
  });

  it('-v: every record both ways with its time, secrets left out unless they are wanted', async (context) => {
    const address = await application(context, secret);
    const [plain, shown] = await Promise.all([
      run(address, '/', '-v', '-H', 'Cookie: id=verysecret'),
      run(address, '/', '-v', '-H', 'Cookie: id=verysecret', '--show-secrets'),
    ]);
    const { stderr } = plain;
    for (const line of [
      /^0\.\d{6} {2}#1 \* connecting$/m,
      /^0\.\d{6} {2}#1 → {2}BEGIN_REQUEST {2}id 1 {2}8 bytes {2}responder, no KEEP_CONN$/m,
      /^ {8}HTTP_COOKIE = \[redacted 13 bytes\]$/m,
      /^0\.\d{6} {2}#1 → {2}STDIN {2}id 1 {2}0 bytes {2}end of STDIN$/m,
      /^0\.\d{6} {2}#1 ← {2}STDERR {2}id 1 /m,
      /^ {8}Set-Cookie: \[redacted \d+ bytes\]$/m,
      /^0\.\d{6} {2}#1 ← {2}END_REQUEST {2}id 1 {2}8 bytes {2}appStatus 0, REQUEST_COMPLETE$/m,
      /first byte after .*, ended after /,
    ])
      assert.match(stderr, line);
    assert.doesNotMatch(stderr, /verysecret/);
    assert.equal(plain.stdout, 'not here\n');
    assert.match(shown.stderr, /HTTP_COOKIE = id=verysecret/);
  });

  it('--get-values', async (context) => {
    const address = await application(context, mirror);
    const { status, stdout } = await run(address, '--get-values');
    assert.equal(status, 0);
    assert.match(stdout, /^FCGI_MAX_CONNS = \d+\nFCGI_MAX_REQS = \d+\nFCGI_MPXS_CONNS = 1\n$/);
  });
});

describe('exit codes', () => {
  it('1 with --fail for a status or an appStatus', async (context) => {
    const bad = await application(context, (request) => request.end('Status: 500 Oops\r\n\r\nx'));
    const exit = await application(context, (request) => {
      request.appStatus = 3;
      request.end('\r\nx');
    });
    const [one, two, three] = await Promise.all([run(bad, '/', '-f'), run(exit, '/', '-f'), run(bad, '/')]);
    assert.deepEqual([one.status, two.status, three.status], [1, 1, 0]);
    assert.match(one.stderr, /the status is 500/);
    assert.match(two.stderr, /appStatus 3/);
  });

  it('7: nobody there', async () => {
    const [tcp, unix] = await Promise.all([run('127.0.0.1:1'), run(`unix:${join(folder, 'none.sock')}`)]);
    assert.deepEqual([tcp.status, tcp.stdout], [7, '']);
    assert.match(tcp.stderr, /^fcgi-inspect: connect-failed while connecting: .*ECONNREFUSED/);
    assert.match(unix.stderr, /ENOENT/);
    assert.equal(unix.status, 7);
  });

  it('28: too slow, and where it stood', async (context) => {
    const silent = await listener(context, (socket) => socket.resume());
    const stuck = await application(context, (request) => void request.write('\r\nhalf'));
    const [one, two] = await Promise.all([run(silent, '/', '-m', '200ms'), run(stuck, '/', '-m', '400ms')]);
    assert.equal(one.status, 28);
    assert.match(one.stderr, /^fcgi-inspect: total-timeout before a byte was answered: .*\nThe connection was made/);
    assert.deepEqual([two.status, two.stdout], [28, 'half']);
    assert.match(two.stderr, /^fcgi-inspect: total-timeout inside the body: /);
  });

  it('56: broken off, or no FastCGI; the phase is told', async (context) => {
    const closing = await listener(context, (socket) => socket.once('data', () => socket.end()));
    const http = await listener(context, (socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const cut = await listener(context, (socket) =>
      socket.once('data', () => socket.end(response({ body: 'x'.repeat(100) }).subarray(0, 90))),
    );
    const [one, two, three] = await Promise.all([run(closing), run(http), run(cut)]);
    assert.deepEqual([one.status, two.status, three.status], [56, 56, 56]);
    assert.match(one.stderr, /^fcgi-inspect: closed before a byte was answered: /);
    assert.match(two.stderr, /^fcgi-inspect: not-fastcgi .*\nSomething else than FastCGI is spoken there/);
    assert.match(three.stderr, /bytes of a record are missing\nUntil then \d+ bytes of STDOUT had come/);
  });

  it('56 for protocol statuses', async (context) => {
    const refusing = await application(context, (request) => {
      request.protocolStatus = 2;
      request.end();
    });
    const { status, stderr } = await run(refusing);
    assert.equal(status, 56);
    assert.match(stderr, /^fcgi-inspect: overloaded .*\nThe application refuses more requests/);
  });

  it('2 for what cannot be asked', async () => {
    const mistakes = [
      [['nowhere'], /"nowhere" is no address/],
      [['127.0.0.1:9', 'no-slash'], /is no URI/],
      [['127.0.0.1:9', '/', '-H', 'nothing'], /-H nothing: not a header/],
      [['127.0.0.1:9', '/', '-H', 'A: b\r\nC: d'], /not a header/],
      [['127.0.0.1:9', '/', '-P', '=x'], /the name is missing/],
      [['127.0.0.1:9', '/', '-d', '@/does/not/exist'], /cannot read \/does\/not\/exist: no such file/],
      [['127.0.0.1:9', '/', '--role', 'judge'], /not one of responder, authorizer, filter/],
      [['127.0.0.1:9', '/', '--scgi', '--keep-conn'], /SCGI closes every connection/],
      [['127.0.0.1:9', '/', '--as', 'iis'], /'iis' is invalid/],
      [['127.0.0.1:9', '/', '-m', 'soon'], /not a time/],
    ] as const;
    await Promise.all(
      mistakes.map(async ([args, sentence]) => {
        const { status, stdout, stderr } = await run(...args);
        assert.deepEqual([status, stdout], [2, ''], args.join(' '));
        assert.match(stderr, sentence);
        assert.doesNotMatch(stderr, / {4}at |node:/);
      }),
    );
  });
});

test('Ctrl-C ends a request that hangs, with 130', async (context) => {
  let asked = () => {};
  const connected = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const silent = await listener(context, (socket) => socket.once('data', () => asked()));
  const { process: child, ended } = startBin(['request', silent]);
  await connected;
  child.kill('SIGINT');
  assert.equal((await ended).status, 130);
});

test('--fault makes the request wrong, and says how often', async (context) => {
  let length: string | undefined;
  const address = await application(context, async (request) => {
    length = request.params.get('CONTENT_LENGTH');
    for await (const _ of request.stdin) void _;
    request.end('Content-Type: text/plain\r\n\r\nhello');
  });
  const faults = ['--fault', 'content_length=9', '--fault', 'stall_stdin=20ms'];
  const { status, stdout, stderr } = await run(address, '/x', '-d', 'four', ...faults);
  assert.deepEqual([status, stdout], [0, 'hello'], stderr);
  assert.equal(length, '9');
  assert.match(stderr, /fault content_length=9: happened 1 times\nfault stall_stdin=20ms: happened 1 times/);
});

test('--fault help lists what a client can do wrong; a fault of the server is refused', async () => {
  const help = await run('--fault', 'help');
  assert.equal(help.status, 0);
  assert.match(help.stdout, /stall_stdin/);
  assert.doesNotMatch(help.stdout, /drop_end_request/);
  const wrong = await run('127.0.0.1:1', '--fault', 'drop_end_request');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /drop_end_request cannot be made here/);
  const nothing = await run();
  assert.equal(nothing.status, 2);
  assert.match(nothing.stderr, /no address was given/);
});
