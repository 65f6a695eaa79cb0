// The same handlers as plain CGI programs: a process for one request.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';

const library = new URL('../../../src/endpoints/workers/index.js', import.meta.url).href;
const server = new URL('../../../src/endpoints/server/index.js', import.meta.url).href;

interface CgiRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: string | null;
}

/** Runs a program whose handler is that expression. */
async function cgi(
  handler: string,
  environment: Readonly<Record<string, string>> = {},
  input: string | undefined = '',
  during: (child: ReturnType<typeof spawn>) => void = () => {},
): Promise<CgiRun> {
  const source = `
    import { runAsCgi } from ${JSON.stringify(library)};
    import { httpHandler } from ${JSON.stringify(server)};
    const handler = ${handler};
    const { env: environment, stdin, stdout, stderr } = process;
    process.exit(await runAsCgi(handler, { environment, stdin, stdout, stderr, signals: process }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    env: { PATH: process.env.PATH, GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', ...environment },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => {});
  if (input !== undefined) child.stdin.end(input);
  during(child);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  );
  return { stdout, stderr, code, signal };
}

describe('a handler run as a CGI program', () => {
  test('gets its request from the environment and standard input', async () => {
    const { stdout, code, stderr } = await cgi(
      `async (request) => {
        const body = await request.readBody();
        request.write('Content-Type: text/plain\\r\\n\\r\\n');
        request.write(request.protocol + ' ' + request.params.get('REQUEST_URI') + ' ' + body);
      }`,
      { REQUEST_METHOD: 'POST', REQUEST_URI: '/a?b', CONTENT_LENGTH: '5' },
      'helloMORE',
    );
    assert.equal(stdout, 'Content-Type: text/plain\r\n\r\ncgi /a?b hello');
    assert.equal(code, 0, stderr);
  });

  test('has no body without CONTENT_LENGTH, and does not wait for one', async () => {
    // Standard input stays open.
    const { stdout, code } = await cgi(
      `async (request) => { request.end('\\r\\n' + (await request.readBody()).length); }`,
      {},
      undefined,
    );
    assert.equal(stdout, '\r\n0');
    assert.equal(code, 0);
  });

  test('ends with the exit status that it tells', async () => {
    assert.equal((await cgi(`(request) => { request.appStatus = 7; request.end('\\r\\n'); }`)).code, 7);
    assert.equal((await cgi(`async (request) => 3`)).code, 3);
    assert.equal((await cgi(`async (request) => 256`)).code, 1, 'never 0 for what is not 0');
  });

  test('that fails answers 500, tells standard error, and exits with 1', async () => {
    const { stdout, stderr, code } = await cgi(`async () => { throw new Error('broken handler'); }`);
    assert.match(stdout, /^Status: 500 /);
    assert.match(stderr, /broken handler/);
    assert.equal(code, 1);
  });

  test('writes much and loses nothing', async () => {
    const { stdout, code } = await cgi(`async (request) => {
      request.write('\\r\\n');
      for (let i = 0; i < 200; i++) if (!request.write('x'.repeat(50000))) await request.drained();
    }`);
    assert.equal(stdout.length, 2 + 200 * 50_000);
    assert.equal(code, 0);
  });

  test('may have the face of node:http', async () => {
    const { stdout } = await cgi(
      `httpHandler((request, response) => { response.statusCode = 404; response.end(request.url); })`,
      { REQUEST_URI: '/there', SCRIPT_NAME: '/there' },
    );
    assert.match(stdout, /^Status: 404/);
    assert.match(stdout, /\/there$/);
  });

  test('is aborted by SIGTERM', async () => {
    const { stderr, code } = await cgi(
      `(request) => new Promise((resolve) => {
        request.onAbort((error) => { request.writeError(error.message); resolve(9); });
        process.stderr.write('ready ');
        setInterval(() => {}, 1000);
      })`,
      {},
      '',
      (child) => child.stderr!.once('data', () => child.kill('SIGTERM')),
    );
    assert.match(stderr, /ready the request was aborted/);
    assert.equal(code, 9);
  });

  test('is told when nobody reads its answer any more', async () => {
    const { stderr } = await cgi(
      `async (request) => {
        request.write('\\r\\n');
        request.onAbort((error) => process.stderr.write('aborted ' + error.abortCause));
        while (!request.aborted) { request.write('x'.repeat(10000)); await new Promise((resolve) => setTimeout(resolve, 5)); }
      }`,
      {},
      '',
      (child) => child.stdout!.once('data', () => child.stdout!.destroy()),
    );
    assert.equal(stderr, 'aborted connection-lost');
  });
});
