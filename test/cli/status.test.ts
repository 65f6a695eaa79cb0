// `fcgi-inspect status` as a program: against php-fpm itself, and against pages that a test makes up.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { createServer, type RequestHandler } from '../../src/endpoints/server/index.js';
import { serviceUser } from '../../src/reproduce/peers/programs.js';
import { eventually } from '../support/peers/eventually.js';
import { phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms, programPath } from '../support/peers/programs.js';
import { Stage } from '../support/peers/stage.js';
import { type Run, startBin } from '../support/run-bin.js';

function run(command: string, ...args: readonly string[]): Promise<Run> {
  return startBin([command, ...args]).ended;
}

interface StatusJson {
  readonly page: Record<string, unknown>;
  readonly acceptQueue: number | null;
  readonly counted: Record<string, unknown> & { readonly busy: number; readonly own: number; readonly running: number };
  readonly change: { readonly connections: number | null; readonly requests: number | null } | null;
  readonly processes: readonly {
    readonly state: string;
    readonly uri: string;
    readonly kind: string;
    readonly script: string;
  }[];
}

describe('php-fpm', { skip: missingPrograms(phpFpm) }, () => {
  const pool = 'pm.status_path = /fpm-status';

  /** The page as soon as so many workers run a script. */
  async function whileRunning(address: string, count: number, ...args: readonly string[]): Promise<StatusJson> {
    for (;;) {
      const { status, stdout, stderr } = await run(
        'status',
        address,
        '--path',
        '/fpm-status',
        '--json',
        '-m',
        '20s',
        ...args,
      );
      assert.deepEqual([status, stderr], [0, '']);
      const page = JSON.parse(stdout) as StatusJson;
      if (page.counted.running === count) return page;
    }
  }

  it('workers counted from the list, our own question left out, queries too unless wanted', async (context) => {
    const stage = new Stage(context);
    const go = stage.path('go');
    const script = stage.file(
      'wait.php',
      `<?php while (!file_exists('${go}')) { usleep(5000); clearstatcache(); } echo 'done';`,
    );
    const { endpoint } = await startPhpFpm(stage, { children: 3, pool });
    const slow = run('request', endpoint, '/slow?token=secret', '--script', script);
    const page = await whileRunning(endpoint, 1);
    assert.deepEqual(
      [page.page.pool, page.page.processManager, page.counted.total, page.counted.busy, page.counted.own],
      ['pool', 'static', 3, 1, 1],
    );
    assert.deepEqual(page.counted.maxChildren, { value: 3, source: 'static' });
    const running = page.processes.find(({ kind }) => kind === 'running')!;
    assert.deepEqual([running.uri, running.script], ['/slow?', script]);
    assert.equal(
      (await whileRunning(endpoint, 1, '--show-queries')).processes.find(({ kind }) => kind === 'running')!.uri,
      '/slow?token=secret',
    );
    const text = await run('status', endpoint, '--path', '/fpm-status');
    assert.match(
      text.stdout,
      /^pool pool at .*: pm = static, up .*\nworkers: 3: 1 running, 1 idle, 1 answers this question\nbusy: 1 of 3 \(static pool\), 33\.3 %\n/,
    );
    assert.match(text.stdout, /\nlisten queue: \d+ of \d[\d,]*, most seen \d+ /);
    assert.match(text.stdout, /\n *PID {2}STATE [\s\S]*Running [\s\S]*\/slow\? /);
    assert.doesNotMatch(text.stdout, /secret|fcgi-inspect-\d/);
    stage.file('go', '');
    assert.equal((await slow).stdout, 'done');
  });

  it('rates between looks, without what looking costs', async (context) => {
    const stage = new Stage(context);
    const { endpoint } = await startPhpFpm(stage, { children: 2, pool });
    const { stdout } = await run(
      'status',
      endpoint,
      '--path',
      '/fpm-status',
      '--interval',
      '50ms',
      '-n',
      '3',
      '--format',
      'ndjson',
    );
    const pages = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StatusJson);
    assert.deepEqual(
      pages.map(({ change }) => change && [change.connections, change.requests]),
      [null, [0, 0], [0, 0]],
    );
  });

  it('a connection that is kept idle holds a worker without a request', async (context) => {
    const stage = new Stage(context);
    const script = stage.file('x.php', '<?php echo 1;');
    const { endpoint } = await startPhpFpm(stage, { children: 2, pool });
    const { FastcgiClient } = await import('../../src/endpoints/client/index.js');
    const client = new FastcgiClient(endpoint);
    await (await client.request({ uri: '/x.php', script })).text();
    const { stdout } = await run('status', endpoint, '--path', '/fpm-status');
    await client.close();
    assert.match(
      stdout,
      /workers: 2: 0 running, 0 idle, 1 held by connections without a request, 1 answers this question\nbusy: 1 of 2 \(static pool\), 50 %: FULL\n/,
    );
  });

  it('a full pool: the page is starved, and what waits is shown', async (context) => {
    const stage = new Stage(context);
    const go = stage.path('go');
    const script = stage.file(
      'wait.php',
      `<?php touch('${stage.path('began')}'); while (!file_exists('${go}')) { usleep(5000); clearstatcache(); } echo 'done';`,
    );
    const { endpoint } = await startPhpFpm(stage, { children: 1, pool });
    const slow = run('request', endpoint, '/', '--script', script);
    await eventually('the script runs', () => existsSync(stage.path('began')));
    const { status, stdout, stderr } = await run('status', endpoint, '--path', '/fpm-status', '-m', '300ms');
    stage.file('go', '');
    assert.deepEqual([status, stdout], [28, '']);
    assert.match(
      stderr,
      /^fcgi-inspect: the pool did not answer within 300 ms: the status page is starved\nThe kernel shows \d connections? ?.*in its accept queue now\.\n[\s\S]*pm\.status_listen/,
    );
    assert.equal((await slow).stdout, 'done');
  });

  it('a unix socket: its queue is not available from the page', async (context) => {
    const stage = new Stage(context);
    const path = stage.path('fpm.sock');
    const user = serviceUser();
    const configuration = stage.file(
      'unix.conf',
      `[global]\ndaemonize = no\nerror_log = ${stage.path('unix.log')}\n[pool]\n${user === undefined ? '' : `user = ${user.user}\ngroup = ${user.group}\n`}listen = ${path}\nlisten.mode = 0666\npm = static\npm.max_children = 1\n${pool}\n`,
    );
    const daemon = stage.start(programPath(phpFpm), ['--nodaemonize', '-n', '--fpm-config', configuration], {
      stopSignal: 'SIGQUIT',
    });
    await daemon.until('listening', async () => existsSync(path));
    const [text, json] = [
      await run('status', `unix:${path}`, '--path', '/fpm-status'),
      await run('status', `unix:${path}`, '--path', '/fpm-status', '--json'),
    ];
    assert.match(
      text.stdout,
      /\nlisten queue: not available on a unix socket \(php-fpm says 0 whatever it is\); the kernel shows 0 waiting now\n/,
    );
    const { page, acceptQueue } = JSON.parse(json.stdout) as StatusJson;
    assert.deepEqual(
      [page.listenQueue, page.maxListenQueue, page.listenQueueLength, acceptQueue],
      [null, null, null, 0],
    );
  });

  it('a path that is not the status page', async (context) => {
    const stage = new Stage(context);
    const { endpoint } = await startPhpFpm(stage, { children: 1, pool });
    const { status, stderr } = await run('status', endpoint);
    assert.equal(status, 56);
    assert.match(
      stderr,
      /^fcgi-inspect: what came is no status page: status 404, File not found\.\nThe pool has no pm\.status_path = \/status; --path says another one\.\n$/,
    );
  });
});

