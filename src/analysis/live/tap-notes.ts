// What a recording says of the tap that wrote it: which addresses stand for AF_UNIX paths, and where the applications
// are, so that its report is the one that the tap itself gives. Stands as JSON in the comment of the pcapng interface.
import { TAP_COMMENT } from '../../capture/pcapng-tap.js';
import type { Pipeline } from '../pipeline.js';
import { addressBytes, nameStandIns, type StandIn } from './tap-addresses.js';

export interface TapNotes {
  readonly standIns: readonly StandIn[];
  /** Address and port of each application, as in the packets. */
  readonly applications: readonly { readonly address: string; readonly port: number }[];
}

/** The comment, in a sentence for people and JSON for us. */
export function notesComment(notes: TapNotes): string {
  const unix = notes.standIns.map(({ address, name }) => `${address} stands for ${name}`).join(', ');
  const sentence =
    'The packets are made from what the relay saw: payload, FIN and RST are real, the rest is synthetic.' +
    (unix === '' ? '' : ` AF_UNIX is written as a synthetic TCP conversation: ${unix}.`);
  return `${TAP_COMMENT}${JSON.stringify(notes)}\n${sentence}`;
}

/** Undefined where the comment is none of ours. */
export function parseNotes(comment: string): TapNotes | undefined {
  if (!comment.startsWith(TAP_COMMENT)) return undefined;
  try {
    const value: unknown = JSON.parse(comment.slice(TAP_COMMENT.length).split('\n', 1)[0]);
    return isNotes(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Makes an analysis show the paths, and count the applications also before they were understood. */
export function applyNotes(pipeline: Pipeline, notes: TapNotes): void {
  const { addresses, session } = pipeline;
  nameStandIns(addresses, notes.standIns);
  for (const { address, port } of notes.applications) {
    const bytes = addressBytes(address);
    if (bytes === undefined) continue;
    const word = (at: number) =>
      ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
    const ids =
      bytes.length === 4
        ? [addresses.ipv4(word(0)), addresses.ipv6(0, 0, 0xffff, word(0))]
        : [addresses.ipv6(word(0), word(4), word(8), word(12))];
    for (const id of ids) session.expect(id, port);
  }
}

function isNotes(value: unknown): value is TapNotes {
  if (typeof value !== 'object' || value === null) return false;
  const { standIns, applications } = value as Partial<Record<keyof TapNotes, unknown>>;
  return (
    Array.isArray(standIns) &&
    standIns.every((each: StandIn) => typeof each?.address === 'string' && typeof each.name === 'string') &&
    Array.isArray(applications) &&
    applications.every((each) => typeof each?.address === 'string' && Number.isInteger(each.port))
  );
}
