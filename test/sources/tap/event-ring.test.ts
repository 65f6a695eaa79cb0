// The ring between relay and analysis: as long as its reader keeps up, nothing is left out, wherever the ring begins anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EVENT_CLOSED,
  EVENT_DATA,
  RingMessage,
  RingReader,
  RingWriter,
  ringMemory,
} from '../../../src/sources/tap/event-ring.js';
import { random } from '../../support/random.js';

for (const size of [4 << 20, 32 << 20]) {
  test(`a ring of ${size >> 20} MiB loses nothing to a reader that comes every few messages`, () => {
    const memory = ringMemory(size);
    const writer = new RingWriter(memory, () => {});
    const reader = new RingReader(memory);
    const message = new RingMessage();
    const source = random(5);
    const bytes = new Uint8Array(3000);
    let written = 0;
    let read = 0;
    for (let turn = 0; turn < 20_000; turn++) {
      // Some 100 kB between two looks, far less than the ring holds.
      for (let left = source.between(0, 60); left > 0; left--) {
        const isData = source.oneIn(2);
        const length = isData ? source.between(1, bytes.length) : 0;
        assert.ok(writer.push(isData ? EVENT_DATA : EVENT_CLOSED, 1, 0, 0, written, bytes.subarray(0, length)));
        written++;
      }
      while (reader.next(message)) assert.equal(message.position, read++);
    }
    assert.equal(read, written);
    assert.equal(reader.lost, 0);
  });
}

test('a full ring has room again for what its reader has passed, though it reads on, and what is unread stays', () => {
  const memory = ringMemory(4 << 20);
  const writer = new RingWriter(memory, () => {});
  const reader = new RingReader(memory);
  const message = new RingMessage();
  const bytes = new Uint8Array(1000);
  let written = 0;
  const write = () => {
    bytes.fill(written);
    const isWritten = writer.push(EVENT_DATA, 1, 0, 0, written, bytes);
    if (isWritten) written++;
    return isWritten;
  };
  let read = 0;
  const readOne = () => {
    assert.ok(reader.next(message));
    assert.equal(message.position, read);
    assert.ok(
      message.bytes.subarray(message.start, message.start + message.length).every((byte) => byte === (read & 255)),
    );
    read++;
  };
  while (write());
  for (let turn = 0; turn < 200; turn++) {
    for (let i = 0; i < 200; i++) readOne();
    let room = 0;
    while (write()) room++;
    // All but what is read and not given back yet, 64 kB at most.
    assert.ok(room > 200 - 70 && read + room <= written, `room for ${room} after 200 were read`);
  }
  while (read < written) readOne();
  assert.equal(reader.next(message), false);
});
