// A signal while a stream is read: whether it ended the reading, or the stream had ended by itself.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import test from 'node:test';
import type { CaptureInput } from '../../src/sources/capture-file.js';
import { openCaptureStream } from '../../src/sources/capture-file.js';
import { type Gathering, gather } from '../../src/sources/gather.js';
import { pcap } from '../support/capture-writer.js';

const capture = pcap([1, 2, 3].map((time) => ({ time, data: new Uint8Array(60) })));

/** Gives a stream a capture and the signal; then the stream ends, or does not. */
async function gathered(ends: boolean): Promise<Gathering> {
  const stream = new PassThrough();
  stream.write(capture);
  const opened = [(await openCaptureStream('stream', stream)) as CaptureInput];
  const controller = new AbortController();
  const reading = gather([], { opened, signal: controller.signal, logTimes: { zone: () => 0 } });
  controller.abort();
  if (ends) stream.end();
  const gathering = await reading;
  stream.destroy();
  return gathering;
}

test('Ctrl-C for a whole pipeline: the writer ends, all is read, nothing was cut short', {
  timeout: 20_000,
}, async () => {
  const gathering = await gathered(true);
  assert.equal(gathering.interrupted, false);
  assert.equal(gathering.snapshot().input.packets, 3);
});

test('the writer goes on: what was read is the input', { timeout: 20_000 }, async () => {
  const gathering = await gathered(false);
  assert.equal(gathering.interrupted, true);
  assert.equal(gathering.snapshot().input.packets, 3);
});
