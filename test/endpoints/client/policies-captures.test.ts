// Client policies against captures of the web servers they imitate: ids, flags, padding and cutting of every request.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { changeRules, DEFAULT_RULES } from '../../../src/endpoints/client/client-rules.js';
import { policyNamed } from '../../../src/endpoints/client/index.js';
import { decodeCapture } from '../../support/decoded.js';
import { sharedRoot } from '../../support/paths.js';

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED names no folder with captures' : false;

const CAPTURES = [
  ['a_nginx_fpm_default', 'nginx', 1],
  ['b_nginx_keepconn_nopool', 'nginx-keep-conn', 1],
  ['c_nginx_keepalive', 'nginx-keepalive', 1000],
  ['g3s_post_small_chunks', 'nginx', 1],
  ['d1_lighttpd_comet_starved', 'lighttpd', 1],
  ['d5_lighttpd_eof', 'lighttpd', 1],
  ['d6_lighttpd_prefork_ports', 'lighttpd', 1],
  ['e1_apache_proxyfcgi_default', 'apache', 1],
] as const;

for (const [capture, name, most] of CAPTURES) {
  test(`${name} as in ${capture}`, { skip }, () => {
    const policy = policyNamed(name)!;
    const rules = changeRules(DEFAULT_RULES, policy.rules);
    const bytes = readFileSync(join(sharedRoot!, 'captures', capture, 'capture.pcap'));
    const records = decodeCapture(bytes).records.filter(({ side }) => side === 0);
    const begins = records.filter(({ type }) => type === 1);
    assert.ok(begins.length > 0);
    for (const { content, paddingLength, requestId } of begins) {
      assert.deepEqual([...content], [0, 1, rules.keepConn ? 1 : 0, 0, 0, 0, 0, 0]);
      assert.equal(paddingLength, 0);
      assert.equal(requestId, 1);
    }
    const perConnection = new Map<number, number>();
    for (const { connection } of begins) perConnection.set(connection, (perConnection.get(connection) ?? 0) + 1);
    assert.ok([...perConnection.values()].every((count) => count <= most));
    for (const { type, contentLength, paddingLength, beginsInPair } of records) {
      if (type === 4) {
        assert.equal(paddingLength, rules.params.padding(contentLength));
        assert.ok(contentLength <= rules.params.recordSize);
        assert.equal(beginsInPair, false);
      } else if (type === 5) {
        assert.equal(paddingLength, rules.body.padding(contentLength));
        assert.ok(contentLength <= rules.body.recordSize);
      } else {
        assert.equal(type, 1, 'neither ABORT_REQUEST nor GET_VALUES');
      }
    }
    // One empty record ends each stream of each request.
    const ended = (type: number) =>
      records.filter((record) => record.type === type && record.contentLength === 0).length;
    assert.equal(ended(4), begins.length);
    assert.equal(ended(5), begins.length);
  });
}
