// What a screen asks for beyond what it was given: rows read again from the files, reports and packets written.
import { closeSync, openSync } from 'node:fs';
import type { Facts } from '../analysis/facts.js';
import { selectRows } from '../analysis/select-rows.js';
import { UserError } from '../model/errors.js';
import type { Frame } from '../model/frame.js';
import { PROTOCOL_FASTCGI } from '../model/request-table.js';
import { jsonReport, ndjsonReport } from '../reporters/json.js';
import { textReport } from '../reporters/text.js';
import { PacketFile } from '../sources/packet-file.js';
import type { PlaceIndex } from '../sources/place-index.js';
import { type ConnectionPlace, type RereadOptions, rereadConnection } from '../sources/reread.js';
import type { RereadTools, Services } from '../tui/controller.js';
import type { Shown } from '../tui/data.js';
import { LadderCollector } from '../tui/ladder/collect.js';
import { RequestCollector } from '../tui/ladder/collect-request.js';
import { placeOnConnection } from '../tui/ladder/requests-of.js';
import type { Command, Prompt } from '../tui/state.js';
import { localOffset } from './local-offset.js';
import { writePieces } from './output.js';

export interface ServiceOptions {
  /** Files that can be read again; none where an input was a stream. */
  readonly paths: readonly string[];
  readonly reader: RereadOptions['reader'];
  /** What the first reading has noted of where things are; undefined as long as there is none. */
  places?(): PlaceIndex | undefined;
  readonly showSecrets: boolean;
}

/** Nanoseconds: an END_REQUEST is captured this much after the moment the tables tell, at most. */
const SLACK = 1e6;

export function rereadServices({ paths, reader, places }: ServiceOptions): Services['reread'] {
  if (paths.length === 0) return undefined;
  const options = (tools: RereadTools): RereadOptions => ({
    signal: tools.signal,
    onProgress: tools.onProgress,
    reader: reader ?? 'auto',
    places: places?.(),
  });
  return {
    async connection(shown, row, tools) {
      const collector = new LadderCollector(row);
      await rereadConnection(paths, placeOf(shown, row), collector, options(tools));
      return collector.contents();
    },
    async request(shown, row, tools) {
      const { facts } = shown.snapshot;
      const connection = facts.requests.connection[row];
      const end = facts.requests.end[row];
      const whole = placeOf(shown, connection);
      const place = { ...whole, until: Number.isNaN(end) ? whole.until : Math.min(whole.until, end + SLACK) };
      const { ordinal, before } = placeOnConnection(facts, row);
      if (standsAlone(facts, before, row)) {
        // A kept connection may have a hundred thousand requests: what is before this one is not needed.
        const collector = new RequestCollector(row, 0);
        await rereadConnection(paths, { ...place, from: facts.requests.begin[row] }, collector, options(tools));
        if (collector.begunAs === facts.requests.requestId[row]) return collector.contents();
      }
      const collector = new RequestCollector(row, ordinal);
      await rereadConnection(paths, place, collector, options(tools));
      return collector.contents();
    },
  };
}

/** Whether the request began when the one before it on its connection was over: then it can be read without that. */
function standsAlone({ requests }: Facts, previous: number, row: number): boolean {
  return (
    previous >= 0 &&
    requests.protocol[row] === PROTOCOL_FASTCGI &&
    requests.end[previous] < requests.begin[row] &&
    requests.beginPacket[previous] !== requests.beginPacket[row]
  );
}

/** Where the connection of a row is in the files. */
function placeOf({ snapshot: { facts } }: Shown, row: number): ConnectionPlace {
  const { connections, addresses } = facts;
  const listener = facts.listeners[facts.listenerOf[row]];
  return {
    webServer: addresses.endpoint(connections.address0[row], connections.port0[row]),
    application: addresses.endpoint(connections.address1[row], connections.port1[row]),
    listener: { port: connections.port1[row], protocol: listener?.protocol === 'scgi' ? 'scgi' : 'fastcgi' },
    from: connections.start[row],
    until: connections.end[row],
  };
}

/** Carries out `w`. */
export function writeService(options: ServiceOptions, command: readonly string[]): Services['command'] {
  return async (asked: Command, shown) => {
    if (asked.kind !== 'write' || !shown) return undefined;
    try {
      return { text: await write(asked.prompt, shown, options, command, asked.filter), bad: false };
    } catch (error) {
      if (error instanceof UserError) return { text: error.message, bad: true };
      throw error;
    }
  };
}

async function write(
  prompt: Prompt,
  shown: Shown,
  options: ServiceOptions,
  command: readonly string[],
  filter: string,
): Promise<string> {
  const path = prompt.field.text.trim();
  if (prompt.what === 'report') {
    mustBeNew(path);
    await writePieces(report(path, shown, options, command, filter), path);
    return `The report is in ${path}`;
  }
  if (options.paths.length === 0)
    throw new UserError('the packets of a stream are not kept, so they cannot be written');
  const file = new PacketFile(path);
  const keep = {
    done: false,
    packet: (_segment: unknown, _side: unknown, frame: Frame) => file.add(frame),
    packetEnd() {},
    record() {},
    problem() {},
  };
  try {
    const never = new AbortController();
    await rereadConnection(options.paths, placeOf(shown, prompt.connection), keep, {
      signal: never.signal,
      reader: options.reader ?? 'auto',
      places: options.places?.(),
    });
  } finally {
    file.close();
  }
  const others = file.leftOut > 0 ? `; ${file.leftOut} of another link type are left out` : '';
  return `${file.packets} packets of conn ${prompt.connection} are in ${path}${others}`;
}

/** Nothing that exists is written over. */
function mustBeNew(path: string): void {
  try {
    closeSync(openSync(path, 'wx'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`cannot write ${path}: ${code === 'EEXIST' ? 'it exists already' : (error as Error).message}`);
  }
}

/** The format goes by the name's ending. */
function report(
  path: string,
  { snapshot, histories }: Shown,
  options: ServiceOptions,
  command: readonly string[],
  filter: string,
): Iterable<string> {
  const rows = selectRows(filter === '' ? undefined : filter)(snapshot.facts, histories);
  const { showSecrets } = options;
  if (/\.json$/i.test(path))
    return jsonReport(snapshot, { histories, limit: Number.POSITIVE_INFINITY, showSecrets, ...rows });
  if (/\.ndjson$/i.test(path))
    return ndjsonReport(snapshot, { histories, limit: Number.POSITIVE_INFINITY, showSecrets, ...rows });
  return textReport(snapshot, {
    histories,
    width: 100,
    filter: filter === '' ? undefined : { expression: filter, ...rows },
    showSecrets,
    zone: localOffset,
    command,
  });
}
