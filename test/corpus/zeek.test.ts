// conn_state and history as in Zeek's own expected conn.log files.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CONNECTION_STATES } from '../../src/tcp/connection-table.js';
import { sharedRoot } from '../support/paths.js';
import { Recorder } from '../tcp/recorder.js';
import { assertListed } from './differences.js';
import { type TrackedCapture, trackCapture } from './tcp-capture.js';

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED names no folder with the corpus' : false;
const folder = join(sharedRoot ?? '', 'corpus', 'tcp', 'zeek');

/** `originator>responder state history` of each connection. */
function ourLines({ tracker, addresses }: TrackedCapture): string[] {
  const c = tracker.connections;
  return Array.from({ length: c.count }, (_, row) => {
    const originator = `${addresses.text(c.address0[row])}:${c.port0[row]}`;
    const responder = `${addresses.text(c.address1[row])}:${c.port1[row]}`;
    const history = tracker.histories.text(c.history[row]) || '-';
    return `${originator}>${responder} ${CONNECTION_STATES[c.state[row]]} ${history}`;
  });
}

/** The same of the TCP lines of a conn.log. */
function zeekLines(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const fields = lines
    .find((line) => line.startsWith('#fields'))!
    .split('\t')
    .slice(1);
  const column = (name: string) => fields.indexOf(name);
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'))
    .filter((values) => values[column('proto')] === 'tcp')
    .map((values) => {
      const of = (name: string) => values[column(name)];
      const originator = `${of('id.orig_h')}:${of('id.orig_p')}`;
      return `${originator}>${of('id.resp_h')}:${of('id.resp_p')} ${of('conn_state')} ${of('history')}`;
    });
}

/** Lines of `a` that `b` has not (each as often as it occurs). */
function without(a: readonly string[], b: readonly string[]): string[] {
  const left = [...b];
  return a.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function traceFile(trace: string): string {
  const names = [trace.replace(/^tcp\//, ''), join('more', trace.replaceAll('/', '__'))];
  const name = names.find((candidate) => existsSync(join(folder, candidate)));
  if (name === undefined) throw new Error(`${trace} is not in the corpus`);
  return name;
}

describe('Zeek', { skip }, () => {
  test('conn_state and history are those of its expected logs', async () => {
    const differences: string[] = [];
    let compared = 0;
    const seen = new Set<string>();
    for (const line of readFileSync(join(folder, 'expected', 'MAP.tsv'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)) {
      const [trace, btest] = line.split('\t');
      const log = join(folder, 'expected', `${btest}.conn.log`);
      if (!existsSync(log)) continue; // the summary of the RST cases, below
      const name = traceFile(trace);
      const ours = ourLines(await trackCapture(join(folder, name), new Recorder()));
      const theirs = zeekLines(log);
      compared += theirs.length;
      const columns = [
        ...without(theirs, ours).map((lost) => `${name}\tzeek\t${lost}`),
        ...without(ours, theirs).map((extra) => `${name}\tours\t${extra}`),
      ];
      for (const difference of columns) {
        if (!seen.has(difference)) differences.push(difference);
        seen.add(difference);
      }
    }
    assert.ok(compared > 100, `${compared} connections were compared`);
    assertListed('zeek-differences.tsv', differences);
  });

  test('conn_state after early RSTs', async () => {
    const files = ['single-rst', 'syn-then-rst', 'syn-then-ack-then-rst', 'syn-then-stuff-then-rst'];
    const lines: string[] = [];
    for (const file of files) {
      const { tracker } = await trackCapture(join(folder, `${file}.pcap`), new Recorder());
      const { history, state, count } = tracker.connections;
      assert.equal(count, 1, file);
      lines.push(`${tracker.histories.text(history[0])}, ${CONNECTION_STATES[state[0]]}`);
    }
    const golden = readFileSync(join(folder, 'expected', 'conn_state-RST-behavior.out'), 'utf8');
    assert.deepEqual(
      lines,
      golden
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('#')),
    );
  });
});
