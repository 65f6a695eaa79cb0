// What the fuzzer calls: the whole analysis and both reports. A file that is no capture any more after the damage is
// refused with an error, and that is right.
import { selectRows } from '../../src/analysis/select-rows.js';
import { jsonReport } from '../../src/reporters/json.js';
import { textReport } from '../../src/reporters/text.js';
import { type Inspected, inspect } from '../support/inspect.js';

/** @throws Error if the analysis fails, or a report is not what it must be whatever the capture holds. */
export function inspectBytes(bytes: Uint8Array): void {
  let snapshot: Inspected;
  try {
    snapshot = inspect(bytes);
  } catch (error) {
    if (isRefusal(error)) return;
    throw error;
  }
  const { histories } = snapshot.pipeline.tracker;
  const rows = selectRows(undefined)(snapshot.facts, histories);
  JSON.parse([...jsonReport(snapshot, { histories, limit: Number.POSITIVE_INFINITY, ...rows })].join(''));
  const options = { histories, width: 100, colour: false, ascii: false, showSecrets: false, command: ['capture.pcap'] };
  const text = [...textReport(snapshot, { ...options, filter: { expression: 'all', ...rows } })].join('');
  // A capture must not be able to write to the terminal of whoever reads it.
  const control = /[\p{Cc}\p{Cf}]/u.exec(text.replaceAll('\n', ''));
  if (control !== null) throw new Error(`the text report holds the control character ${codePoint(control[0])}`);
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isCompression = 'code' in error && String(error.code).startsWith('Z_'); // damage that makes the magic of gzip
  return isCompression || error.message.startsWith('not readable: ');
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
