// The kernel's socket tables: recorded texts, every way to cut them, the shapes of both address families.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ipv4FromHex, ipv6FromHex, splitEndpoint } from '../../src/host/host-address.js';
import { localIpv4, localIpv6 } from '../../src/host/local-addresses.js';
import { TcpTable } from '../../src/host/tcp-table.js';
import { parseUnixTable } from '../../src/host/unix-table.js';
import { PORT, PROC_TCP, PROC_TCP6, PROC_UNIX } from './recorded.js';

function rowsOf(text: string, ports: readonly number[] | undefined, cuts: readonly number[] = []) {
  const table = new TcpTable(ports && new Set(ports));
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    table.push(text.slice(from, cut));
    from = cut;
  }
  table.end();
  assert.equal(table.malformed, 0);
  return table.rows;
}

describe('/proc/net/tcp', () => {
  it('has the rows of the wanted port on either side', () => {
    const rows = rowsOf(PROC_TCP, [PORT]);
    assert.equal(rows.length, 11);
    assert.deepEqual(rows[0], {
      local: '127.0.0.1',
      localPort: PORT,
      remote: '0.0.0.0',
      remotePort: 0,
      state: 'LISTEN',
      sendQueue: 0,
      receiveQueue: 3,
      timer: 0,
      uid: 0,
      inode: 1862243,
    });
    assert.deepEqual(
      rows.map(({ state }) => state),
      [
        'LISTEN',
        'CLOSE-WAIT',
        'FIN-WAIT-2',
        'ESTAB',
        'ESTAB',
        'SYN-SENT',
        'ESTAB',
        'ESTAB',
        'TIME-WAIT',
        'TIME-WAIT',
        'TIME-WAIT',
      ],
    );
    // 0x1770 hundredths of a second are the whole minute of TIME_WAIT.
    assert.equal(rows[8].timer, 60e9);
    assert.equal(rows[5].sendQueue, 1);
  });

  it('has only listening sockets where no port is named', () => {
    assert.deepEqual(
      rowsOf(PROC_TCP, undefined).map(({ localPort }) => localPort),
      [PORT],
    );
  });

  it('is the same wherever it is cut', () => {
    const whole = rowsOf(PROC_TCP, [PORT]);
    for (let cut = 0; cut <= PROC_TCP.length; cut += 7) assert.deepEqual(rowsOf(PROC_TCP, [PORT], [cut]), whole);
  });

  it('tells IPv6, and IPv4 behind IPv6 as IPv4', () => {
    const rows = rowsOf(PROC_TCP6, [9000]);
    assert.deepEqual(
      rows.map(({ local, remote, inode, uid }) => [local, remote, inode, uid]),
      [
        ['::', '::', 5001, 33],
        ['127.0.0.1', '127.0.0.1', 5002, 33],
        ['2001:db8::1', '2001:db8::2', 0, 0],
        ['::1', '::1', 5003, 1000],
      ],
    );
  });

  it('counts what is no row, and goes on', () => {
    const table = new TcpTable(new Set([PORT]));
    table.push('   1: 0100007F:A1AB 0100007F:B5DC ZZ nonsense\n');
    table.push(`${'x'.repeat(5000)}\n`);
    table.push(PROC_TCP);
    table.end();
    assert.equal(table.rows.length, 11);
    assert.ok(table.malformed >= 2);
  });
});

describe('/proc/net/unix', () => {
  const table = parseUnixTable(PROC_UNIX);

  it('has queued and accepted connections by the path that is listened on', () => {
    const listener = table.get('/tmp/h.sock')!;
    assert.deepEqual(listener.inodes, [1862244]);
    assert.deepEqual(listener.queued, ['000000004aa1bb93', '000000004a60599c', '0000000067b5d2d6']);
    assert.deepEqual(listener.accepted, [1862300]);
  });

  it('knows blanks in paths, the abstract namespace and sequenced packets, but no datagrams and no stale paths', () => {
    assert.deepEqual([...table.keys()].sort(), ['/run/with blank.sock', '/tmp/h.sock', '@abstract']);
  });
});

describe('addresses', () => {
  it('come out of their hexadecimal forms', () => {
    assert.equal(ipv4FromHex('0100007F'), '127.0.0.1');
    assert.equal(ipv4FromHex('FEFDFCFB'), '251.252.253.254');
    assert.equal(ipv6FromHex('00000000000000000000000001000000'), '::1');
    assert.equal(ipv6FromHex('000080FE00000000FF005450B6AD1DFE'), 'fe80::5054:ff:fe1d:adb6');
  });

  it('are split as ss prints them', () => {
    assert.deepEqual(splitEndpoint('[::1]:9000'), { address: '::1', port: 9000 });
    assert.deepEqual(splitEndpoint(':::9000'), { address: '::', port: 9000 });
    assert.deepEqual(splitEndpoint('*:9000'), { address: '::', port: 9000 });
    assert.deepEqual(splitEndpoint('::ffff:10.0.0.5:80'), { address: '10.0.0.5', port: 80 });
    assert.deepEqual(splitEndpoint('127.0.0.1%lo:53'), { address: '127.0.0.1', port: 53 });
    assert.deepEqual(splitEndpoint('0.0.0.0:*'), { address: '0.0.0.0', port: 0 });
    assert.equal(splitEndpoint('nothing'), undefined);
  });

  it('of another namespace come from its routing table', () => {
    const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.5.0.0
        /16 link UNICAST
     |-- 10.5.0.7
        /32 host LOCAL
Local:
     |-- 127.0.0.0
        /8 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
`;
    assert.deepEqual([...localIpv4(trie)], ['10.5.0.7', '127.0.0.1']);
    const six =
      'fe80000000000000505400fffe1dadb6 02 40 20 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\n';
    assert.deepEqual([...localIpv6(six)], ['fe80::5054:ff:fe1d:adb6', '::1']);
  });
});
