// The screens of `tap` and `watch` in a real terminal: LIVE, PAUSED, traffic and the host, and what is left afterwards.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectTo, End, listenOn } from '../sources/tap/relay-scene.js';
import { request, response } from '../support/fastcgi-messages.js';
import { temporaryFolder } from '../support/run-bin.js';
import { TmuxTerminal, tmuxMissing } from './tmux.js';

describe('live screens', { skip: tmuxMissing() && 'tmux is not installed', timeout: 120_000 }, () => {
  const folder = temporaryFolder();
  let server: Server;
  let to = '';
  before(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.end(response({ body: 'hello', status: 404 })));
      socket.on('end', () => socket.end());
    });
    const address = await listenOn(server, { kind: 'tcp', host: '127.0.0.1', port: 0 });
    assert.ok(address.kind === 'tcp');
    to = `127.0.0.1:${address.port}`;
  });
  after(() => server.close());

  test('tap: says where to point the web server, shows what passes, pauses, and gives the terminal back', async (context) => {
    const terminal = new TmuxTerminal(110, 34);
    context.after(() => terminal.close());
    const listen = join(folder, 'tap.sock');
    terminal.line(`$NODE $BIN tap --listen unix:${listen} --to ${to}; echo status $?`);
    await terminal.until(/No traffic yet: point the web server at unix:/);
    await terminal.until(/LIVE 00:0/);
    const ask = async (uri: string) => {
      const end = new End(connectTo({ kind: 'unix', path: listen }));
      end.socket.write(request({ uri }));
      await end.until(() => end.ended);
      end.socket.end();
    };
    await ask('/first');
    await terminal.until(/1 conns\s+1 reqs/);
    terminal.press('3');
    await terminal.until(/\/first/);
    terminal.press('p');
    await terminal.until(/PAUSED at 00:/);
    await ask('/second');
    await terminal.until(/PAUSED at 00:.*\+[1-9]\d* packets/);
    assert.doesNotMatch(terminal.screen(), /\/second/);
    terminal.press('p');
    await terminal.until(/\/second/);
    // The application is a process of this host: this one.
    terminal.press('4');
    await terminal.until(new RegExp(`Processes of this host[\\s\\S]*${process.pid}`));
    terminal.press('5');
    await terminal.until(/This host[\s\S]*accept queue/);
    terminal.press('Tab');
    await terminal.until(/Who waited over 100 ms/);
    // Back to the overview, and out.
    terminal.press('q');
    await terminal.until(/\[1 Overview\]/);
    terminal.press('q');
    await terminal.until(/the tap has ended: [\s\S]*must go to [\s\S]*status 0/);
    assert.equal(existsSync(listen), false);
    assert.equal(terminal.flags().alternate, false);
  });

  test('watch: looks go on, findings appear and go', async (context) => {
    const terminal = new TmuxTerminal(110, 34);
    context.after(() => terminal.close());
    const gone = join(folder, 'gone.sock');
    terminal.line(`$NODE $BIN watch unix:${gone} --interval 0.2; echo status $?`);
    await terminal.until(/LIVE 00:0[\s\S]*ERROR[\s\S]*There is no socket unix:/);
    const there = createServer();
    await listenOn(there, { kind: 'unix', path: gone });
    context.after(() => there.close());
    await terminal.until(/Nothing wrong so far/);
    terminal.press('5');
    await terminal.until(/This host[\s\S]*gone\.sock[\s\S]*accept queue\s+0 of/);
    terminal.press('p');
    await terminal.until(/PAUSED at 00:/);
    terminal.press('C-c');
    await terminal.until(/status 0/);
    assert.equal(terminal.flags().alternate, false);
  });

  test('--format tui without a terminal is the text report, and says why', async (context) => {
    const terminal = new TmuxTerminal(110, 34);
    context.after(() => terminal.close());
    terminal.line(`$NODE $BIN watch ${to} --once --interval 0 --format tui | cat`);
    await terminal.until(/no screen, as the output is no terminal[\s\S]*Nothing wrong was seen/);
  });
});