describe('without php-fpm', () => {
  async function answering(context: TestContext, page: string): Promise<string> {
    const responder: RequestHandler = (request) => request.end(`Content-Type: text/plain\r\n\r\n${page}`);
    const server = createServer({ responder });
    context.after(() => server.close({ graceful: false }));
    await server.listen({ port: 0 });
    const address = server.address();
    assert.ok(address && typeof address === 'object');
    return `127.0.0.1:${address.port}`;
  }

  it('totals that have drifted are told, with what the list has', async (context) => {
    const process = '{"pid":1,"state":"Idle","requests":1,"request uri":"\\u001b[31mx"}';
    const address = await answering(
      context,
      `{"pool":"w\\u001b[2Jw","process manager":"dynamic","idle processes":0,"active processes":55,"total processes":2,"processes":[${process},${process}]}`,
    );
    const { status, stdout } = await run('status', address);
    assert.equal(status, 0);
    assert.match(stdout, /"active processes" says 55, the list has 0: the page's counter has drifted, the list counts/);
    assert.match(stdout, /of how many the page does not say \(--max-children N\)/);
    assert.ok(!stdout.includes('\u001b'), 'nothing acts on the terminal');
    assert.match((await run('status', address, '--max-children', '8')).stdout, /busy: 0 of 8 \(as told\), 0 %/);
  });

  it('no connection, no page, usage', async (context) => {
    const html = await answering(context, '<html>');
    const [gone, none, usage] = await Promise.all([
      run('status', '127.0.0.1:1'),
      run('status', html),
      run('status', html, '-n', '3'),
    ]);
    assert.deepEqual([gone.status, none.status, usage.status], [7, 56, 2]);
    assert.match(gone.stderr, /ECONNREFUSED/);
    assert.match(none.stderr, /status 200, <html>/);
    assert.match(usage.stderr, /add --interval/);
  });
});
