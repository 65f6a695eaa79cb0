// Findings on captures of real servers, where the folder with them is there: each fires where it must, and none of them
// where the capture is sound.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from '../../support/inspect.js';
import { sharedRoot } from '../../support/paths.js';

const TIME_WAIT_APPLICATION = 'time-wait-application-side';
const TIME_WAIT_WEB_SERVER = 'time-wait-web-server-side';
const QUEUE = 'stuck-accept-queue';

/** Ids that may fire without being the point: they depend on rates, or tell of single connections. */
const BESIDE = [TIME_WAIT_APPLICATION, TIME_WAIT_WEB_SERVER, 'slow-application'];

/** What must fire, and nothing else that is more than a note. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  a_nginx_fpm_default: [TIME_WAIT_APPLICATION],
  b_nginx_keepconn_nopool: [TIME_WAIT_WEB_SERVER, 'keep-conn-without-pool'],
  c_nginx_keepalive: [],
  c3_nginx_keepalive_recycled: ['connection-recycled', 'stale-keep-alive-race'],
  d1_lighttpd_comet_starved: [QUEUE, 'workers-exhausted', TIME_WAIT_APPLICATION],
  d3_stuck_accept_lock: [QUEUE, 'accept-blocked'],
  d5_lighttpd_eof: ['premature-close', 'process-died', 'connection-refused'],
  d6_lighttpd_prefork_ports: [TIME_WAIT_APPLICATION, TIME_WAIT_WEB_SERVER],
  e1_apache_proxyfcgi_default: [TIME_WAIT_WEB_SERVER],
  f1_fpm_queue: [QUEUE, 'workers-exhausted', TIME_WAIT_APPLICATION],
  f2_fpm_backlog_overflow: [QUEUE, 'workers-exhausted', 'backlog-overflow'],
  g1_child_killed: ['premature-close', 'truncated-response'],
  g2_fatal_stderr: ['application-stderr', 'application-error'],
  g3s_post_small_chunks: ['slow-upload'],
  g5_statuses: ['application-error'],
  g6_client_abort: ['abandoned-requests'],
  h1_refused_nginx: ['connection-refused'],
  i1_formats: ['application-stderr'],
  i2_veth_mtu1500: [TIME_WAIT_APPLICATION],
  i3_lossy: [],
  j1_mixed_scgi_http_fcgi: [],
};

/** The number of slots that the times must give. */
const SLOTS: Readonly<Record<string, number | undefined>> = {
  d1_lighttpd_comet_starved: 8,
  d3_stuck_accept_lock: undefined,
  f1_fpm_queue: 2,
  f2_fpm_backlog_overflow: 2,
};

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED does not name the folder with the captures' : false;

for (const [name, ids] of Object.entries(EXPECTED)) {
  test(`${name}: ${ids.join(', ') || 'nothing'}`, { skip }, () => {
    const { findings, facts } = inspect(readFileSync(join(sharedRoot!, 'captures', name, 'capture.pcap')));
    const found = findings.map(({ id }) => id);
    for (const id of ids) assert.ok(found.includes(id), `${id} is missing: ${found.join(', ')}`);
    const loud = findings.filter(
      ({ severity, id }) => severity !== 'note' && !ids.includes(id) && !BESIDE.includes(id),
    );
    assert.deepEqual(
      loud.map(({ id, title }) => `${id}: ${title}`),
      [],
    );
    const queues = facts.queues.filter((queue) => queue !== undefined);
    if (name in SLOTS) assert.equal(queues[0].slots, SLOTS[name]);
    else assert.equal(queues.length, 0);
  });
}

const LOGS: Readonly<Record<string, readonly string[]>> = {
  d1_lighttpd_comet_starved: [],
  d5_lighttpd_eof: ['premature-close', 'process-died'],
  d6_lighttpd_prefork_ports: [],
  d8_lighttpd_unix_log: ['premature-close'],
};

for (const [name, ids] of Object.entries(LOGS)) {
  test(`the log of ${name}: ${ids.join(', ') || 'nothing'}`, { skip }, () => {
    const file = join(sharedRoot!, 'captures', name, 'lighttpd-error.log');
    assert.ok(existsSync(file));
    const { findings } = inspect(new Uint8Array(0), { log: readFileSync(file, 'utf8') });
    assert.deepEqual(findings.map(({ id }) => id).sort(), ids);
  });
}

test('public captures of FastCGI', { skip }, () => {
  const ids = (file: string, named = false) =>
    inspect(readFileSync(join(sharedRoot!, 'corpus', 'fcgi', file)), {
      named: named ? [{ port: 9000, protocol: 'fastcgi' }] : [],
    }).findings.map(({ id, severity }) => `${severity} ${id}`);
  assert.ok(ids('wireshark-wiki-fcgi.pcap.gz').includes('note keep-alive-broken'));
  assert.deepEqual(ids('pcap2har-fastcgi.pcap'), [`note ${TIME_WAIT_APPLICATION}`]);
  assert.deepEqual(ids('synthetic/accept-queue-overflow.pcap'), ['error backlog-overflow']);
  assert.deepEqual(ids('synthetic/syn-only-listen-queue-full.pcap', true), ['error backlog-overflow']);
  assert.deepEqual(ids('synthetic/connection-refused.pcap', true), ['error connection-refused']);
  assert.ok(ids('synthetic/no-end-request.pcap').includes('error truncated-response'));
  for (const sound of [
    'out-of-order',
    'seq-wrap',
    'retransmit-overlap',
    'server-rst-after-end',
    'midstream',
    'port-reuse',
  ]) {
    assert.deepEqual(
      ids(`synthetic/${sound}.pcap`).filter((id) => !id.startsWith('note')),
      [],
      sound,
    );
  }
});
