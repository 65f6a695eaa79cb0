// Reports beside each other: captures and JSON reports alike, endpoints that moved, findings that come and go, figures by
// their shares, latency, and documents that are no reports.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../../src/analysis/snapshot.js';
import { type Comparison, compareReports, isSlower, newSeverities } from '../../src/compare/compare.js';
import { readReport } from '../../src/compare/read-report.js';
import type { Report } from '../../src/compare/report.js';
import { looksLikeJson, parseReportText } from '../../src/compare/report-text.js';
import { timesOfDocument, timesOfFacts } from '../../src/compare/request-times.js';
import { compareJson } from '../../src/reporters/compare-json.js';
import { compareText } from '../../src/reporters/compare-text.js';
import { jsonReport, ndjsonReport, reportHead } from '../../src/reporters/json.js';
import { TERMINAL_COMMANDS } from '../cli/sample-captures.js';
import { request, response } from '../support/fastcgi-messages.js';
import { type Inspected, inspect } from '../support/inspect.js';
import { scene } from '../support/scene.js';

/** Requests one after the other, each on a connection of its own; `wait` seconds before each answer. */
function churn(options: {
  count?: number;
  port?: number;
  keepConn?: boolean;
  closes?: 'web' | 'app';
  status?: number;
  wait?: (i: number) => number;
  uri?: string;
}): Inspected {
  const { count = 20, port = 9000, keepConn = false, closes = 'app', status = 200, uri = '/page' } = options;
  const play = scene(`127.0.0.1:${port}`);
  for (let i = 0; i < count; i++) {
    const c = play.conversation(i).connect();
    c.web(request({ uri, keepConn }));
    c.wait(options.wait?.(i) ?? 0.01 + ((i * 7) % 10) * 0.001);
    c.app(response({ status, body: 'hello' }));
    if (closes === 'app') c.finApp().finWeb();
    else c.finWeb().finApp();
  }
  return inspect(play.capture());
}

function captured(name: string, snapshot: Snapshot): Report {
  return readReport(name, 'capture', reportHead(snapshot), timesOfFacts(snapshot.facts));
}

const rowsOf = ({ facts, pipeline }: Inspected, limit = Infinity) => ({
  histories: pipeline.tracker.histories,
  limit,
  connectionRows: facts.listeners.flatMap((listener) => [...listener.connections]),
  requestRows: facts.listeners.flatMap((listener) => [...listener.requests]),
});

function documented(name: string, snapshot: Inspected, limit = Infinity, lines = false): Report {
  const pieces = lines
    ? ndjsonReport(snapshot, rowsOf(snapshot, limit))
    : jsonReport(snapshot, rowsOf(snapshot, limit));
  const document = parseReportText([...pieces].join(''));
  return readReport(name, 'report', document, timesOfDocument(document));
}

const figure = (comparison: Comparison, name: string) =>
  comparison.figures.find((each) => each.name === name) ?? assert.fail(`no figure ${name}`);

test('a report is the same one as JSON, as lines, and as the capture it was made of', () => {
  const snapshot = churn({});
  const capture = captured('a', snapshot);
  for (const report of [documented('a', snapshot), documented('a', snapshot, Infinity, true)]) {
    const { source, ...rest } = report;
    const { source: captureSource, ...figures } = capture;
    assert.equal(source, 'report');
    assert.equal(captureSource, 'capture');
    // Nanoseconds become decimal seconds there, so the last bit of a difference may differ.
    const rounded = (value: Report['times']) =>
      [...value!.total, ...value!.timeToFirstByte].map((time) => Math.round(time * 1e9));
    assert.deepEqual(rounded(rest.times), rounded(figures.times));
    assert.deepEqual({ ...rest, times: 0, endpoints: [] }, { ...figures, times: 0, endpoints: [] });
    const comparison = compareReports(capture, report);
    assert.deepEqual(
      comparison.figures.filter(({ changed }) => changed),
      [],
    );
    assert.ok(comparison.findings.every(({ fate }) => fate === 'same'));
    assert.ok(comparison.latency.every(({ verdict }) => verdict === 'same'));
  }
});

test('who closes, who is left in TIME_WAIT, and the finding about it', () => {
  const before = captured('before', churn({ closes: 'app' }));
  const after = captured('after', churn({ closes: 'web', keepConn: true, port: 9001 }));
  const comparison = compareReports(before, after);
  const { changed, of } = figure(comparison, 'firstFin.application');
  assert.ok(changed);
  assert.deepEqual(of, { name: 'connections', before: 20, after: 20 });
  assert.equal(figure(comparison, 'timeWait.web-server').after, 20);
  assert.equal(figure(comparison, 'keepConn').after, 20);
  assert.equal(figure(comparison, 'requests').changed, false);
  const fates = new Map(comparison.findings.map(({ id, fate }) => [id, fate]));
  assert.equal(fates.get('time-wait-application-side'), 'gone');
  assert.equal(fates.get('keep-conn-without-pool'), 'new');
  assert.equal(fates.get('time-wait-web-server-side'), 'new');
  assert.ok([...newSeverities(comparison)].some(({ severity }) => severity === 'warning'));
  // The port is another one, and still it is the same application.
  assert.deepEqual(
    comparison.endpoints.map((pair) => [pair.before?.endpoint, pair.after?.endpoint]),
    [['127.0.0.1:9000', '127.0.0.1:9001']],
  );
});

