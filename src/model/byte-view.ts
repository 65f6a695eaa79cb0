// Numbers of several bytes out of a buffer. Whoever is handed bytes[start..end) of a buffer that is filled again and again
// gets the DataView that was made of it the first time.

let last: Uint8Array = new Uint8Array(0);
let lastView: DataView = new DataView(last.buffer);
const views = new WeakMap<Uint8Array, DataView>();

/** A view of the same bytes at the same indexes. */
export function viewOf(bytes: Uint8Array): DataView {
  return bytes === last ? lastView : turnTo(bytes);
}

function turnTo(bytes: Uint8Array): DataView {
  let view = views.get(bytes);
  if (view === undefined) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    views.set(bytes, view);
  }
  last = bytes;
  lastView = view;
  return view;
}

/** Whether a[at..at + length) and b[from..from + length) are the same, four bytes a step. */
export function sameBytes(a: DataView, at: number, b: DataView, from: number, length: number): boolean {
  const end = at + length;
  for (; at + 4 <= end; at += 4, from += 4) if (a.getInt32(at) !== b.getInt32(from)) return false;
  for (; at < end; at++, from++) if (a.getUint8(at) !== b.getUint8(from)) return false;
  return true;
}
