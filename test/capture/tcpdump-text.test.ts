// Text printed by tcpdump becomes segments: both styles, inside prose, wrapped, with and without times, hosts and ports.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { looksLikeTcpdumpText } from '../../src/capture/tcpdump-text.js';
import { ACK, FIN, PSH, RST, SYN } from '../../src/model/segment.js';
import { sharedRoot } from '../support/paths.js';
import { bytes, codes, EXPECTED, NEW_STYLE, OLD_STYLE, read } from './tcpdump-text-support.js';

test('old style, inside prose: absolute numbers across the wrap at 2^32, times as printed even when they run backwards', () => {
  const { rows, reader, segment } = read(OLD_STYLE);
  assert.deepEqual(rows, EXPECTED);
  assert.equal(reader.packets, 8);
  assert.equal(reader.tcpPackets, 8);
  assert.equal(reader.skippedLines, 7);
  assert.deepEqual(reader.problems, []);
  assert.equal(reader.dated, false);
  assert.equal(reader.clockKind, 'time-of-day');
  assert.equal(reader.originSeconds, 36000);
  assert.equal(reader.originNanoseconds, 100_000);
  assert.equal(segment.timestampValue, 78);
  assert.equal(segment.windowScale, -1);
});

test('new style gives the same segments', () => {
  assert.ok(NEW_STYLE.includes('Flags [P.], seq 1:601, ack 1, win 65, length 600'));
  assert.deepEqual(read(NEW_STYLE).rows, EXPECTED);
});

test('numbers printed absolute (-S) give the same segments', () => {
  const absolute = NEW_STYLE.split('\n').map((line) => {
    const web = line.includes('40000 >');
    const own = web ? 4294967000 : 500000;
    const other = web ? 500000 : 4294967000;
    if (line.includes('Flags [S')) return line;
    return line
      .replace(/seq (\d+)(?::(\d+))?/, (_, a: string, b?: string) => {
        const number = (value: string) => (Number(value) + own) >>> 0;
        return b === undefined ? `seq ${number(a)}` : `seq ${number(a)}:${number(b)}`;
      })
      .replace(/ack (\d+)/, (_, a: string) => `ack ${(Number(a) + other) >>> 0}`);
  });
  assert.ok(absolute.some((line) => line.includes('ack 500290')));
  assert.deepEqual(read(absolute.join('\n')).rows, EXPECTED);
});

