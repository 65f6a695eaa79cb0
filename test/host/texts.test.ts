// ss, counters, settings and the files of processes, from recorded texts; and that no text whatever makes them fail.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addCounters, COUNTERS, parseSocketTotals } from '../../src/host/kernel-counters.js';
import { ephemeralPorts, kernelSettings, reusesTimeWait, settingRemarks } from '../../src/host/kernel-settings.js';
import { localIpv4, localIpv6 } from '../../src/host/local-addresses.js';
import { parsePhpFpmConfiguration } from '../../src/host/php-fpm-configuration.js';
import {
  parseDescriptorLimit,
  parseProcessStat,
  parseProcessStatus,
  parseUptime,
  processTitle,
  socketInode,
} from '../../src/host/process-files.js';
import { parseTcpSockets, parseUnixSockets } from '../../src/host/socket-statistics.js';
import { TcpTable } from '../../src/host/tcp-table.js';
import { parseUnixTable } from '../../src/host/unix-table.js';
import { waitingPlace, waitingWords } from '../../src/host/waiting-places.js';
import { applicationAddresses } from '../../src/host/web-server-configuration.js';
import {
  PROC_NETSTAT,
  PROC_SNMP,
  PROC_SOCKSTAT,
  PROC_TCP,
  PROC_UNIX,
  SS_TCP,
  SS_TCP_OLD,
  SS_UNIX,
} from './recorded.js';

describe('ss over TCP', () => {
  const sockets = parseTcpSockets(SS_TCP);

  it('tells the queue of a listening socket, its limit and what it dropped', () => {
    const [listener] = sockets;
    assert.deepEqual(
      [listener.state, listener.receiveQueue, listener.sendQueue, listener.drops, listener.inode],
      ['LISTEN', 3, 2, 6, 1862243],
    );
    assert.ok(Number.isNaN(listener.bytesReceived));
  });

  it('tells of connections when bytes last went which way, 0 where ss leaves a number out', () => {
    assert.equal(sockets.length, 6);
    const [, closed, silent, asked, answered, halfOpen] = sockets;
    assert.deepEqual([closed.state, closed.inode, closed.bytesReceived], ['CLOSE-WAIT', 0, 1]);
    assert.deepEqual([silent.bytesReceived, silent.bytesSent, silent.sinceSent], [0, 0, 2444e6]);
    assert.deepEqual([asked.receiveQueue, asked.sinceReceived], [5, 2400e6]);
    assert.deepEqual(
      [answered.inode, answered.uid, answered.bytesSent, answered.sinceSent],
      [1862999, 33, 120, 1200e6],
    );
    assert.equal(halfOpen.state, 'SYN-RECV');
    assert.ok(Number.isNaN(halfOpen.sinceSent), 'a half-open one has no times');
  });

  it('reads older versions', () => {
    const [listener, connection] = parseTcpSockets(SS_TCP_OLD);
    assert.deepEqual([listener.local, listener.localPort, listener.drops, listener.uid], ['::', 9000, 12, 33]);
    assert.deepEqual([connection.local, connection.remote, connection.remotePort], ['127.0.0.1', '127.0.0.1', 40112]);
    assert.deepEqual([connection.inode, connection.sinceReceived], [14010, 4e6]);
  });
});

describe('ss over AF_UNIX', () => {
  it('tells the queue and who is in it', () => {
    const [listener, open, half, blank] = parseUnixSockets(SS_UNIX, ['/tmp/h.sock', '/run/with blank.sock']);
    assert.deepEqual([listener.isListener, listener.receiveQueue, listener.sendQueue], [true, 3, 2]);
    assert.deepEqual(listener.queuedPeers, [1863969, 1863970, 1863971]);
    assert.deepEqual([open.inode, open.peerInode, open.halfClosed], [1862300, 1863972, false]);
    assert.equal(half.halfClosed, true);
    assert.deepEqual([blank.path, blank.sendQueue], ['/run/with blank.sock', 4096]);
  });

  it('takes no path for another that begins like it', () => {
    assert.deepEqual(parseUnixSockets(SS_UNIX, ['/tmp/h', '/tmp/h.soc']), []);
  });
});

describe('counters', () => {
  it('are taken by name from both files', () => {
    const counters = new Map<string, number>();
    addCounters(PROC_NETSTAT, counters);
    addCounters(PROC_SNMP, counters);
    assert.equal(counters.get('TcpExt.ListenOverflows'), 14);
    assert.equal(counters.get('TcpExt.ListenDrops'), 15);
    assert.equal(counters.get('Tcp.RetransSegs'), 1694);
    assert.equal(counters.get('Tcp.OutRsts'), 2500);
    assert.ok([...counters.keys()].every((name) => COUNTERS.some((counter) => counter.name === name)));
  });

  it('has the totals of sockets', () => {
    assert.deepEqual(parseSocketTotals(PROC_SOCKSTAT), { inUse: 12, orphans: 1, timeWait: 939 });
    assert.ok(Number.isNaN(parseSocketTotals('').timeWait));
  });
});

