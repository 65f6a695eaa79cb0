// The documentation says what the code does: generated parts are fresh, every field and code is there, examples work.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHECKS } from '../../src/analysis/checks/index.js';
import { compileFilter } from '../../src/analysis/filter/filter.js';
import { parseFault } from '../../src/faults/parse-fault.js';
import { PROBLEM_CODES } from '../../src/model/problem-codes.js';
import { jsonReport } from '../../src/reporters/json.js';
import { request, response } from '../support/fastcgi-messages.js';
import { inspect } from '../support/inspect.js';
import { projectRoot } from '../support/paths.js';
import { scene } from '../support/scene.js';
import { withParts } from './generate.js';
import { INPUT_PROBLEMS } from './input-problems.js';

const folder = join(projectRoot, 'docs');
const documents = readdirSync(folder).filter((name) => name.endsWith('.md'));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

for (const name of documents) {
  test(`docs/${name} has fresh generated parts`, () => {
    // Not assert.equal: it would print both documents.
    assert.ok(read(name) === withParts(read(name)), `docs/${name} is stale; npm run docs writes it anew`);
  });
}

test('a part that nothing makes is an error', () => {
  assert.throws(
    () => withParts('<!-- generated: nothing-like-it -->\n<!-- end: nothing-like-it -->'),
    /nothing-like-it/,
  );
});

test('every finding has a section and a place in the table', () => {
  const text = read('findings.md');
  for (const { id } of CHECKS) {
    assert.match(text, new RegExp(`^## ${id}$`, 'm'));
    assert.ok(text.includes(`[\`${id}\`](#${id})`), id);
  }
});

test('examples of filters compile', () => {
  const block = /```filter\n([\s\S]*?)```/.exec(read('filter.md'));
  const examples = block![1].trim().split('\n');
  assert.ok(examples.length > 5);
  for (const example of examples) compileFilter(example);
});

test('every fault of the examples in docs/faults.md and docs/serve.md is understood', () => {
  const examples = ['faults.md', 'serve.md'].flatMap((name) =>
    [...read(name).matchAll(/(serve|request) .*?--fault (?:'([^']+)'|([a-z][\w=,]+))/g)].map((match) => ({
      place: match[1] === 'serve' ? ('server' as const) : ('client' as const),
      text: match[2] ?? match[3],
    })),
  );
  const faults = examples.filter(({ text }) => text !== 'help');
  assert.ok(faults.length >= 3);
  for (const { text, place } of faults) parseFault(text, place);
});

test('every field of the JSON report is documented', () => {
  const text = read('report.md');
  const some = scene('127.0.0.1:9000');
  for (let i = 0; i < 4; i++) {
    some
      .conversation(i * 0.1)
      .connect()
      .web(request())
      .app(response())
      .finApp()
      .finWeb();
  }
  const log = [
    '2026-11-21 01:25:26: (gw_backend.c.263) got proc: pid: 14 socket: tcp:127.0.0.1:9000 load: 1',
    '2026-11-21 01:25:27: (gw_backend.c.278) released proc: pid: 14 socket: tcp:127.0.0.1:9000 load: 0',
  ].join('\n');
  const snapshot = inspect(some.capture(), { log });
  const all = { histories: snapshot.pipeline.tracker.histories, limit: 10, connectionRows: [0], requestRows: [0] };
  const report = JSON.parse([...jsonReport(snapshot, all)].join(''));
  assert.ok(report.processes.length > 0 && report.requests.length > 0);
  // Keys that are values: a state, a status, a record type.
  const open = new Set([
    'records',
    'recordBytes',
    'roles',
    'methods',
    'httpStatus',
    'appStatus',
    'protocolStatus',
    'requestsPerConnection',
  ]);
  const missing = new Set<string>();
  const look = (value: unknown) => {
    if (Array.isArray(value)) value.forEach(look);
    else if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) {
        if (!text.includes(`\`${key}\``) && !new RegExp(`^## ${key}$`, 'm').test(text)) missing.add(key);
        if (!open.has(key)) look(inner);
      }
    }
  };
  look(report);
  assert.deepEqual([...missing], []);
});

test('every code of an input problem in the source is documented, and no other', () => {
  const found = new Set<string>();
  const calls = /(?:problem|count|stop|countProblem|add)\(\s*(?:[\w.]+,\s*)?'([a-z]+(?:-[a-z]+)+)'/g;
  const codes = /code: (?:\w+ \? '([a-z-]+)' : )?'([a-z-]+)'[,;} ]/g;
  const stream = new Set<string>(PROBLEM_CODES.map(({ code }) => code));
  for (const file of sources('src/capture', 'src/sources', 'src/analysis/conclude.ts', 'src/analysis/pipeline.ts')) {
    const text = readFileSync(file, 'utf8');
    for (const match of text.matchAll(calls)) found.add(match[1]);
    for (const match of text.matchAll(codes)) for (const code of match.slice(1)) if (code) found.add(code);
  }
  const documented = INPUT_PROBLEMS.map(({ code }) => code);
  assert.deepEqual(
    [...found].filter((code) => !documented.includes(code) && !stream.has(code)),
    [],
    'not documented in test/docs/input-problems.ts',
  );
  assert.deepEqual(
    documented.filter((code) => !found.has(code)),
    [],
    'documented, but nowhere in the source',
  );
});

function sources(...paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const full = join(projectRoot, path);
    return path.endsWith('.ts')
      ? [full]
      : readdirSync(full)
          .filter((name) => name.endsWith('.ts'))
          .map((name) => join(full, name));
  });
}
