// How pools start, on what they listen, and how they say that they can't.
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ListenError } from '../../../src/endpoints/server/errors.js';
import { entryPath } from '../../../src/endpoints/workers/entry-path.js';
import type { WorkersOptions } from '../../../src/endpoints/workers/options.js';
import { startWorkers } from '../../../src/endpoints/workers/start-workers.js';
import { UserError } from '../../../src/model/errors.js';
import { request } from '../../support/fastcgi-messages.js';
import { projectRoot } from '../../support/paths.js';
import { temporaryFolder } from '../../support/run-bin.js';
import { runProgram } from '../server/programs.js';
import { WebServer } from '../server/web-server.js';
import { ask, HANDLERS, isAlive, socketPath, startPool, until } from './pools.js';

const folder = temporaryFolder();

/** Starts a pool that can't, and gives the error. */
async function failure(options: Partial<WorkersOptions> & { readonly handlerOptions?: unknown }): Promise<Error> {
  const { handlerOptions, ...given } = options;
  const settings = {
    handler: { module: HANDLERS, options: handlerOptions },
    listen: { port: 0 },
    keepers: 1,
    ...given,
  };
  try {
    const pool = await startWorkers(settings);
    await pool.close();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new assert.AssertionError({ message: 'it started' });
}

describe('a pool does not start', () => {
  test('where somebody listens', async (context) => {
    const other = createServer().listen(0, '127.0.0.1');
    context.after(() => other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const error = await failure({ listen: { port } });
    assert.ok(error instanceof ListenError);
    assert.equal(error.code, 'ERR_ADDRESS_IN_USE');
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} is in use`));
  });

  test('where a path is taken, by somebody who listens or by no socket', async (context) => {
    const path = join(folder, 'taken.sock');
    const other = createServer().listen(path);
    context.after(() => other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const busy = await failure({ listen: { path } });
    assert.ok(busy instanceof ListenError && busy.code === 'ERR_ADDRESS_IN_USE', String(busy));
    const file = join(folder, 'file');
    writeFileSync(file, 'kept');
    const wrong = await failure({ listen: { path: file } });
    assert.ok(wrong instanceof ListenError && wrong.code === 'ERR_NOT_A_SOCKET', String(wrong));
    assert.ok(existsSync(file));
  });

  test('at an address that is none of this host, or that does not exist', async () => {
    for (const host of ['192.0.2.1', 'no-such-host.invalid'])
      assert.ok((await failure({ listen: { port: 0, host } })) instanceof ListenError, host);
  });

  test('where its handler can’t be loaded, and says why', async () => {
    assert.match((await failure({ handlerOptions: { fail: 'no database' } })).message, /no database/);
    const missing = await failure({ handler: { module: join(folder, 'missing.mjs') } });
    assert.match(missing.message, /missing\.mjs/);
    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, 'export const nothing = 1;');
    const none = await failure({ handler: { module: empty } });
    assert.ok(none instanceof UserError);
    assert.match(none.hint ?? '', /createHandlers/);
    const unknown = await failure({ handler: { name: 'toString' } });
    assert.ok(unknown instanceof UserError);
    assert.match(unknown.hint ?? '', /hello/);
    await assert.rejects(startWorkers({ handler: { module: './x.js' }, listen: { port: 0 } }), UserError);
  });

  test('where its workers end, or take too long, before they are ready', async () => {
    const ends = await failure({ handlerOptions: { exit: 5 } });
    assert.ok(ends instanceof UserError);
    assert.match(ends.message, /status 5 before they are ready/);
    const hangs = await failure({ handlerOptions: { hang: true }, startTimeout: 300, workers: 1 });
    assert.match(hangs.message, /SIGKILL before they are ready/);
  });

  test('with the event model for the same reasons', async () => {
    const event = { model: 'event' } as const;
    assert.match((await failure({ ...event, handlerOptions: { fail: 'no database' } })).message, /no database/);
    assert.ok((await failure({ ...event, listen: { port: 0, host: '192.0.2.1' } })) instanceof ListenError);
  });
});

describe('AF_UNIX', () => {
  test('a socket has the mode that was asked for, and is gone with the pool', async (context) => {
    const path = socketPath();
    const pool = await startPool(context, { listen: { path, mode: 0o604 } });
    assert.equal(pool.pool.address, path);
    assert.equal(statSync(path).mode & 0o777, 0o604);
    assert.match(await ask(context, pool), /^\d+$/);
    assert.equal(await pool.pool.close(), true);
    assert.ok(!existsSync(path));
  });

  test('one that a killed pool left behind is replaced', async (context) => {
    const path = socketPath();
    const first = await startPool(context, { listen: { path }, workers: 1 });
    const { keepers, workers } = await first.pool.status();
    process.kill(first.pool.pid, 'SIGKILL');
    await until(() => ![...keepers, workers[0].pid].some(isAlive), 'the end');
    assert.ok(existsSync(path));
    const second = await startPool(context, { listen: { path }, workers: 1 });
    assert.match(await ask(context, second), /^\d+$/);
  });
});

test('two pools of one process do not know of each other', async (context) => {
  const [one, other] = [await startPool(context, { workers: 1 }), await startPool(context, { workers: 1 })];
  const address = (pool: typeof one) => (pool.pool.address as { port: number }).port;
  assert.notEqual(address(one), address(other));
  assert.notEqual(await ask(context, one), await ask(context, other));
});

test('a message of a handler comes to whoever started the pool, and options of Node to the handler', async (context) => {
  const pool = await startPool(context, { workers: 1, execArgv: ['--no-warnings'] });
  assert.equal(await ask(context, pool, { uri: '/arguments' }), '--no-warnings');
  await ask(context, pool, { uri: '/send?hello' });
  await until(() => pool.messages.length > 0, 'a message');
  assert.deepEqual(pool.messages, [{ text: 'hello', seat: 0 }]);
});

test('a listening socket that was inherited as descriptor 0 is shared by the workers', async (context) => {
  const listening = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  const { port } = listening.address() as { port: number };
  const index = new URL('../../../src/endpoints/workers/index.js', import.meta.url).href;
  const program = runProgram(
    context,
    `const { startWorkers } = await import(${JSON.stringify(index)});
     const pool = await startWorkers({ handler: { name: 'hello' }, listen: { fd: lib.FCGI_LISTENSOCK_FILENO }, keepers: 1 });
     lib.closeOnSignals(process, pool);
     say('at ' + JSON.stringify(pool.address));`,
    { stdin: listening },
  );
  listening.close();
  await program.says('at ');
  assert.match(program.output(), new RegExp(`"port":${port}`));
  // Again and again: the workers close it and open it.
  const seats = new Set<string>();
  for (let i = 0; i < 6; i++) {
    const web = await WebServer.connect(context, { port, host: '127.0.0.1' });
    seats.add((await web.send(request()).answer()).stdout.replace(/.*(seat \d).*/s, '$1'));
    web.end();
  }
  assert.ok(seats.size >= 1);
  program.process.kill('SIGTERM');
  assert.deepEqual(await program.exit, { code: 0, signal: null });
});

describe('what the processes execute', () => {
  test('is found from the compiled sources and from the bundle', async () => {
    assert.match(entryPath(), /endpoints\/workers\/process-entry\.js$/);
    const bundled = join(projectRoot, 'dist', 'bundle', 'worker-process.js');
    for (const file of ['server.js', 'chunk-XYZ.js', 'cli/main.js'])
      assert.equal(entryPath(pathToFileURL(join(projectRoot, 'dist', 'bundle', file)).href), bundled);
    assert.throws(() => entryPath(pathToFileURL(join(folder, 'a', 'b.js')).href), UserError);
  });

  test('runs from the bundle', async () => {
    const { startWorkers: bundled } = (await import(
      pathToFileURL(join(projectRoot, 'dist', 'bundle', 'server.js')).href
    )) as { startWorkers: typeof startWorkers };
    const pool = await bundled({ handler: { name: 'hello' }, listen: { port: 0 }, workers: 1, keepers: 1 });
    try {
      assert.equal((await pool.status()).workers[0].state, 'accepting');
    } finally {
      await pool.close();
    }
  });
});
