// Every public capture of the corpus against what tshark makes of it: packets, TCP packets, and whether it can be read
// to the end. Where the answers differ on purpose, packet-differences.tsv says why; a difference that is not there and
// one that is there without need are both errors.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { END, FRAME } from '../../src/capture/frame-reader.js';
import { AddressTable } from '../../src/model/address.js';
import { UserError } from '../../src/model/errors.js';
import { Frame } from '../../src/model/frame.js';
import { Segment } from '../../src/model/segment.js';
import { TCP } from '../../src/packet/packet-codes.js';
import { PacketDecoder } from '../../src/packet/packet-decoder.js';
import { openCapture } from '../../src/sources/capture-file.js';
import { projectRoot, sharedRoot } from '../support/paths.js';

const corpus = join(sharedRoot ?? '', 'corpus');
const expectations = join(corpus, 'EXPECT.tsv');
const skip = sharedRoot !== undefined && existsSync(expectations) ? false : 'FCGI_INSPECT_SHARED names no corpus';

interface Figures {
  readonly packets: number;
  readonly tcp: number;
  readonly exit: number;
}

/** Reads a capture as the product does. A file that is refused has no packets and exit status 2. */
async function figures(path: string): Promise<Figures> {
  const decoder = new PacketDecoder(new AddressTable());
  const frame = new Frame();
  const segment = new Segment();
  let tcp = 0;
  try {
    const input = await openCapture(path);
    assert.ok(input.kind === 'capture', `${path} is taken for text`);
    for (;;) {
      const code = input.reader.next(frame);
      if (code === FRAME) {
        if (decoder.decode(frame, segment) === TCP) tcp++;
      } else if (code === END) break;
      else {
        const filled = input.fill();
        if (typeof filled !== 'boolean') await filled;
      }
    }
    input.close();
    const { packets, incomplete } = input.describe();
    return { packets, tcp, exit: incomplete ? 2 : 0 };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { packets: 0, tcp: 0, exit: 2 };
  }
}

/** Rows of a table with a head, without comments. */
function rows(path: string): string[][] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const filled = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return filled.slice(1).map((line) => line.split('\t'));
}

test('packets, TCP packets and exit status as tshark has them, or a named reason', { skip }, async () => {
  const known = new Map<string, string>();
  for (const [file, what, expected, ours, reason] of rows(join(projectRoot, 'test/corpus/packet-differences.tsv'))) {
    assert.ok(reason, `${file} ${what} has no reason`);
    known.set(`${file}\t${what}`, `${expected}\t${ours}`);
  }
  const unlisted: string[] = [];
  let compared = 0;
  for (const [file, , , , packets, exit, tcp] of rows(expectations)) {
    const found = await figures(join(corpus, file));
    compared++;
    // capinfos gives no count of a file that it cannot read to the end.
    const wanted: [keyof Figures, string][] = [
      ['packets', packets],
      ['tcp', tcp],
      ['exit', exit],
    ];
    for (const [what, expected] of wanted) {
      const key = `${file}\t${what}`;
      const difference = `${expected}\t${found[what]}`;
      if (expected === '' || Number(expected) === found[what]) continue;
      if (known.get(key) === difference) known.delete(key);
      else unlisted.push(`${key}\t${difference}`);
    }
  }
  assert.ok(compared > 500, `only ${compared} captures were compared`);
  assert.deepEqual(unlisted, [], 'differences that packet-differences.tsv does not list');
  assert.deepEqual([...known.keys()], [], 'differences of packet-differences.tsv that do not occur');
});
