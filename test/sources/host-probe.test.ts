// The probe over a made-up /proc and a made-up ss: what it reads, what it says is missing, and that it reads no more than
// it needs.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { UserError } from '../../src/model/errors.js';
import type { CommandOutput, RunCommand } from '../../src/sources/host-command.js';
import { inNamespaceOf, runCommand } from '../../src/sources/host-command.js';
import { discoverApplications } from '../../src/sources/host-discovery.js';
import { HostProbe, type WatchedAddress } from '../../src/sources/host-probe.js';
import { resolveWatched } from '../../src/sources/host-resolve.js';
import {
  PORT,
  PROC_NETSTAT,
  PROC_SNMP,
  PROC_SOCKSTAT,
  PROC_TCP,
  PROC_TCP6,
  PROC_UNIX,
  SS_TCP,
  SS_UNIX,
} from '../host/recorded.js';

const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-proc-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;

interface MadeProcess {
  readonly stat: string;
  readonly cmdline: string;
  /** Inodes of sockets, from descriptor 0 on. */
  readonly sockets: readonly number[];
}

/** A /proc with these tables and processes. */
function proc(
  files: Readonly<Record<string, string>> = {},
  processes: Readonly<Record<number, MadeProcess>> = {},
): string {
  const root = join(folder, String(made++));
  const all: Record<string, string> = {
    uptime: '1000.00 2000.00\n',
    'net/tcp': PROC_TCP,
    'net/tcp6': PROC_TCP6,
    'net/unix': PROC_UNIX,
    'net/netstat': PROC_NETSTAT,
    'net/snmp': PROC_SNMP,
    'net/sockstat': PROC_SOCKSTAT,
    'sys/net/core/somaxconn': '4096\n',
    'sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    ...files,
  };
  for (const [pid, { stat, cmdline, sockets }] of Object.entries(processes)) {
    all[`${pid}/stat`] = stat;
    all[`${pid}/cmdline`] = cmdline;
    all[`${pid}/status`] = 'Uid:\t33\t33\t33\t33\nVmRSS:\t1024 kB\n';
    all[`${pid}/limits`] = 'Max open files            64                 64                 files\n';
    all[`${pid}/wchan`] = 'inet_csk_accept';
    mkdirSync(join(root, pid, 'fd'), { recursive: true });
    for (const [fd, inode] of sockets.entries()) symlinkSync(`socket:[${inode}]`, join(root, pid, 'fd', String(fd)));
  }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function stat(pid: number, name: string, parent: number, state = 'S'): string {
  return `${pid} (${name}) ${state} ${parent} 1 1 0 -1 0 0 0 0 0 10 5 0 0 20 0 1 0 90000 0 0`;
}

const ss: RunCommand = async (_command, args): Promise<CommandOutput> => ({
  kind: 'output',
  text: args.includes('-Hxae') ? SS_UNIX : SS_TCP,
});
const withoutSs: RunCommand = async (command) => ({ kind: 'missing', reason: `${command} is not installed` });

const TCP: WatchedAddress = { kind: 'tcp', address: `127.0.0.1:${PORT}`, host: '127.0.0.1', port: PORT };
const UNIX: WatchedAddress = { kind: 'unix', address: 'unix:/tmp/h.sock', path: '/tmp/h.sock' };

const PROCESSES: Readonly<Record<number, MadeProcess>> = {
  20: {
    stat: stat(20, 'php-fpm8.2', 1),
    cmdline: 'php-fpm: master process (/etc/fpm.conf)',
    sockets: [1862243, 1862244],
  },
  21: { stat: stat(21, 'php-fpm8.2', 20), cmdline: 'php-fpm: pool www', sockets: [1862243, 1862999, 1862300] },
  22: { stat: stat(22, 'php-fpm8.2', 20, 'Z'), cmdline: '', sockets: [] },
  30: { stat: stat(30, 'nginx', 1), cmdline: 'nginx: worker process', sockets: [1863974, 1863970] },
  40: { stat: stat(40, 'other', 1), cmdline: 'other', sockets: [777] },
};

describe('the probe', () => {
  it('puts the kernel, ss and the processes together', async () => {
    const probe = new HostProbe({ addresses: [UNIX, TCP], root: proc({}, PROCESSES), run: ss });
    const sample = await probe.sample();
    assert.deepEqual(
      sample.listeners.map(({ address }) => address),
      [UNIX.address, TCP.address],
      'in the order asked for',
    );
    const [unix, tcp] = sample.listeners;
    assert.deepEqual([tcp.queues[0].depth, tcp.queues[0].limit, tcp.queues[0].drops], [3, 2, 6]);
    assert.deepEqual([unix.queues[0].depth, unix.queues[0].limit], [3, 2]);
    assert.deepEqual(
      sample.processes.map(({ pid, state, sockets }) => [pid, state, [...sockets].sort()]),
      [
        [20, 'S', [1862243, 1862244]],
        [21, 'S', [1862243, 1862300, 1862999]],
        [22, 'Z', []],
        [30, 'S', [1863970, 1863974]],
      ],
    );
    const [master] = sample.processes;
    assert.deepEqual(
      [master.title, master.uid, master.rss, master.descriptors, master.descriptorLimit],
      ['php-fpm: master process (/etc/fpm.conf)', 33, 1024 * 1024, 2, 64],
    );
    assert.deepEqual([master.age, master.cpu, master.waits], [100e9, 0.15e9, ['inet_csk_accept']]);
    assert.equal(sample.counters.get('TcpExt.ListenOverflows'), 14);
    assert.deepEqual([sample.settings.somaxconn, sample.settings.firstPort], [4096, 32768]);
    assert.equal(sample.totals.timeWait, 939);
    assert.deepEqual(sample.missing, []);
  });

  it('says what is missing without ss, and shows the rest', async () => {
    const probe = new HostProbe({ addresses: [TCP, UNIX], root: proc({}, PROCESSES), run: withoutSs });
    const { listeners, missing } = await probe.sample();
    assert.deepEqual(
      missing.map(({ code, hint }) => [code, hint]),
      [['queue-limits', 'install iproute2']],
    );
    assert.deepEqual(
      listeners.map(({ queues }) => [queues[0].depth, queues[0].limit]),
      [
        [3, Number.NaN],
        [3, Number.NaN],
      ],
    );
  });

  it('says what it could not read of a namespace, and asks ss inside of it', async () => {
    const commands: string[] = [];
    const root = proc({ '50/stat': stat(50, 'app', 1), '50/net/tcp': PROC_TCP, '50/net/sockstat': PROC_SOCKSTAT });
    const run: RunCommand = async (command, args) => {
      commands.push([command, ...args].join(' '));
      return { kind: 'failed', reason: 'Operation not permitted' };
    };
    const { listeners, missing, settings } = await new HostProbe({ addresses: [TCP], root, run, pid: 50 }).sample();
    assert.deepEqual(
      missing.map(({ code }) => code),
      ['settings', 'queue-limits'],
    );
    assert.ok(
      commands.every((command) => command.startsWith('nsenter --net=/proc/50/ns/net -- ')),
      commands.join('\n'),
    );
    assert.equal(listeners[0].queues[0].depth, 3);
    assert.ok(Number.isNaN(settings.somaxconn));
  });

  it("reads php-fpm's configuration where a master names it", async () => {
    const configuration = join(folder, 'fpm.conf');
    writeFileSync(configuration, `include = ${folder}/pools-*.conf\n`);
    writeFileSync(
      join(folder, 'pools-a.conf'),
      `[www]\nlisten = 127.0.0.1:${PORT}\npm = static\npm.max_children = 7\nlisten.backlog = 9\n`,
    );
    const processes = { 20: { ...PROCESSES[20], cmdline: `php-fpm: master process (${configuration})` } };
    const { listeners } = await new HostProbe({ addresses: [TCP], root: proc({}, processes), run: ss }).sample();
    const { pool, maxChildren, backlog, source } = listeners[0].configuration!;
    assert.deepEqual([pool, maxChildren, backlog, source], ['www', 7, 9, join(folder, 'pools-a.conf')]);
  });

  it('goes on when tables are missing or nonsense', async () => {
    const root = proc({
      'net/tcp': '\u0000'.repeat(100_000),
      'net/tcp6': 'x\n'.repeat(10_000),
      'net/unix': '::::',
      'net/netstat': 'TcpExt:\nTcpExt: 1',
    });
    const broken: RunCommand = async () => ({ kind: 'output', text: 'LISTEN nonsense\n\tino:' });
    const { listeners } = await new HostProbe({ addresses: [TCP, UNIX], root, run: broken }).sample();
    assert.deepEqual(
      listeners.map(({ state }) => state),
      ['closed', 'missing'],
    );
  });

  it('refuses what is not there', () => {
    const root = proc();
    assert.throws(() => new HostProbe({ addresses: [], root, pid: 4242 }), UserError);
    assert.throws(() => new HostProbe({ addresses: [], root: join(folder, 'nothing') }), UserError);
  });

  it('finds the same owners look after look', async () => {
    const probe = new HostProbe({ addresses: [TCP], root: proc({}, PROCESSES), run: ss });
    const first = await probe.sample();
    const second = await probe.sample();
    assert.deepEqual(second.processes, first.processes);
  });
});

describe('discovery', () => {
  it('finds applications by program, descriptor 0, configuration and path, and tells how sure it is', async () => {
    const files = join(folder, 'files');
    mkdirSync(join(files, 'etc/nginx/sites-enabled'), { recursive: true });
    writeFileSync(
      join(files, 'etc/nginx/sites-enabled/default'),
      'location / { fastcgi_pass unix:/run/stale.sock; fastcgi_pass unix:@abstract; }\n',
    );
    const root = proc(
      {},
      {
        20: PROCESSES[20],
        60: { stat: stat(60, 'hello', 1), cmdline: 'hello', sockets: [5001] },
      },
    );
    const { candidates } = await discoverApplications({ root, files });
    assert.deepEqual(
      candidates.map(({ address, certainty }) => [address, certainty]),
      [
        [`127.0.0.1:${PORT}`, 'sure'],
        ['unix:@abstract', 'sure'],
        ['unix:/tmp/h.sock', 'sure'],
        ['127.0.0.1:9000', 'likely'],
      ],
    );
    assert.match(candidates[1].reasons[0], /^named by \/etc\/nginx\/sites-enabled\/default: fastcgi_pass$/);
  });
});

describe('addresses', () => {
  it('are looked up, and the one that is listened on is taken', async () => {
    const net = join(proc(), 'net');
    assert.deepEqual(await resolveWatched('x', { kind: 'unix', path: '\0name' }, net), {
      kind: 'unix',
      address: 'x',
      path: '@name',
    });
    assert.deepEqual(await resolveWatched('x', { kind: 'tcp', host: '::FFFF:127.0.0.1', port: 1 }, net), {
      kind: 'tcp',
      address: 'x',
      host: '127.0.0.1',
      port: 1,
    });
    const local = await resolveWatched('x', { kind: 'tcp', host: 'localhost', port: PORT }, net);
    assert.equal(local.kind === 'tcp' && local.host, '127.0.0.1');
    await assert.rejects(resolveWatched('x', { kind: 'tcp', host: 'no-such-host.invalid', port: 1 }, net), UserError);
  });
});

describe('commands', () => {
  it('are run for their output, and their failures are told', async () => {
    assert.deepEqual(await runCommand(process.execPath, ['-e', 'process.stdout.write("out")']), {
      kind: 'output',
      text: 'out',
    });
    assert.deepEqual(await runCommand('no-such-program-here', []), {
      kind: 'missing',
      reason: 'no-such-program-here is not installed',
    });
    const failed = await runCommand(process.execPath, ['-e', 'console.error("why"); process.exit(3)']);
    assert.deepEqual(failed, { kind: 'failed', reason: 'why' });
  });

  it('enter a namespace through nsenter', async () => {
    const seen: unknown[] = [];
    await inNamespaceOf(7, async (...call) => {
      seen.push(call);
      return { kind: 'output', text: '' };
    })('ss', ['-l']);
    assert.deepEqual(seen, [['nsenter', ['--net=/proc/7/ns/net', '--', 'ss', '-l']]]);
  });
});