test('the same finding at an endpoint that moved is neither gone nor new', () => {
  const comparison = compareReports(captured('a', churn({})), captured('b', churn({ port: 9123, count: 40 })));
  const finding = comparison.findings.find(({ id }) => id === 'time-wait-application-side');
  assert.equal(finding?.fate, 'same');
  assert.deepEqual([finding?.before?.count, finding?.after?.count], [20, 40]);
  assert.equal(figure(comparison, 'firstFin.application').changed, false, 'all of them, both times');
  assert.equal(figure(comparison, 'connections').changed, true);
});

test('slower, the same, and too few to tell', () => {
  const quick = captured('quick', churn({ count: 60 }));
  const slow = captured('slow', churn({ count: 60, wait: (i) => 0.03 + ((i * 7) % 10) * 0.001 }));
  const comparison = compareReports(quick, slow);
  assert.deepEqual(
    comparison.latency.map(({ verdict }) => verdict),
    ['slower', 'slower'],
  );
  assert.ok(isSlower(comparison));
  assert.deepEqual(
    compareReports(slow, quick).latency.map(({ verdict }) => verdict),
    ['faster', 'faster'],
  );
  const same = compareReports(quick, quick);
  assert.ok(!isSlower(same));
  assert.ok(same.latency.every(({ verdict }) => verdict === 'same'));
  const few = compareReports(captured('few', churn({ count: 5 })), slow);
  assert.ok(few.latency.every(({ verdict, why }) => verdict === 'not-tested' && why === 'too-few'));
});

test('a report whose rows were limited has percentiles only', () => {
  const snapshot = churn({ count: 60 });
  const comparison = compareReports(captured('all', snapshot), documented('limited', snapshot, 10));
  assert.ok(comparison.latency.every(({ why, p }) => why === 'percentiles-only' && p === undefined));
  assert.ok(comparison.latency.every(({ before, after }) => before?.p95 === after?.p95));
});

test('what is no report is refused by name, and the place is told', () => {
  const good = JSON.parse([...jsonReport(churn({ count: 2 }), rowsOf(churn({ count: 2 })))].join(''));
  const read = (document: unknown) => readReport('x.json', 'report', document, undefined);
  assert.throws(() => read([]), /x\.json: the document is not an object/);
  assert.throws(() => read({ name: 'package' }), /no report of fcgi-inspect/);
  assert.throws(() => read({ ...good, schema: 'fcgi-inspect/report/2' }), /version 2/);
  assert.throws(() => read({ ...good, summary: { ...good.summary, connections: '45' } }), /summary\.connections/);
  assert.throws(() => read({ ...good, findings: [{ id: 1 }] }), /findings\[0\]/);
  assert.throws(() => read({ ...good, summary: { ...good.summary, requests: -1 } }), /summary\.requests/);
  const odd = JSON.parse('{"__proto__": 3, "constructor": 4}');
  const report = read({ ...good, summary: { ...good.summary, httpStatus: odd } });
  assert.deepEqual(
    [...report.httpStatus],
    [
      ['__proto__', 3],
      ['constructor', 4],
    ],
  );
  assert.equal(
    compareReports(report, read(good)).figures.find(({ name }) => name === 'httpStatus.__proto__')?.after,
    0,
  );
});

test('JSON is told from other text by its first character', () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  assert.ok(looksLikeJson(encode(' \r\n{"schema"')));
  assert.ok(looksLikeJson(encode('\ufeff{')));
  assert.ok(!looksLikeJson(encode('2026-11-21: (log.c.1) {')));
  assert.ok(!looksLikeJson(encode('')));
});

test('text and JSON show nothing that a terminal obeys, and no secrets', () => {
  const plain = churn({ count: 10 });
  const hostile = captured(`evil${TERMINAL_COMMANDS}.pcap`, plain);
  const title = `Set-Cookie: secret=1${TERMINAL_COMMANDS}`;
  const finding = { id: `id${TERMINAL_COMMANDS}`, severity: 'error', title, count: 1, endpoint: undefined } as const;
  const report: Report = {
    ...hostile,
    methods: new Map([[`GET${TERMINAL_COMMANDS}`, 10]]),
    findings: [finding],
    endpoints: hostile.endpoints.map((each) => ({
      ...each,
      endpoint: `there${TERMINAL_COMMANDS}`,
      queue: { maxDepth: 1, longestWait: 1, waiting: 1 },
    })),
  };
  const comparison = compareReports(captured('plain', churn({ count: 12, closes: 'web' })), report);
  for (const width of [40, 100]) {
    for (const ascii of [false, true]) {
      const text = [...compareText(comparison, { width, ascii })].join('');
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
      assert.doesNotMatch(text, /secret=1/);
      if (ascii) assert.doesNotMatch(text, /\P{ASCII}/u);
    }
  }
  const json = [...compareJson(comparison)].join('');
  assert.doesNotMatch(json.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
  assert.doesNotMatch(json, /secret=1/);
  assert.equal(JSON.parse(json).schema, 'fcgi-inspect/compare/1');
});

test('two reports without anything are compared as well', () => {
  const empty = captured('empty', inspect(scene().capture()));
  const comparison = compareReports(empty, captured('some', churn({ count: 3 })));
  assert.ok(comparison.latency.every(({ why }) => why === 'no-requests'));
  assert.equal(figure(comparison, 'requestsPerConnection').before, undefined);
  assert.match([...compareText(compareReports(empty, empty))].join(''), /none, before and after/);
});
