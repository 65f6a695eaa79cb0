// Ending on signals, as a process: item 96 of the conformance checklist.
import assert from 'node:assert/strict';
import { createServer as createNetServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { request } from '../../support/fastcgi-messages.js';
import { type Program, runProgram } from './programs.js';
import { WebServer } from './web-server.js';

const PROGRAM = `
  const server = lib.createServer({
    responder: async (request) => {
      say('request');
      const wait = Number(request.params.get('QUERY_STRING'));
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      request.write('\\r\\nanswer');
    },
  });
  lib.closeOnSignals(process, server, {
    timeout: Number(process.env.TIMEOUT),
    beforeExit: (code) => say('leaves with ' + code),
  });
  await server.listen({ port: 0 });
  say('port ' + server.address().port + '.');`;

async function start(context: TestContext, timeout = 10_000): Promise<{ program: Program; web: WebServer }> {
  const program = runProgram(context, PROGRAM, { env: { TIMEOUT: String(timeout) } });
  await program.says('.');
  const port = Number(/port (\d+)/.exec(program.output())![1]);
  return { program, web: await WebServer.connect(context, { host: '127.0.0.1', port }) };
}

describe('item 96: a signal', () => {
  for (const signal of ['SIGTERM', 'SIGUSR1', 'SIGINT'] as const) {
    it(`${signal} while idle, with a kept connection: exit status 0`, async (context) => {
      const { program, web } = await start(context);
      await web.send(request({ keepConn: true })).answer();
      program.process.kill(signal);
      await web.whenEnded();
      web.end();
      assert.deepEqual(await program.exit, { code: 0, signal: null });
      assert.match(program.output(), /leaves with 0/);
    });
  }

  it('while busy: the answer is whole, then exit status 0', async (context) => {
    const { program, web } = await start(context);
    web.send(request({ keepConn: true, uri: '/?200' }));
    await program.says('request');
    program.process.kill('SIGTERM');
    assert.equal((await web.answer()).stdout, '\r\nanswer');
    await web.whenEnded();
    web.end();
    assert.deepEqual(await program.exit, { code: 0, signal: null });
  });

  it('in a rolling restart: what one process lets go another one takes, and no request is lost', async (context) => {
    const stdin = createNetServer();
    await new Promise<void>((resolve) => stdin.listen(0, '127.0.0.1', resolve));
    const { port } = stdin.address() as { port: number };
    const inherited = PROGRAM.replace('{ port: 0 }', '{ fd: 0 }').replace("say('request');", '');
    const programs = [1, 2, 3].map(() => runProgram(context, inherited, { stdin, env: { TIMEOUT: '10000' } }));
    for (const program of programs) await program.says('.');
    // This process must not accept: its copy of the socket goes.
    stdin.close();
    let serving = true;
    let answers = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (serving) {
        const web = await WebServer.connect(context, { host: '127.0.0.1', port });
        assert.equal((await web.send(request({ uri: '/?1' })).answer()).stdout, '\r\nanswer');
        web.end();
        answers++;
      }
    });
    for (const program of programs.slice(1)) {
      const before = answers;
      while (answers < before + 50) await new Promise((resolve) => setTimeout(resolve, 2));
      program.process.kill('SIGTERM');
      assert.deepEqual(await program.exit, { code: 0, signal: null });
    }
    serving = false;
    await Promise.all(load);
    assert.ok(answers > 100);
  });

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    it(`a second one, ${signal}, does not wait`, async (context) => {
      const { program, web } = await start(context);
      web.send(request({ keepConn: true, uri: '/?100000' }));
      await program.says('request');
      program.process.kill('SIGTERM');
      // The first has been heard when a second connection is refused or ended.
      const { remotePort: port } = web.socket;
      for (let open = true; open; ) {
        open = await WebServer.connect(context, { host: '127.0.0.1', port: port! }).then(
          (other) => other.end() !== undefined,
          () => false,
        );
      }
      program.process.kill(signal);
      assert.deepEqual(await program.exit, { code, signal: null });
    });
  }

  it('and a timeout: what goes on is cut off, and the exit status says so', async (context) => {
    const { program, web } = await start(context, 50);
    web.send(request({ keepConn: true, uri: '/?100000' }));
    await program.says('request');
    program.process.kill('SIGTERM');
    await web.whenEnded();
    assert.equal(web.records.length, 0);
    assert.deepEqual(await program.exit, { code: 143, signal: null });
  });
});
