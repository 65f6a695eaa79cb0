// What faults make of an answer's records, looked at as the bytes and records that would be sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { END_REQUEST, STDERR, STDOUT } from '../../src/fastcgi/constants.js';
import { endRequest } from '../../src/fastcgi/encode.js';
import { AnswerFaults, type AnswerPiece, type AnswerRecord, refusesRequest } from '../../src/faults/answer-faults.js';
import { FaultSchedule } from '../../src/faults/fault-schedule.js';
import { parseFault } from '../../src/faults/parse-fault.js';

const HEAD = 'Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n';

function record(type: number, content: string | Uint8Array = ''): AnswerRecord {
  return {
    type,
    requestId: 7,
    content: typeof content === 'string' ? Buffer.from(content) : content,
    paddingLength: 0,
  };
}

const ANSWER = [
  record(STDOUT, `${HEAD}hello `),
  record(STDOUT, 'wide world'),
  record(STDOUT),
  record(END_REQUEST, endRequest(7, 3).subarray(8, 16)),
];

function altered(faults: readonly string[], answer: readonly AnswerRecord[] = ANSWER): AnswerPiece[] {
  const all = new AnswerFaults(faults.map((text) => new FaultSchedule(parseFault(text, 'server'), 0)));
  const pieces: AnswerPiece[] = [];
  for (const each of answer) {
    pieces.push(...(all.alter(each) ?? [each]));
    // Nothing is sent after an end.
    if (pieces.some((piece) => typeof piece === 'string')) break;
  }
  return pieces;
}

/** Types, with what is unusual about them. */
function shape(pieces: readonly AnswerPiece[]): string[] {
  return pieces.map((piece) => {
    if (typeof piece === 'string') return piece;
    if (piece instanceof Uint8Array) return `bytes ${piece.length}`;
    return `${piece.type}/${piece.content.length}`;
  });
}

function stdout(pieces: readonly AnswerPiece[]): string {
  return pieces
    .filter(
      (piece): piece is AnswerRecord =>
        typeof piece === 'object' && !(piece instanceof Uint8Array) && piece.type === STDOUT,
    )
    .map(({ content }) => Buffer.from(content).toString())
    .join('');
}

const plain = shape(ANSWER);

test('records about END_REQUEST', () => {
  assert.deepEqual(shape(altered(['drop_end_request'])), plain.slice(0, 3));
  assert.deepEqual(shape(altered(['double_end_request'])), [...plain, '3/8']);
  assert.deepEqual(shape(altered(['data_after_end=5'])), [...plain, '6/5']);
  assert.deepEqual(shape(altered(['ignore_keep_conn'])), [...plain, 'close']);
  const status = (fault: string) => (altered([fault]).at(-1) as AnswerRecord).content;
  assert.deepEqual([...status('app_status=258')], [0, 0, 1, 2, 0, 0, 0, 0]);
  assert.deepEqual([...status('app_status=4294967295')].slice(0, 4), [255, 255, 255, 255]);
  for (const [name, number] of [
    ['CANT_MPX_CONN', 1],
    ['CANT_MPX', 1],
    ['OVERLOADED', 2],
    ['UNKNOWN_ROLE', 3],
  ] as const) {
    const pieces = altered([`end_status=${name}`]);
    assert.deepEqual(shape(pieces), ['3/8'], name);
    assert.equal((pieces[0] as AnswerRecord).content[4], number, name);
  }
  assert.ok(refusesRequest(new FaultSchedule(parseFault('end_status=OVERLOADED', 'server'), 0)));
});

test('headers of records', () => {
  const first = (fault: string) => altered([fault])[0] as AnswerRecord;
  assert.equal(first('bad_version').version, 0);
  assert.equal(first('bad_version=2').version, 2);
  assert.equal((altered(['bad_version,on=end_request']).at(-1) as AnswerRecord).version, 0);
  assert.equal(first('bad_version,on=end_request').version, undefined);
  assert.equal(first('bad_id').requestId, 263);
  assert.equal(first('bad_id=0').requestId, 0);
  assert.equal((altered(['bad_id'])[1] as AnswerRecord).requestId, 7);
  assert.deepEqual(shape(altered(['bad_type'])), ['99/8', ...plain]);
  assert.deepEqual(shape(altered(['bad_type=11,on=end_request'])), [...plain.slice(0, 3), '11/8', '3/8']);
  for (const piece of altered(['id=0'])) assert.equal((piece as AnswerRecord).requestId, 0);
  for (const piece of altered(['padding=255'])) assert.equal((piece as AnswerRecord).paddingLength, 255);
});

