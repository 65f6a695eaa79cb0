// What an installed tcpdump prints of real captures: every way of printing gives the same segments as -S -tt.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { looksLikeTcpdumpText, TcpdumpTextReader } from '../../src/capture/tcpdump-text.js';
import { AddressTable } from '../../src/model/address.js';
import { FIN, RST, Segment, SYN } from '../../src/model/segment.js';
import { requirePeers, sharedRoot } from '../support/paths.js';

const CAPTURES = ['d6_lighttpd_prefork_ports', 'c3_nginx_keepalive_recycled', 'f2_fpm_backlog_overflow', 'i3_lossy'];
const STYLES = ['', '-e', '-v', '-vv -e', '-tttt', '-tt', '-ttt', '-ttttt', '-#', '-x', '-A'];

const installed = spawnSync('tcpdump', ['--version']).error === undefined;
const skip =
  sharedRoot === undefined
    ? 'FCGI_INSPECT_SHARED is not set'
    : installed || requirePeers
      ? false
      : 'tcpdump is not installed (apt-get install tcpdump)';

function printed(file: string, options: string): string {
  const given = options === '' ? [] : options.split(' ');
  const result = spawnSync('tcpdump', ['-nn', ...given, '-r', file], {
    env: { ...process.env, TZ: 'UTC' },
    maxBuffer: 1 << 28,
  });
  assert.equal(result.status, 0, String(result.stderr));
  return result.stdout.toString('latin1');
}

function segments(text: string): string[] {
  const reader = new TcpdumpTextReader(new AddressTable(), text.slice(0, 65536));
  const segment = new Segment();
  const rows: string[] = [];
  for (const line of text.split('\n')) {
    if (!reader.line(line, segment)) continue;
    // tcpdump prints the sequence number only of these.
    const numbered = segment.wireLength > 0 || segment.flags & (SYN | FIN | RST);
    rows.push(
      [segment.time, segment.source, segment.sourcePort, segment.destinationPort, segment.flags, segment.wireLength]
        .concat([numbered ? segment.sequence : -1, segment.acknowledgment, segment.window, segment.windowScale])
        .join(' '),
    );
  }
  reader.end();
  assert.deepEqual(reader.problems, []);
  return rows;
}

for (const capture of CAPTURES) {
  test(`tcpdump's text of ${capture}`, { skip }, () => {
    const file = join(sharedRoot!, 'captures', capture, 'capture.pcap');
    assert.ok(existsSync(file));
    const expected = segments(printed(file, '-S -tt'));
    assert.ok(expected.length > 50);
    for (const style of STYLES) {
      const text = printed(file, style);
      assert.ok(looksLikeTcpdumpText(new TextEncoder().encode(text.slice(0, 4096))), style);
      assert.deepEqual(segments(text), expected, `tcpdump ${style}`);
    }
  });
}