test('an excerpt without the handshake keeps its numbers consistent', () => {
  for (const text of [OLD_STYLE, NEW_STYLE]) {
    const excerpt = text
      .split('\n')
      .filter((line) => !/: S |Flags \[S/.test(line))
      .slice(5);
    assert.deepEqual(
      read(excerpt.join('\n')).rows.map((row) => [row.sequence, row.acknowledgment, row.length]),
      [
        [1, 1, 600],
        [1, 601, 288],
        [289, 601, 0],
        [601, 290, 0],
        [290, 602, 0],
      ],
    );
  }
});

test('mid-stream, tcpdump prints the first numbers absolute and later ones relative to them', () => {
  const { rows } = read(
    [
      '10:00:00.1 IP 10.0.0.1.5 > 10.0.0.2.9000: Flags [P.], seq 3000000000:3000000100, ack 7000000, win 5, length 100',
      '10:00:00.2 IP 10.0.0.2.9000 > 10.0.0.1.5: Flags [P.], seq 1:51, ack 100, win 5, length 50',
      '10:00:00.3 IP 10.0.0.1.5 > 10.0.0.2.9000: Flags [F.], seq 100, ack 51, win 5, length 0',
      '10:00:00.4 IP 10.0.0.2.9000 > 10.0.0.1.5: Flags [R], seq 7000050, win 0, length 0',
    ].join('\n'),
  );
  assert.deepEqual(
    rows.map((row) => [row.sequence, row.acknowledgment, row.flags]),
    [
      [3000000000, 7000000, PSH | ACK],
      [7000000, 3000000100, PSH | ACK],
      [3000000100, 7000050, FIN | ACK],
      [7000050, 0, RST],
    ],
  );
});

test('a new dump forgets what the one before remembered', () => {
  const dump = [
    'tcpdump: listening on lo, link-type EN10MB (Ethernet), snapshot length 262144 bytes',
    '10:00:00.1 IP 10.0.0.1.5 > 10.0.0.2.9000: Flags [P.], seq 3000000000:3000000100, ack 7000000, win 5, length 100',
    '10:00:00.2 IP 10.0.0.2.9000 > 10.0.0.1.5: Flags [.], ack 100, win 5, length 0',
  ];
  const { rows } = read([...dump, ...dump].join('\n'));
  assert.deepEqual(
    rows.map((row) => row.acknowledgment),
    [7000000, 3000000100, 7000000, 3000000100],
  );
});

test('-v in both styles: the second line belongs to the first, with identification and checksum', () => {
  const fresh = read(
    '01:25:27.353126 IP (tos 0x0, ttl 64, id 57725, offset 0, flags [DF], proto TCP (6), length 60)\n' +
      '    127.0.0.1.56216 > 127.0.0.1.19012: Flags [S], cksum 0xfe30 (incorrect -> 0x460e), seq 7, win 65495, options [mss 65495,sackOK,TS val 3841210053 ecr 0,nop,wscale 10], length 0\n' +
      '01:25:28.353126 IP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto UDP (17), length 60)\n' +
      '    127.0.0.1.53 > 127.0.0.1.19012: [udp sum ok] 1+ A? a. (1)\n',
  );
  assert.equal(fresh.rows.length, 1);
  assert.equal(fresh.reader.packets, 2);
  assert.equal(fresh.segment.identification, 57725);
  assert.equal(fresh.segment.checksum, 0xfe30);
  assert.equal(fresh.segment.windowScale, 10);
  assert.equal(fresh.segment.timestampValue, 3841210053);
  const old = read(
    '10:10:04.9 IP (tos 0x0, ttl  64, id 1234, offset 0, flags [DF], proto: TCP (6), length: 60) 127.0.0.1.60864 > 127.0.0.1.9000: S, cksum 0x9f4b (correct), 133:133(0) win 32792 <mss 16396,nop,wscale 2>',
  );
  assert.equal(old.rows.length, 1);
  assert.equal(old.segment.identification, 1234);
  assert.equal(old.segment.checksum, 0x9f4b);
  assert.equal(old.segment.windowScale, 2);
  assert.equal(
    read('IP 10.0.0.1.5 > 10.0.0.2.9000: S [tcp sum ok] 133:133(0) win 5840 <mss 1460> (DF) (ttl 64, id 1, len 60)')
      .rows[0].sequence,
    133,
  );
});

test('a packet quoted in an ICMP message (-v) is not a captured one', () => {
  const { rows, reader } = read(
    '15:05:12.021902 IP (tos 0xc0, ttl 64, id 18069, offset 0, flags [none], proto ICMP (1), length 88)\n' +
      '    10.0.2.14 > 10.0.2.14: ICMP host 10.0.2.4 unreachable, length 68\n' +
      '\tIP (tos 0x0, ttl 64, id 10692, offset 0, flags [DF], proto TCP (6), length 60)\n' +
      '    10.0.2.14.48556 > 10.0.2.4.80: Flags [S], cksum 0x1840 (incorrect -> 0x37d6), seq 2069595659, win 64240, length 0\n',
  );
  assert.equal(rows.length, 0);
  assert.equal(reader.packets, 1);
});

test('the link layer (-e), the number (-#), the interface (-i any) and no IP word at all', () => {
  const tail = 'Flags [S], seq 9, win 5, length 0';
  for (const head of [
    '01:25:27.353126 00:00:00:00:00:00 > 00:00:00:00:00:00, ethertype IPv4 (0x0800), length 74: 10.0.0.1.5 > 10.0.0.2.9000: ',
    '01:25:27.353126 02:42:00:00:00:01 > 02:42:00:00:00:02, ethertype 802.1Q (0x8100), length 78: vlan 5, p 0, ethertype IPv4 (0x0800), 10.0.0.1.5 > 10.0.0.2.9000: ',
    '    1  01:25:27.353126 IP 10.0.0.1.5 > 10.0.0.2.9000: ',
    '01:25:27.353126 lo    In  IP 10.0.0.1.5 > 10.0.0.2.9000: ',
    '> 01:25:27.353126 IP 10.0.0.1.5 > 10.0.0.2.9000: ',
    '01:25:27.353126 IP 10.0.0.1.5 &gt; 10.0.0.2.9000: ',
    '01:25:27.353126 10.0.0.1.5 > 10.0.0.2.9000: ',
  ]) {
    const { rows, segment } = read(head + tail);
    assert.equal(rows.length, 1, head);
    assert.equal(rows[0].to, '10.0.0.2:9000', head);
    assert.equal(rows[0].sequence, 9);
    assert.equal(segment.mayBeDuplicated, false, 'no identification, so no telling a duplicate');
  }
  const any = read(
    '01:25:27.353126 eth0  In  IP (tos 0x0, ttl 64, id 57725, offset 0, flags [DF], proto TCP (6), length 60)\n' +
      `    10.0.0.1.5 > 10.0.0.2.9000: ${tail}`,
  );
  assert.equal(any.segment.mayBeDuplicated, true);
});

test('hosts and ports: IPv6, names, localhost of both families; a name nobody knows is refused', () => {
  const line = (source: string, destination: string, ip = 'IP') =>
    `10:00:00.1 ${ip} ${source} > ${destination}: S 1:1(0) win 5`;
  const to = (text: string) => read(text).rows.map((row) => `${row.from} ${row.to}`)[0];
  assert.equal(to(line('::1.5000', '::1.9000', 'IP6')), '[::1]:5000 [::1]:9000');
  assert.equal(
    to(line('fe80::1%eth0.5', '2001:db8:0:0:1::ffff.9000', 'IP6')),
    '[fe80::1]:5 [2001:db8::1:0:0:ffff]:9000',
  );
  assert.equal(to(line('::ffff:10.0.0.1.5', '::1.9000', 'IP6')), '[::ffff:a00:1]:5 [::1]:9000');
  assert.equal(to(line('localhost.5000', 'localhost.cslistener')), '127.0.0.1:5000 127.0.0.1:9000');
  assert.equal(to(line('localhost.5000', 'localhost.9000', 'IP6')), '[::1]:5000 [::1]:9000');
  assert.equal(to(line('web-1.example.org.5000', 'app_2.9000')), 'web-1.example.org:5000 app_2:9000');
  const { rows, reader } = read(
    [
      line('localhost.5000', 'localhost.frobnicate'),
      line('localhost.5000', 'localhost.frobnicate'),
      line('10.0.0.5', '10.0.0.2.9000'),
      line('10.0.0.1.5', '10.0.0.2.99999'),
    ].join('\n'),
  );
  assert.equal(rows.length, 0);
  assert.equal(reader.packets, 4);
  assert.deepEqual(codes(reader), [
    ['unknown-service', 3],
    ['unknown-host', 1],
  ]);
  assert.match(reader.problems[0].detail, /^line 1: port name frobnicate is not known; print again with tcpdump -nn$/);
});

test('wrapped lines are joined; a line broken off for good is a problem', () => {
  const wrapped =
    '10:00:00.1 IP 127.0.0.1.40000 > 127.0.0.1.9000: S\n133391565:133391565(0) win 32792\n<mss 16396>\n' +
    '10:00:00.2 IP 127.0.0.1.9000 > 127.0.0.1.40000: Flags [S.], seq 77, ack\n133391566, win 5, options [mss 5], length 0\n';
  const { rows, reader } = read(wrapped);
  assert.deepEqual(
    rows.map((row) => [row.sequence, row.acknowledgment]),
    [
      [133391565, 0],
      [77, 133391566],
    ],
  );
  assert.deepEqual(reader.problems, []);
  const cut = read(`10:00:00.1 IP 127.0.0.1.40000 > 127.0.0.1.9000: S 5:5(0)\n${EXPECTED.length}\n`);
  assert.deepEqual(codes(cut.reader), [['cut-line', 1]]);
  assert.equal(cut.reader.packets, 1);
});

test('-q prints no flags: told once, counted', () => {
  const text = '01:25:27.353126 IP 127.0.0.1.56216 > 127.0.0.1.19012: tcp 494\n'.repeat(3);
  const { rows, reader } = read(text);
  assert.equal(rows.length, 0);
  assert.deepEqual(codes(reader), [['packet-without-flags', 3]]);
  assert.ok(looksLikeTcpdumpText(bytes(text)));
});

test('other packets count and are left out', () => {
  const { rows, reader } = read(
    '22:52:53.185879 ARP, Request who-has 192.168.1.1 tell 192.168.1.24, length 28\n' +
      '22:52:53.185880 IP 10.0.0.1.53 > 10.0.0.2.5353: 1+ A? example.org. (29)\n' +
      '\t0x0000:  4500 003c e17d 4000 4006 5b3c 7f00 0001\n',
  );
  assert.equal(rows.length, 0);
  assert.equal(reader.packets, 2);
  assert.equal(reader.skippedLines, 2);
});

test('looksLikeTcpdumpText: by content, wherever it stands', () => {
  assert.ok(looksLikeTcpdumpText(bytes(OLD_STYLE)));
  assert.ok(looksLikeTcpdumpText(bytes(NEW_STYLE)));
  assert.ok(looksLikeTcpdumpText(bytes('10:00:00.1 IP 127.0.0.1.4 > 127.0.0.1.9000: S\n13:13(0) win 32792\n')));
  assert.ok(!looksLikeTcpdumpText(bytes('')));
  assert.ok(
    !looksLikeTcpdumpText(
      bytes('2009-04-01 12:21:33: (mod_fastcgi.c.3005) got proc: pid: 3664 socket: unix:/a load: 25\n'),
    ),
  );
  assert.ok(!looksLikeTcpdumpText(bytes('cat a.txt > b.txt: S is > c.d: F\nif (a > b.c: d) win\n')));
  assert.ok(!looksLikeTcpdumpText(bytes(`\0${OLD_STYLE}`)));
});

test('no text makes the reader throw, and each line gives at most one packet', () => {
  const piece = fc.constantFrom(
    ...[
      '10:00:00.1',
      ' IP ',
      ' IP6 ',
      '127.0.0.1.5',
      '::1.9',
      ' > ',
      ': ',
      'Flags [',
      'S.',
      '], ',
      'seq ',
      '1:2',
      'ack ',
      '9',
      ' win ',
      '5',
      '(tos 0x',
      ')',
    ],
    ...[
      'options [',
      'length ',
      ' S ',
      '(0)',
      '\n',
      '&gt;',
      'listening on lo, ',
      '4294967296',
      '-',
      'tcp ',
      '10.0.0.2.99999',
    ],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 6 })), { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      const { rows, reader } = read(text);
      looksLikeTcpdumpText(bytes(text));
      assert.equal(reader.lines, text.split('\n').length);
      assert.ok(rows.length <= reader.packets && reader.packets + reader.skippedLines <= reader.lines + 1);
      for (const row of rows) {
        for (const value of [row.sequence, row.acknowledgment]) assert.ok(value >= 0 && value <= 0xffffffff);
        assert.ok(Number.isFinite(row.time));
      }
    }),
    { numRuns: 300 },
  );
});

