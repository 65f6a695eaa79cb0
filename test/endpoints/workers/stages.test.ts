// Where connections and requests are, as counted from what connections show.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addStages, connectionStages, NO_STAGES } from '../../../src/endpoints/workers/stages.js';

function connection(active: number, begun: number, isOpen = true, unsent = 0) {
  return {
    activeRequests: active,
    requests: () => new Array(begun).fill(0),
    isOpen,
    socket: { writableLength: unsent },
  };
}

test('each connection is at one stage', () => {
  const connections = [
    connection(0, 0), // idle
    connection(0, 0, true, 10), // writing
    connection(0, 0, false, 10), // writing, to be closed after that
    connection(0, 0, false), // closing
    connection(1, 0), // reading PARAMS
    connection(2, 1), // reading one, computing another
    connection(1, 1), // computing
  ];
  const stages = connectionStages(connections, { receiving: 3, waiting: 4, processing: 5 });
  assert.deepEqual(stages, { idle: 1, reading: 5, waiting: 4, processing: 5, writing: 2, closing: 1 });
  assert.deepEqual(addStages(stages, NO_STAGES), stages);
  assert.equal(addStages(stages, stages).reading, 10);
});
