// The pcapng conformance set of hadrielk/pcapng-test-generator: 24 files in both byte orders, each with a text that says
// which blocks it has.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { sharedRoot } from '../support/paths.js';
import { tsharkLines, tsharkMissing } from '../support/tshark.js';
import { readFrames } from './read-frames.js';

const folder = join(sharedRoot ?? '', 'corpus/pcapng/hadrielk');
const skip =
  sharedRoot !== undefined && existsSync(folder) ? false : 'FCGI_INSPECT_SHARED names no folder with this set';
const names = skip ? [] : readdirSync(folder).filter((name) => name.endsWith('.pcapng'));

/** How many blocks of a kind the text promises. */
function promised(text: string, kind: string): number {
  return Number(new RegExp(`^\\s*${kind}: (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

const read = (name: string) => readFrames(readFileSync(join(folder, name)));

test('there are 48 files', { skip }, () => {
  assert.equal(names.length, 48);
});

test('packets and interfaces are as described, and nothing is wrong', { skip }, () => {
  for (const name of names) {
    const text = readFileSync(join(folder, name.replace('.pcapng', '.txt')), 'utf8');
    const { frames, reader } = read(name);
    const packets = promised(text, 'EPB') + promised(text, 'SPB') + promised(text, 'PB');
    assert.equal(frames.length, packets, name);
    assert.equal(reader?.interfaceCount, promised(text, 'IDB'), name);
    assert.equal(reader?.cut, false, name);
    assert.equal(reader?.damaged, false, name);
    const unexpected = reader?.problems.filter(({ code }) => !EXPECTED.includes(code));
    assert.deepEqual(unexpected, [], name);
    const simple = reader?.problems.find(({ code }) => code === 'no-timestamp')?.count ?? 0;
    assert.equal(simple, promised(text, 'SPB'), name);
  }
});

/** What the files have on purpose. */
const EXPECTED = ['no-timestamp', 'packets-dropped', 'unsupported-link-type'];

test('the same file in both byte orders gives the same frames', { skip }, () => {
  for (const name of names.filter((one) => one.startsWith('le-'))) {
    const other = name.replace('le-', 'be-');
    assert.deepEqual(read(name).frames, read(other).frames, name);
    assert.deepEqual(read(name).reader?.problems, read(other).reader?.problems, name);
  }
});

test('times, lengths and interfaces are those tshark shows', {
  skip: skip || (tsharkMissing() ? 'tshark is missing' : false),
}, () => {
  const fields = ['frame.time_epoch', 'frame.cap_len', 'frame.len', 'frame.interface_id', 'frame.section_number'];
  // One byte order is enough: the other one gives the same frames.
  for (const name of names.filter((one) => one.startsWith('le-'))) {
    const bytes = readFileSync(join(folder, name));
    const lines = tsharkLines(bytes, ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])]);
    // tshark lists custom blocks too; they have no interface.
    const expected = lines.map((line) => line.split('\t')).filter(([, , , interfaceId]) => interfaceId !== '');
    const { frames } = read(name);
    assert.equal(frames.length, expected.length, name);
    for (const [index, frame] of frames.entries()) {
      const [time, captured, length, interfaceId, section] = expected[index];
      const place = `${name}, packet ${index + 1}`;
      assert.equal(frame.data.length / 2, Number(captured), place);
      assert.equal(frame.originalLength, Number(length), place);
      // tshark counts interfaces from 0 in each section.
      if (section === '1') assert.equal(frame.interfaceId, Number(interfaceId), place);
      // Simple packets have no time in tshark.
      if (time !== '') assert.equal(`${frame.seconds}.${String(frame.nanoseconds).padStart(9, '0')}`, time, place);
    }
  }
});
