// Temporary capture files, and reading an opened input to its end, for the tests of sources.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { END, FRAME, type ReadCode } from '../../src/capture/frame-reader.js';
import { Frame } from '../../src/model/frame.js';
import {
  type CaptureDescription,
  type CaptureInput,
  type CaptureOptions,
  openCapture,
} from '../../src/sources/capture-file.js';
import { type KeptFrame, keep } from '../capture/read-frames.js';

/** A folder that is removed after the test. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A file in a temporary folder of its own. */
export function temporaryFile(context: TestContext, bytes: Uint8Array, name = 'capture'): string {
  const path = join(temporaryFolder(context), name);
  writeFileSync(path, bytes);
  return path;
}

/** Reads everything, as the product does. */
export async function drain(input: {
  next(frame: Frame): ReadCode;
  fill(): boolean | Promise<boolean>;
}): Promise<KeptFrame[]> {
  const frames: KeptFrame[] = [];
  const frame = new Frame();
  for (;;) {
    const code = input.next(frame);
    if (code === FRAME) frames.push(keep(frame));
    else if (code === END) return frames;
    else {
      const filled = input.fill();
      if (typeof filled !== 'boolean') await filled;
    }
  }
}

/** @throws Error when the input is text. */
export async function openAsCapture(path: string, options?: CaptureOptions): Promise<CaptureInput> {
  const input = await openCapture(path, options);
  if (input.kind === 'capture') return input;
  input.close();
  throw new Error(`${path} is text`);
}

export interface ReadInput {
  readonly frames: KeptFrame[];
  readonly description: CaptureDescription;
}

export async function readInput(path: string, options?: CaptureOptions): Promise<ReadInput> {
  const input = await openAsCapture(path, options);
  const frames = await drain({ next: (frame) => input.reader.next(frame), fill: () => input.fill() });
  input.close();
  return { frames, description: input.describe() };
}
