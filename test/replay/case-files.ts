// Makes cases of captures for tests, and takes them apart: what each connection did, and its bytes.
import { CHECKS } from '../../src/analysis/checks/index.js';
import { conclude } from '../../src/analysis/conclude.js';
import { APPLICATION, WEB_SERVER } from '../../src/model/side.js';
import type { OpenCase } from '../../src/sources/case-files.js';
import { gather } from '../../src/sources/gather.js';
import { type MadeCase, makeCase } from '../../src/sources/make-case.js';

export async function caseOf(
  path: string,
  options: { readonly maskSecrets?: boolean; readonly folder?: string; readonly only?: readonly number[] } = {},
): Promise<MadeCase> {
  const gathering = await gather([path], { logTimes: { zone: () => 0 } });
  return makeCase(path, {
    snapshot: conclude({ ...gathering.gathered(), checks: CHECKS }),
    histories: gathering.pipeline.tracker.histories,
    selected: options.only === undefined ? undefined : new Set(options.only),
    maskSecrets: options.maskSecrets ?? false,
    folder: options.folder,
    writtenBy: 'test',
    signal: new AbortController().signal,
  });
}

/** What a connection said and how it ended, as far as order within a side goes. */
export interface Told {
  readonly web: Buffer;
  readonly application: Buffer;
  readonly ends: readonly string[];
}

/** The connections of a case in the order in which they opened. */
export function toldBy(opened: OpenCase): Told[] {
  const connections: { parts: [Uint8Array[], Uint8Array[]]; ends: string[] }[] = [];
  for (const event of opened.events()) {
    if (event.kind === 'open' || event.kind === 'refused') {
      connections[event.connection] = { parts: [[], []], ends: event.kind === 'refused' ? ['refused'] : [] };
      continue;
    }
    const connection = connections[event.connection];
    if (event.kind === 'send') connection.parts[event.side].push(opened.read(event.side, event.from, event.length));
    else connection.ends.push(`${event.side === WEB_SERVER ? 'web-server' : 'application'} ${event.kind}`);
  }
  return connections.map(({ parts, ends }) => ({
    web: Buffer.concat(parts[WEB_SERVER]),
    application: Buffer.concat(parts[APPLICATION]),
    ends,
  }));
}
