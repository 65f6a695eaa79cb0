// Several captures read as one, in time order, as mergecap does: the earliest of the next frames comes first, at equal
// times that of the input named first. A single input needs none of this.
import { END, FRAME, MORE, type ReadCode } from '../capture/frame-reader.js';
import { Frame } from '../model/frame.js';
import type { CaptureInput } from './capture-file.js';

/**
 * A frame's `position` tells its input too: input * POSITION_STRIDE + position in that input. Files are smaller than
 * this (4 TiB), and the numbers stay exact for up to 2,048 inputs.
 */
export const POSITION_STRIDE = 2 ** 42;

/** Which input a merged position belongs to, and the position in it. */
export function splitPosition(position: number): { readonly input: number; readonly position: number } {
  const input = Math.floor(position / POSITION_STRIDE);
  return { input, position: position - input * POSITION_STRIDE };
}

export class MergedReader {
  packets = 0;
  /** Frames that are read and not given yet, one for each input. */
  private readonly frames: Frame[];
  /** Numbers of the inputs that have such a frame: a binary heap by time, the earliest first. */
  private readonly heap: number[] = [];
  /** Inputs that are asked for their next frame before any is given, the last one first. */
  private readonly asked: number[];
  /** For each input the merged number of each of its interfaces. */
  private readonly interfaces: number[][];
  private nextInterface = 0;

  constructor(private readonly inputs: readonly CaptureInput[]) {
    this.frames = inputs.map(() => new Frame());
    this.interfaces = inputs.map(() => []);
    this.asked = inputs.map((_, input) => inputs.length - 1 - input);
  }

  /** Interfaces of all inputs so far. */
  get interfaceCount(): number {
    let count = 0;
    for (const input of this.inputs) count += input.reader.interfaceCount;
    return count;
  }

  /** As FrameReader.next. MORE: call `fill`. The frame's number and interface count over all inputs. */
  next(frame: Frame): ReadCode {
    while (this.asked.length > 0) {
      const input = this.asked[this.asked.length - 1];
      const code = this.inputs[input].reader.next(this.frames[input]);
      if (code === MORE) return MORE;
      this.asked.pop();
      if (code === FRAME) this.push(input);
    }
    if (this.heap.length === 0) return END;
    const first = this.pop();
    // What the frame shows belongs to its input's buffer, so that input is asked on only when the caller is done.
    this.asked.push(first);
    this.give(first, frame);
    return FRAME;
  }

  /** Gets more bytes for the input that needs them. */
  fill(): boolean | Promise<boolean> {
    return this.inputs[this.asked[this.asked.length - 1]].fill();
  }

  private give(input: number, frame: Frame): void {
    const from = this.frames[input];
    const interfaces = this.interfaces[input];
    if (interfaces[from.interfaceId] === undefined) interfaces[from.interfaceId] = this.nextInterface++;
    frame.data = from.data;
    frame.offset = from.offset;
    frame.capturedLength = from.capturedLength;
    frame.originalLength = from.originalLength;
    frame.linkType = from.linkType;
    frame.interfaceId = interfaces[from.interfaceId];
    frame.seconds = from.seconds;
    frame.nanoseconds = from.nanoseconds;
    frame.number = ++this.packets;
    frame.position = input * POSITION_STRIDE + from.position;
  }

  private push(input: number): void {
    const heap = this.heap;
    let at = heap.length;
    heap.push(input);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(input, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = input;
  }

  private pop(): number {
    const heap = this.heap;
    const first = heap[0];
    const last = heap.pop()!;
    const size = heap.length;
    if (size === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(heap[child + 1], heap[child])) child++;
      if (!this.isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }

  private isBefore(one: number, other: number): boolean {
    const a = this.frames[one];
    const b = this.frames[other];
    if (a.seconds !== b.seconds) return a.seconds < b.seconds;
    if (a.nanoseconds !== b.nanoseconds) return a.nanoseconds < b.nanoseconds;
    return one < other;
  }
}