test('bytes that are no record come once, before the first STDOUT, and do not begin like one', () => {
  assert.deepEqual(shape(altered(['garbage=zeros,bytes=3'])), ['bytes 3', ...plain]);
  assert.match(Buffer.from(altered(['garbage=http'])[0] as Uint8Array).toString(), /^HTTP\/1\.1 400 /);
  for (let seed = 0; seed < 300; seed++) assert.notEqual((altered([`garbage,seed=${seed}`])[0] as Uint8Array)[0], 1);
  assert.deepEqual(altered(['garbage,seed=4'])[0], altered(['garbage,seed=4'])[0]);
});

test('longer heads and STDERR of any size', () => {
  const long = altered(['header_bytes=100000']);
  assert.match(stdout(long), /^X-Fcgi-Inspect: x+\r\nStatus: 200 OK\r\n/);
  assert.equal(stdout(long).length, stdout(ANSWER).length + 100_000);
  assert.ok(long.every((piece) => (piece as AnswerRecord).content.length <= 65_535));
  const noisy = altered(['stderr_bytes=70000']);
  assert.deepEqual(shape(noisy), [`${STDERR}/65528`, `${STDERR}/4472`, ...plain]);
  assert.equal((noisy[1] as AnswerRecord).content.at(-1), 10);
  // An answer without STDOUT gets it before its END_REQUEST.
  assert.deepEqual(shape(altered(['stderr_bytes=10'], ANSWER.slice(3))), [`${STDERR}/10`, '3/8']);
});

test('closing before the head is complete, whatever was asked', () => {
  assert.deepEqual(altered(['close_before_headers']), ['close']);
  assert.deepEqual(altered(['close_before_headers,how=rst']), ['reset']);
  assert.equal(stdout(altered(['close_before_headers=10'])), HEAD.slice(0, 10));
  assert.equal(stdout(altered(['close_before_headers=1000'])), HEAD.slice(0, -1));
  const split = [...`${HEAD}x`].map((letter) => record(STDOUT, letter));
  assert.equal(stdout(altered(['close_before_headers=1000'], split)), HEAD.slice(0, -1));
  assert.deepEqual(altered(['close_before_headers=5'], ANSWER.slice(3)), ['close']);
});

test('closing in the body: at a byte, between records or inside one', () => {
  assert.equal(stdout(altered(['close_mid_body=3'])), `${HEAD}hel`);
  assert.equal(stdout(altered(['close_mid_body=9'])), `${HEAD}hello wid`);
  assert.equal(stdout(altered(['close_mid_body'])), `${HEAD}hel`);
  assert.equal(stdout(altered(['close_mid_body=0'])), HEAD);
  assert.equal(altered(['close_mid_body,how=rst']).at(-1), 'reset');
  assert.deepEqual(shape(altered(['close_mid_body=100'])), plain, 'a body that is shorter is not cut');
  const [, cut, end] = altered(['close_mid_body=9,cut=record']);
  assert.deepEqual([...(cut as Uint8Array).subarray(0, 8)], [1, STDOUT, 0, 7, 0, 10, 0, 0]);
  assert.equal(
    Buffer.from(cut as Uint8Array)
      .subarray(8)
      .toString(),
    'wid',
  );
  assert.equal(end, 'close');
});

test('several faults work on what the ones before made', () => {
  const both = altered(['double_end_request', 'padding=9']);
  assert.deepEqual(shape(both), [...plain, '3/8']);
  assert.ok(both.every((piece) => (piece as AnswerRecord).paddingLength === 9));
  assert.equal(new AnswerFaults([]).any, false);
  assert.equal(new AnswerFaults([new FaultSchedule(parseFault('latency=1', 'server'), 0)]).alter(ANSWER[0]), undefined);
});
