// The times tcpdump prints, from -t to -ttttt, become nanoseconds since the first packet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpdumpTextReader } from '../../src/capture/tcpdump-text.js';
import { AddressTable } from '../../src/model/address.js';
import { Segment } from '../../src/model/segment.js';

function times(stamps: readonly string[], preview?: string): { times: number[]; reader: TcpdumpTextReader } {
  const lines = stamps.map(
    (stamp) => `${stamp}${stamp === '' ? '' : ' '}IP 10.0.0.1.5 > 10.0.0.2.9000: S 1:1(0) win 5`,
  );
  const reader = new TcpdumpTextReader(new AddressTable(), preview === 'all' ? lines.join('\n') : preview);
  const segment = new Segment();
  return {
    times: lines.map((line) => {
      assert.ok(reader.line(line, segment), line);
      return segment.time;
    }),
    reader,
  };
}

test('time of day: six or nine digits of the second, fewer as a fraction', () => {
  const { times: got, reader } = times(['10:00:00.000001', '10:00:00.000001250', '10:00:01.5', '10:00:02']);
  assert.deepEqual(got, [0, 250, 1_499_999_000, 1_999_999_000]);
  assert.deepEqual([reader.clockKind, reader.originSeconds, reader.originNanoseconds], ['time-of-day', 36000, 1000]);
});

test('midnight is crossed forwards, and back again for a packet printed late', () => {
  const { times: got } = times(['23:59:59.9', '00:00:00.1', '23:59:59.95', '00:00:00.2']);
  assert.deepEqual(got, [0, 200_000_000, 50_000_000, 300_000_000]);
});

test('a step back of some hours is kept: dumps of one day follow each other as printed', () => {
  assert.deepEqual(times(['13:00:00.0', '10:00:00.0']).times, [0, -3 * 3600 * 1e9]);
});

test('-tttt has a date, in both spellings; -tt is a time since 1970', () => {
  for (const stamps of [
    ['2026-11-21 23:59:59.500000', '2026-11-22 00:00:00.500000'],
    ['11/21/2026 23:59:59.500000', '11/22/2026 00:00:00.500000'],
  ]) {
    const { times: got, reader } = times(stamps);
    assert.deepEqual(got, [0, 1e9]);
    assert.ok(reader.dated);
    assert.equal(reader.clockKind, 'local-date');
    assert.equal(reader.originSeconds, Date.UTC(2026, 10, 21, 23, 59, 59) / 1000);
    assert.equal(reader.originNanoseconds, 5e8);
  }
  const epoch = times(['1795224327.353126', '1795224329.000000001']);
  assert.deepEqual(epoch.times, [0, 1_646_874_001]);
  assert.deepEqual(
    [epoch.reader.clockKind, epoch.reader.dated, epoch.reader.originSeconds],
    ['epoch', true, 1795224327],
  );
});

test('-t has no times', () => {
  const { times: got, reader } = times(['', '']);
  assert.deepEqual(got, [0, 0]);
  assert.deepEqual([reader.clockKind, reader.dated], ['none', false]);
});

test('-ttttt is since the first packet, -ttt since the one before', () => {
  const since = times([' 00:00:00.000000', ' 00:00:00.000004', ' 00:00:00.000005', ' 00:00:00.000049'], 'all');
  assert.deepEqual(since.times, [0, 4000, 5000, 49000]);
  assert.equal(since.reader.clockKind, 'relative');
  const stamps = [' 00:00:00.000000', ' 00:00:00.000004', ' 00:00:00.000005', ' 00:00:00.000001', '-00:00:00.000002'];
  assert.deepEqual(times(stamps, 'all').times, [0, 4000, 9000, 10000, 8000]);
  // Without the preview the first fall tells; only what came before it is too early.
  assert.deepEqual(times(stamps).times, [0, 4000, 5000, 6000, 4000]);
  assert.deepEqual(times(['000000', '000004', '1. 000000']).times, [0, 4000, 1_000_004_000]);
});

test('an other kind of time goes on at the last one, and is a problem', () => {
  const { times: got, reader } = times(['10:00:00.0', '10:00:01.0', '1795224327.500000', '1795224328.500000']);
  assert.deepEqual(got, [0, 1e9, 1e9, 2e9]);
  assert.deepEqual(
    reader.problems.map((problem) => problem.code),
    ['time-format-changed'],
  );
});