describe('settings', () => {
  const files: Readonly<Record<string, string>> = {
    somaxconn: '128\n',
    timeWaitReuse: '2\n',
    abortOnOverflow: '1\n',
    portRange: '32768\t60999\n',
    reservedPorts: '8080,33000-33009,33005-33014,70000\n',
  };
  const settings = kernelSettings((name) => files[name]);

  it('are read, and unknown ones are no number', () => {
    assert.equal(settings.somaxconn, 128);
    assert.ok(Number.isNaN(settings.maxTimeWait));
  });

  it('count ephemeral ports without the reserved ones of the range, each once', () => {
    assert.equal(settings.reservedPorts, 15);
    assert.equal(ephemeralPorts(settings), 28_232 - 15);
  });

  it('know which TIME_WAIT can be taken again, and what is unusual', () => {
    assert.equal(reusesTimeWait(settings, true), true);
    assert.equal(reusesTimeWait(settings, false), false);
    const remarks = settingRemarks(settings).join('\n');
    assert.match(remarks, /somaxconn is 128/);
    assert.match(remarks, /tcp_abort_on_overflow is 1/);
    assert.deepEqual(settingRemarks(kernelSettings(() => undefined)), []);
  });
});

describe('files of processes', () => {
  it('tell state, times and parents, whatever the name is', () => {
    const stat = parseProcessStat(
      '25895 (a) R (b) S 1 25884 6548 0 -1 4194304 121 0 0 0 150 50 0 0 20 0 4 0 12345 2 3 4',
    );
    assert.deepEqual(stat, {
      pid: 25895,
      name: 'a) R (b',
      state: 'S',
      parent: 1,
      cpu: 2e9,
      threads: 4,
      startTime: 123.45e9,
      started: 12345,
    });
    assert.equal(parseProcessStat('nothing'), undefined);
  });

  it('tell owner, memory, limits, titles and sockets', () => {
    const status = parseProcessStatus('Name:\tphp\nUid:\t0\t33\t33\t33\nNSpid:\t4242\t17\nVmRSS:\t   2048 kB\n');
    assert.deepEqual(status, { uid: 33, rss: 2048 * 1024, innerPid: 17 });
    assert.equal(
      parseDescriptorLimit('Max open files            1024                 524288               files     \n'),
      1024,
    );
    assert.equal(
      parseDescriptorLimit('Max open files            unlimited            unlimited            files     \n'),
      Infinity,
    );
    assert.equal(processTitle('php-fpm: pool www\0\0\0   '), 'php-fpm: pool www');
    assert.equal(processTitle('node\0server.js\0'), 'node server.js');
    assert.equal(socketInode('socket:[1862243]'), 1862243);
    assert.equal(socketInode('/dev/null'), undefined);
    assert.equal(parseUptime('14820.17 20000.00\n'), 14820.17e9);
  });

  it('tell where threads wait', () => {
    assert.equal(waitingPlace('inet_csk_accept'), 'accept');
    assert.equal(waitingPlace('do_epoll_wait'), 'events');
    assert.equal(waitingPlace('poll_schedule_timeout.constprop.0'), 'poll');
    assert.equal(waitingPlace('futex_wait_queue_me'), 'lock');
    assert.equal(waitingPlace('unix_wait_for_peer'), 'unix-connect');
    assert.equal(waitingPlace('something_new'), undefined);
    assert.equal(waitingWords('something_new'), 'waits in something_new');
    assert.equal(waitingWords('inet_csk_accept'), 'waits in accept');
  });
});

describe('any text at all', () => {
  const pieces = [PROC_TCP, PROC_UNIX, SS_TCP, SS_UNIX, PROC_NETSTAT, PROC_SOCKSTAT].flatMap((text) =>
    text.split(/(?<=[\s:,])/),
  );
  const text = fc.oneof(
    fc.string({ maxLength: 300 }),
    // Recorded words in another order: nearly right is harder than random.
    fc.array(fc.constantFrom(...pieces), { maxLength: 120 }).map((words) => words.join('')),
  );
  const parsers: readonly ((given: string) => unknown)[] = [
    (given) => {
      const table = new TcpTable(new Set([41387, 9000]));
      table.push(given);
      table.end();
      for (const { localPort, remotePort } of table.rows) {
        assert.ok([41387, 9000].includes(localPort) || [41387, 9000].includes(remotePort));
      }
    },
    parseUnixTable,
    parseTcpSockets,
    (given) => parseUnixSockets(given, ['/tmp/h.sock', '*', '']),
    (given) => addCounters(given, new Map()),
    parseSocketTotals,
    (given) => settingRemarks(kernelSettings(() => given)),
    parseProcessStat,
    parseProcessStatus,
    parseDescriptorLimit,
    parseUptime,
    waitingWords,
    localIpv4,
    localIpv6,
    (given) => parsePhpFpmConfiguration(given, 'file'),
    (given) => applicationAddresses(given, 'nginx'),
    (given) => applicationAddresses(given, 'caddy'),
  ];

  it('fails none of the parsers', () => {
    fc.assert(
      fc.property(text, (given) => {
        for (const parse of parsers) parse(given);
      }),
      { numRuns: 500 },
    );
  });
});
