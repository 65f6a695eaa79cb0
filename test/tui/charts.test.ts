// Charts: what is counted in which cell, and how it is drawn.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chartCells, chartLines, zoomed } from '../../src/tui/charts/chart-lines.js';
import { queueDepth, type Series, seriesSteps } from '../../src/tui/charts/series.js';
import { lineText, lineWidth } from '../../src/tui/drawing/spans.js';
import { screenSymbols } from '../../src/tui/drawing/symbols.js';
import { METRICS, type Metric } from '../../src/tui/state.js';
import { inspect } from '../support/inspect.js';
import { fixturesFolder } from '../support/paths.js';

const snapshot = inspect(readFileSync(join(fixturesFolder, 'workers-exhausted', 'capture.pcap')));
const { facts } = snapshot;
const [listener] = facts.listeners;

function series(metric: Metric, cells: number, from = 0, until = facts.duration): readonly Series[] {
  const work = seriesSteps(facts, listener, metric, { from, until }, cells);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

test('every request, close and TIME_WAIT is counted once', () => {
  assert.equal(sum(series('requests', 40)[0].values), 9);
  assert.deepEqual(
    series('closes', 40).map(({ name, values }) => [name, sum(values)]),
    [
      ['web server first', 0],
      ['application first', 9],
      ['reset', 0],
    ],
  );
  const [web, application] = series('TIME_WAIT', 40);
  assert.equal(Math.max(...web.values), 0);
  // Each lives 60 s, longer than the capture: none ends before it.
  assert.equal(application.values.at(-1), 8);
  assert.ok(application.values.every((value, i) => i === 0 || value >= application.values[i - 1]));
});

test('the most in flight at once is the report’s figure, whatever the cells', () => {
  for (const cells of [1, 7, 100]) {
    assert.equal(Math.max(...series('in flight', cells)[0].values), snapshot.summary.maxConcurrentRequests);
  }
  assert.equal(
    Math.max(...queueDepth(facts, listener, { from: 0, until: facts.duration }, 500)[0].values),
    facts.queues[0]!.maxDepth,
  );
});

test('a part of the time counts only what is in it', () => {
  const half = facts.duration / 2;
  const before = sum(series('requests', 10, 0, half)[0].values);
  assert.equal(before + sum(series('requests', 10, half, facts.duration)[0].values), 9);
  assert.deepEqual(zoomed(800, 2, 0), { from: 0, until: 200 });
  assert.deepEqual(zoomed(800, 2, 400), { from: 300, until: 500 });
  assert.deepEqual(zoomed(800, 3, 799), { from: 700, until: 800 });
});

test('charts have their size; nothing is too small to be seen, and the highest bar is full', () => {
  for (const ascii of [false, true]) {
    const symbols = screenSymbols(ascii);
    for (const width of [40, 56, 96]) {
      for (const height of [3, 6, 10]) {
        for (const metric of METRICS) {
          const cells = chartCells(width);
          const options = {
            width,
            height,
            symbols,
            span: { from: 0, until: 1e9 },
            moment: (time: number) => `${time / 1e9} s`,
          };
          const lines = chartLines(series(metric, cells), options);
          assert.ok(lines.length <= height, `${metric} ${height}`);
          for (const line of lines) assert.ok(lineWidth(line) <= width, lineText(line));
        }
      }
    }
    const one: Series = { name: 'x', values: [0, 1, 500, 1000] };
    const rows = chartLines([one], { width: 20, height: 4, symbols, span: { from: 0, until: 4 }, moment: String }).map(
      lineText,
    );
    const levels = [...symbols.levels];
    assert.match(rows[0], new RegExp(`1,000 .${levels[0]}{3}[${levels.at(-1)!.replace(/[#*]/, '\\$&')}]$`));
    assert.equal(rows[1].at(-3), levels[1]);
    assert.equal(rows[1].at(-4), levels[0]);
  }
});
