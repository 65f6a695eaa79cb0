// Connections and first FINs of the public captures, as tshark sees them (EXPECT.tsv).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/model/errors.js';
import { BY_APPLICATION, BY_BOTH, BY_WEB_SERVER } from '../../src/model/side.js';
import { sharedRoot } from '../support/paths.js';
import { Recorder } from '../tcp/recorder.js';
import { assertListed } from './differences.js';
import { type TrackedCapture, trackCapture } from './tcp-capture.js';

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED names no folder with the corpus' : false;

interface Expected {
  file: string;
  tcpPackets: number;
  streams: number;
  /** `stream:port` of the side whose FIN came first; the last one may be `...` for a list that was cut. */
  firstFins: string[];
}

function readExpected(corpus: string): Expected[] {
  const lines = readFileSync(join(corpus, 'EXPECT.tsv'), 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [file, , , , , , tcpPackets, streams, firstFins = ''] = line.split('\t');
    return {
      file,
      tcpPackets: Number(tcpPackets),
      streams: Number(streams),
      firstFins: firstFins.split(' ').filter(Boolean),
    };
  });
}

function firstFins(capture: TrackedCapture): string[] {
  const c = capture.tracker.connections;
  const result: string[] = [];
  for (let row = 0; row < c.count; row++) {
    if (c.firstFin[row] === BY_WEB_SERVER) result.push(`${row}:${c.port0[row]}`);
    else if (c.firstFin[row] === BY_APPLICATION) result.push(`${row}:${c.port1[row]}`);
    else if (c.firstFin[row] === BY_BOTH) result.push(`${row}:both`);
  }
  return result;
}

/** Stream by stream; with a list that was cut, only up to its last stream. */
function finDifferences(file: string, theirs: readonly string[], ours: readonly string[]): string[] {
  const theirByStream = new Map(theirs.filter((fin) => fin !== '…').map((fin) => fin.split(':') as [string, string]));
  const ourByStream = new Map(ours.map((fin) => fin.split(':') as [string, string]));
  const cut = theirs.includes('…');
  const streams = new Set([...theirByStream.keys(), ...(cut ? [] : ourByStream.keys())]);
  return [...streams]
    .filter((stream) => theirByStream.get(stream) !== ourByStream.get(stream))
    .sort((a, b) => Number(a) - Number(b))
    .map(
      (stream) =>
        `${file}\tfirst FIN of ${stream}\t${theirByStream.get(stream) ?? 'none'}\t${ourByStream.get(stream) ?? 'none'}`,
    );
}

test('streams and first FINs of the corpus are those of tshark', { skip }, async () => {
  const corpus = join(sharedRoot ?? '', 'corpus');
  const differences: string[] = [];
  let compared = 0;
  for (const { file, tcpPackets, streams, firstFins: theirs } of readExpected(corpus)) {
    let capture: TrackedCapture;
    try {
      capture = await trackCapture(join(corpus, file), new Recorder());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (tcpPackets > 0) differences.push(`${file}\treadable\tyes\tno`);
      continue;
    }
    const ours = capture.tracker.connections.count;
    compared++;
    const found =
      ours !== streams ? [`${file}\tstreams\t${streams}\t${ours}`] : finDifferences(file, theirs, firstFins(capture));
    // Where other packets were decoded, that is the reason of every difference.
    if (found.length > 0 && capture.tcpPackets !== tcpPackets) {
      differences.push(`${file}\tTCP packets\t${tcpPackets}\t${capture.tcpPackets}`);
    } else differences.push(...found);
  }
  assert.ok(compared > 400, `${compared} captures were read`);
  assertListed('tcp-differences.tsv', differences);
});
