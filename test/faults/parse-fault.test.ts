// Faults as text: what is understood, and what is said about the rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CHECKS } from '../../src/analysis/checks/index.js';
import type { FaultKind } from '../../src/faults/fault.js';
import { faultForm, faultHelp } from '../../src/faults/fault-table.js';
import { parseFault } from '../../src/faults/parse-fault.js';
import { FAULTS } from '../../src/faults/vocabulary.js';
import { UserError } from '../../src/model/errors.js';

const KINDS = FAULTS as readonly FaultKind[];

function refused(text: string): { message: string; hint: string | undefined } {
  try {
    parseFault(text, 'server');
  } catch (error) {
    assert.ok(error instanceof UserError, `${text}: ${String(error)}`);
    return { message: error.message, hint: error.hint };
  }
  throw new Error(`${text} was understood`);
}

test('a fault with modifiers in every quoting', () => {
  for (const text of [
    `drop_end_request,count=1,after=10,match="uri ~ /x"`,
    `drop-end-request,match='uri ~ /x',after=10,count=1`,
    `DROP_END_REQUEST , count=1, after=10, match=uri ~ /x`,
  ]) {
    const fault = parseFault(text, 'server');
    assert.equal(fault.kind.name, 'drop_end_request');
    assert.deepEqual([fault.count, fault.after, fault.every, fault.toxicity, fault.seed], [1, 10, 1, 1, 1]);
    assert.equal(fault.match?.text, 'uri ~ /x');
    assert.equal(fault.for, Number.POSITIVE_INFINITY);
  }
});

test('values: main value, units, words, defaults', () => {
  const values = (text: string) => Object.fromEntries(parseFault(text, 'server').parameters);
  assert.deepEqual(values('latency=200ms,jitter=0.05s'), { latency: 200, jitter: 50 });
  assert.deepEqual(values('latency,latency=2s'), { latency: 2000, jitter: 0 });
  assert.deepEqual(values('bandwidth=64kB/s'), { rate: 64_000 });
  assert.deepEqual(values('padding=255'), { padding: 255 });
  assert.deepEqual(values('end_status=cant_mpx'), { status: 'CANT_MPX' });
  assert.deepEqual(values('close_mid_body'), { how: 'fin', cut: 'between' });
  assert.deepEqual(values('close_mid_body=1KiB,how=rst,cut=record'), { bytes: 1024, how: 'rst', cut: 'record' });
  assert.deepEqual(values('id=0'), { id: 0 });
  assert.equal(parseFault('slicer,for=30s', 'server').for, 30_000);
  assert.equal(parseFault('slicer,stream=upstream', 'server').stream, 'upstream');
  assert.equal(parseFault(String.raw`garbage,match="uri == \"/a,b\""`, 'server').match?.text, 'uri == "/a,b"');
});

test('what is wrong is named, with what there is', () => {
  assert.deepEqual(refused('drop_end_requst'), {
    message: 'there is no fault "drop_end_requst"',
    hint: 'Did you mean drop_end_request?',
  });
  assert.match(refused('content_length=5').message, /cannot be made here/);
  assert.match(refused('stall_stdin').hint!, /client/);
  assert.match(refused('drop_end_request=1').message, /takes no value/);
  assert.match(refused('latency').message, /needs latency: the delay/);
  assert.match(refused('latency=fast').message, /latency=fast: not a time/);
  assert.match(refused('padding=256').message, /not from 0 to 255/);
  assert.match(refused('padding=3,padding=4').message, /given twice/);
  assert.match(refused('garbage,colour=red').hint!, /garbage, bytes, on, match, for, after/);
  assert.match(refused('garbage=pink').message, /not one of random, http, zeros/);
  assert.match(refused('garbage,count').message, /"count" .* has no value/);
  assert.match(refused('garbage,toxicity=2').message, /not a number from 0 to 1/);
  assert.match(refused('garbage,every=0').message, /not from 1/);
  assert.match(refused('drop_end_request,stream=upstream').message, /no choice of streams/);
  assert.match(refused('latency=1,stream=sideways').message, /not upstream or downstream/);
  assert.match(refused('garbage,match="uri').message, /quote is not closed/);
  assert.match(refused('garbage,match="uri"x').message, /follows a closed quote/);
  assert.match(refused('garbage,match=uri ~').message, /./);
  assert.match(refused('garbage,match=status == 200').message, /status is not known when a request begins/);
  assert.match(refused('rst_if_reused,match=uri == "/"').message, /has no match/);
  assert.match(refused('').message, /name is missing/);
  assert.match(refused('garbage,').message, /name is missing/);
});

test('any text is understood or refused, never more', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.constantFrom(...'latency=5,"\'\\~match uri'), { maxLength: 30 }).map((letters) => letters.join('')),
      ),
      (text) => {
        try {
          parseFault(text, 'server');
        } catch (error) {
          assert.ok(error instanceof UserError);
        }
      },
    ),
    { seed: 5 },
  );
});

test('the vocabulary: names are unlike, findings exist, the help shows every fault of the place and fits', () => {
  assert.equal(new Set(KINDS.map(({ name }) => name)).size, KINDS.length);
  const ids: readonly string[] = CHECKS.map(({ id }) => id);
  for (const kind of KINDS) {
    for (const id of kind.findings) assert.ok(ids.includes(id), `${kind.name}: there is no finding ${id}`);
    assert.ok(faultForm(kind).startsWith(kind.name));
    assert.ok(
      kind.parameters.filter((parameter) => parameter.fallback === undefined && !parameter.optional).length <= 1,
    );
  }
  const help = faultHelp('server', 100);
  for (const line of help) assert.ok(line.length <= 100, line);
  const text = help.join('\n');
  for (const { name, at } of KINDS)
    assert.equal(new RegExp(`^  ${name} `, 'm').test(text), at.includes('server'), name);
});
