// The words findings share.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counted, grouped, listed, requestName, span } from '../../../src/analysis/checks/shared-evidence.js';
import { request } from '../../support/fastcgi-messages.js';
import { inspect } from '../../support/inspect.js';
import { scene } from '../../support/scene.js';

describe('shared evidence', () => {
  it('counts things', () => {
    assert.equal(counted(1, 'request'), '1 request');
    assert.equal(counted(0, 'process', 'processes'), '0 processes');
    assert.equal(counted(12_345, 'connection'), '12,345 connections');
    assert.equal(grouped(1_000_000), '1,000,000');
    assert.equal(grouped(999), '999');
  });

  it('says spans of time as a person does', () => {
    const spans = [0, 12_400, 2.04e6, 350.2e6, 1.2e9, 12.34e9, 120e9, 605e9, 3 * 3600e9, 72 * 3600e9].map(span);
    assert.deepEqual(spans, [
      '0 µs',
      '12 µs',
      '2.0 ms',
      '350 ms',
      '1.20 s',
      '12.3 s',
      '120 s',
      '10 min',
      '3.0 h',
      '3 days',
    ]);
  });

  it('lists parts', () => {
    assert.equal(listed([]), '');
    assert.equal(listed(['a']), 'a');
    assert.equal(listed(['a', 'b']), 'a and b');
    assert.equal(listed(['a', 'b', 'c']), 'a, b and c');
  });

  it('names requests, and cuts long URIs', () => {
    const s = scene();
    s.conversation()
      .connect()
      .web(request({ uri: `/${'x'.repeat(500)}`, keepConn: true }))
      .web(request({ paramsEnd: false }));
    const { facts } = inspect(s.capture(), { checks: [] });
    assert.equal(requestName(facts, 0), `GET /${'x'.repeat(159)}…`);
    const unnamed = scene();
    unnamed
      .conversation()
      .connect()
      .web(request({ id: 7 }).subarray(0, 24));
    assert.equal(requestName(inspect(unnamed.capture(), { checks: [] }).facts, 0), 'request id 7');
  });
});
