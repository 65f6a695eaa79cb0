// The figures of requests, held against counting them one by one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { figuresOf } from '../../src/analysis/request-figures.js';
import { percentiles } from '../../src/analysis/sweep.js';
import { REQUEST_KEEP_CONN, RequestTable } from '../../src/model/request-table.js';
import { ConnectionTable } from '../../src/tcp/connection-table.js';

const DURATION = 5e9;
const time = fc.integer({ min: 0, max: DURATION });

/** A request of one connection that was never closed; `took` undefined: END_REQUEST is missing. */
const request = fc.record({
  begin: time,
  took: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
  firstByte: fc.option(fc.integer({ min: -1000, max: 1e9 }), { nil: undefined }),
  stdin: fc.integer({ min: 0, max: 2 ** 40 }),
  status: fc.constantFrom(200, 404, 500),
  kept: fc.boolean(),
});

/** Rows in the order given: packets of a capture need not be in the order of their times. */
test('rows in any order of their times', () => {
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 60 }), (given) => {
      const requests = new RequestTable();
      for (const { begin, took, firstByte, stdin, status, kept } of given) {
        const row = requests.add();
        requests.begin[row] = begin;
        requests.paramsEnd[row] = begin;
        requests.stdinEnd[row] = begin;
        if (took !== undefined) requests.end[row] = begin + took;
        if (firstByte !== undefined) requests.firstByte[row] = begin + firstByte;
        requests.stdinBytes[row] = stdin;
        requests.httpStatus[row] = status;
        if (kept) requests.marks[row] = REQUEST_KEEP_CONN;
      }
      const connections = new ConnectionTable();
      const rows = Uint32Array.from(given, (_, row) => row);
      const figures = figuresOf({ requests, connections, duration: DURATION }, rows);

      const ends = given.map(({ begin, took }) => (took === undefined ? DURATION : begin + took));
      assert.equal(figures.count, given.length);
      const runningAt = (time: number) => given.filter(({ begin }, row) => begin <= time && time < ends[row]).length;
      assert.equal(figures.running.most, Math.max(...given.map(({ begin }) => runningAt(begin))));
      assert.equal(
        figures.requestTime,
        ends.reduce((sum, end, row) => sum + end - given[row].begin, 0),
      );
      assert.equal(
        figures.stdinBytes,
        given.reduce((sum, { stdin }) => sum + stdin, 0),
      );
      assert.equal(figures.keepConn, given.filter(({ kept }) => kept).length);
      assert.equal(figures.httpStatus.counts().get(404) ?? 0, given.filter(({ status }) => status === 404).length);
      const totals = given.flatMap(({ took }) => took ?? []);
      const waits = given.flatMap(({ firstByte }) => (firstByte === undefined ? [] : Math.max(0, firstByte)));
      assert.deepEqual(figures.latency(), {
        timeToFirstByte: percentiles(Float64Array.from(waits)) ?? null,
        total: percentiles(Float64Array.from(totals)) ?? null,
      });
    }),
  );
});
