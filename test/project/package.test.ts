// The package as a user gets it: packed, installed into an empty folder, run from there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fixturesFolder, projectRoot } from '../support/paths.js';

describe('npm pack', () => {
  let folder = '';
  let contents: string[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-pack-'));
    // --ignore-scripts: the build this test runs from is the one that is packed.
    const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    contents = files.map((file) => file.path);
    writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "version": "1.0.0" }');
    // What `npm ci` fetched is in npm's cache.
    execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename)], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  test('holds the program and no tests, fixtures or maps', () => {
    for (const wanted of [
      'bin/fcgi-inspect.js',
      'dist/bundle/cli/main.js',
      'dist/bundle/server.js',
      'dist/bundle/protocol.js',
      'dist/bundle/types/endpoints/server/index.d.ts',
      'dist/bundle/types/protocol/index.d.ts',
      'README.md',
      'LICENSE',
    ]) {
      assert.ok(contents.includes(wanted), `${wanted} is missing`);
    }
    assert.deepEqual(
      contents.filter((path) => /^(test|fixtures|dist\/test|src)\/|\.map$|tsbuildinfo/.test(path)),
      [],
    );
  });

  test('runs from an empty folder', () => {
    const bin = join(folder, 'node_modules', '.bin', 'fcgi-inspect');
    const capture = join(fixturesFolder, 'time-wait-application-side', 'capture.pcap');
    assert.ok(existsSync(capture));
    const output = execFileSync(process.execPath, [bin, capture], { cwd: folder, encoding: 'utf8' });
    assert.match(output, /time-wait-application-side/);
    const version = execFileSync(process.execPath, [bin, '--version'], { cwd: folder, encoding: 'utf8' });
    assert.equal(
      version.trim(),
      (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version,
    );
  });

  test('runs worker processes from there, and has their types', () => {
    const source = `
      import { startWorkers } from 'fcgi-inspect/server';
      const pool = await startWorkers({ handler: { name: 'hello' }, listen: { port: 0 }, keepers: 1 });
      const { workers } = await pool.status();
      console.log(workers.map(({ state }) => state).join(' '), await pool.close());`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', source], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.equal(output, 'accepting accepting true\n');
    assert.ok(contents.includes('dist/bundle/types/endpoints/workers/start-workers.d.ts'));
  });

  test('its server answers, started from an empty folder', () => {
    const program = `
      import { connect } from 'node:net';
      import { createServer } from 'fcgi-inspect/server';
      import { beginRequest, params, record, STDIN } from 'fcgi-inspect/protocol';
      const server = createServer((request, response) => response.end('hello ' + request.url));
      await server.listen({ port: 0 });
      const socket = connect(server.address().port, '127.0.0.1');
      socket.write(Buffer.concat([beginRequest(1), params(1, { REQUEST_URI: '/from-the-package' }), record(STDIN, 1)]));
      let answer = '';
      for await (const chunk of socket) answer += chunk;
      process.stdout.write(answer);
      await server.close();`;
    const file = join(folder, 'program.mjs');
    writeFileSync(file, program);
    const output = execFileSync(process.execPath, [file], { cwd: folder, encoding: 'latin1', timeout: 20_000 });
    assert.match(output, /hello \/from-the-package/);
  });

  test('its declarations are enough for a TypeScript program', () => {
    writeFileSync(
      join(folder, 'consumer.mts'),
      `import { createServer, ListenError, RequestError, type RequestHandler, type Server } from 'fcgi-inspect/server';
      import { ApplicationConnection, applicationOptions, type ApplicationSink, RESPONDER } from 'fcgi-inspect/protocol';
      const responder: RequestHandler = async (request) => {
        const body: Buffer = await request.readBody(100);
        const name: string | undefined = request.params.get('REQUEST_METHOD');
        request.write(\`\\r\\n\${name} \${body.length}\`);
        return 0;
      };
      const raw: Server = createServer({ responder, limits: { requests: 5 }, protocol: 'detect' });
      raw.on('problem', ({ code, offset }) => void [code.toUpperCase(), offset.toFixed()]);
      const server = createServer((request, response) => {
        const agent: string | undefined = request.headers['user-agent'];
        request.pipe(response.writeHead(200, { 'X-Agent': agent ?? '' }));
      });
      try {
        await server.listen({ path: '/run/app.sock', mode: 0o660 });
      } catch (error) {
        if (error instanceof ListenError) console.log(error.code === 'ERR_ADDRESS_IN_USE', error.hint);
        if (error instanceof RequestError) console.log(error.abortCause);
      }
      export const machine = (sink: ApplicationSink<string>) => new ApplicationConnection(sink, applicationOptions({}));
      export const finished: Promise<boolean> = server.close({ timeout: RESPONDER });
      // @ts-expect-error there is no such option
      createServer({ responder, whatever: 1 });`,
    );
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const types = join(projectRoot, 'node_modules', '@types');
    const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--noEmit', '--types', 'node'];
    try {
      execFileSync(process.execPath, [tsc, ...options, '--typeRoots', types, 'consumer.mts'], {
        cwd: folder,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      assert.fail((error as { stdout: string }).stdout);
    }
  });
});