test('cutting or repeating any line of a dump loses no other packet', () => {
  const lines = NEW_STYLE.split('\n').filter((line) => line.includes('Flags ['));
  for (let left = 0; left < lines.length; left++) {
    assert.equal(read(lines.filter((_, index) => index !== left).join('\n')).rows.length, lines.length - 1);
    assert.equal(read([...lines.slice(0, left + 1), ...lines.slice(left)].join('\n')).rows.length, lines.length + 1);
  }
});

const seeds = sharedRoot === undefined ? '' : join(sharedRoot, 'seeds');
test('the three dumps of a 2014 post', {
  skip: existsSync(seeds) ? false : 'FCGI_INSPECT_SHARED has no seeds folder',
}, () => {
  const name = readdirSync(seeds).find((file) => file.startsWith('004'))!;
  const content = readFileSync(join(seeds, name));
  assert.ok(looksLikeTcpdumpText(content));
  const { rows, reader } = read(content.toString());
  assert.equal(rows.length, 33);
  assert.equal(rows.filter((row) => row.flags === SYN).length, 3);
  const fins = rows.filter((row) => row.flags & FIN).map((row) => row.from);
  assert.deepEqual(fins, ['127.0.0.1:9000', '127.0.0.1:60864', '127.0.0.1:33485', '127.0.0.1:9000']);
  assert.deepEqual(reader.problems, []);
  // Every byte is acknowledged exactly: the last acknowledgments of the kept connection.
  assert.equal(rows[32].acknowledgment - 1993164669, 865);
  assert.equal(rows[31].acknowledgment - 3350400740, 3745);
});
