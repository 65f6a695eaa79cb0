// Whatever both ends do, each sees through the relay what it sees over a direct connection: the same bytes, the same end.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { resetSocket } from '../../../src/sources/tap/relay-connection.js';
import { temporaryFolder } from '../../support/run-bin.js';
import { bytesOf, type End, type Ends, MIXES, type RelayScene, scene } from './relay-scene.js';

const folder = temporaryFolder();

type Step =
  | { readonly what: 'write'; readonly side: 0 | 1; readonly length: number }
  | { readonly what: 'pause' | 'resume' | 'end'; readonly side: 0 | 1 }
  | { readonly what: 'wait' };

interface Play {
  readonly steps: readonly Step[];
  /** Who resets the connection after the last step. */
  readonly reset: 0 | 1 | undefined;
}

const side = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ what: fc.constant('write' as const), side, length: fc.integer({ min: 1, max: 3000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('write' as const), side, length: fc.integer({ min: 1, max: 400_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('pause' as const, 'resume' as const), side }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('end' as const), side }) },
  { weight: 1, arbitrary: fc.constant({ what: 'wait' } as const) },
);

/** A reset exists between TCP and TCP only. */
function plays(resets: boolean): fc.Arbitrary<Play> {
  const reset = resets ? fc.option(side, { nil: undefined, freq: 3 }) : fc.constant(undefined);
  return fc.record({ steps: fc.array(step, { maxLength: 14 }), reset });
}

/** What both sides write; 0: the web server. */
function written(steps: readonly Step[]): [Buffer, Buffer] {
  const pieces: [Buffer[], Buffer[]] = [[], []];
  const ended = [false, false];
  for (const [index, each] of steps.entries()) {
    if (each.what === 'end') ended[each.side] = true;
    else if (each.what === 'write' && !ended[each.side]) pieces[each.side].push(bytesOf(index, each.length));
  }
  return [Buffer.concat(pieces[0]), Buffer.concat(pieces[1])];
}

async function perform(ends: Ends, steps: readonly Step[]): Promise<void> {
  for (const [index, each] of steps.entries()) {
    if (each.what === 'wait') {
      await new Promise((resolve) => setTimeout(resolve, 2));
      continue;
    }
    const { socket } = ends[each.side];
    if (each.what === 'write') {
      if (socket.writable) socket.write(bytesOf(index, each.length));
    } else socket[each.what]();
  }
}

interface Seen {
  readonly bytes: string;
  readonly length: number;
  readonly ended: boolean;
  readonly error: string | undefined;
}

const seenBy = ({ bytes, length, ended, error }: End): Seen => ({
  bytes: bytes.toString('base64'),
  length,
  ended,
  error,
});

/** Both close in the end: what they have seen then. */
async function playToTheEnd(ends: Ends, steps: readonly Step[]): Promise<Seen[]> {
  await perform(ends, steps);
  for (const { socket } of ends) socket.resume().end();
  for (const end of ends) await end.until(() => end.closed);
  return ends.map(seenBy);
}

/** One resets: what the other sees, with the relay and without, is a beginning of what was sent and a reset. */
async function playToTheReset(ends: Ends, { steps, reset }: Play): Promise<void> {
  await perform(ends, steps);
  const own = ends[reset!];
  const other = ends[1 - reset!];
  other.socket.resume();
  resetSocket(own.socket, true);
  await other.until(() => other.closed || other.ended);
  const sent = written(steps)[reset!];
  assert.ok(sent.subarray(0, other.length).equals(other.bytes), 'what came is the beginning of what was sent');
  // libuv tells a reset that comes together with the last bytes as an end.
  if (!other.ended) assert.match(other.error ?? '', /^(ECONNRESET|EPIPE)$/);
  other.socket.destroy();
}

/** What was told is what was passed on: in order, without a hole. */
function toldWithoutHole({ notes }: RelayScene): void {
  const next = new Map<string, number>();
  for (const { what, connection, detail } of notes) {
    if (what !== 'data') continue;
    const [from, bytes, position] = detail as [number, Buffer, number];
    const key = `${connection}/${from}`;
    assert.equal(position, next.get(key) ?? 0);
    next.set(key, position + bytes.length);
  }
}

describe('byte by byte as over a direct connection', { timeout: 120_000 }, () => {
  for (const [web, application] of MIXES) {
    test(`${web} to ${application}`, async (context) => {
      const relayed = await scene(context, folder, web, application);
      await fc.assert(
        fc.asyncProperty(plays(web === 'tcp' && application === 'tcp'), async (play) => {
          const both = [await relayed.open(), await relayed.openDirect()] as const;
          if (play.reset !== undefined) {
            await Promise.all(both.map((ends) => playToTheReset(ends, play)));
            return;
          }
          const [through, direct] = await Promise.all(both.map((ends) => playToTheEnd(ends, play.steps)));
          assert.deepEqual(through, direct);
          const [toApplication, toWebServer] = written(play.steps);
          assert.deepEqual([through[0].length, through[1].length], [toWebServer.length, toApplication.length]);
        }),
        { numRuns: 100, includeErrorInReport: true },
      );
      toldWithoutHole(relayed);
    });
  }
});
