// From a capture to a case: reads the input a second time, with what the analysis of the first reading knows, and writes the
// events of the connections that are wanted. Where only some are, it analyses those by themselves on the way: that is what a
// run of the case is compared with.
import { basename } from 'node:path';
import { CHECKS } from '../analysis/checks/index.js';
import { conclude } from '../analysis/conclude.js';
import { Pipeline, type PipelineOptions } from '../analysis/pipeline.js';
import type { Snapshot } from '../analysis/snapshot.js';
import { END, FRAME } from '../capture/frame-reader.js';
import { UserError } from '../model/errors.js';
import { Frame } from '../model/frame.js';
import { CasePipeline } from '../replay/case-pipeline.js';
import { CASE_SCHEMA } from '../replay/event.js';
import type { HistoryTable } from '../tcp/history-table.js';
import { openCapture } from './capture-file.js';
import { CaseWriter, type OpenCase } from './case-files.js';

export interface MakeCaseOptions {
  /** The first reading of the same file. */
  readonly snapshot: Snapshot;
  readonly histories: HistoryTable;
  readonly range?: PipelineOptions['range'];
  readonly named?: PipelineOptions['named'];
  readonly reader?: 'auto' | 'own' | 'pcap-parser';
  /** Rows of the connections that are wanted; undefined: all of the listeners. */
  readonly selected?: ReadonlySet<number> | undefined;
  readonly maskSecrets: boolean;
  /** Where the case is kept; undefined: nowhere. */
  readonly folder: string | undefined;
  /** Program and version. */
  readonly writtenBy: string;
  readonly signal: AbortSignal;
}

export interface MadeCase {
  readonly opened: OpenCase;
  /** What the wanted connections look like by themselves. */
  readonly snapshot: Snapshot;
  readonly histories: HistoryTable;
}

/** @throws UserError when the file cannot be read again, or the case not be written; AbortError when the signal comes */
export async function makeCase(path: string, options: MakeCaseOptions): Promise<MadeCase> {
  const { snapshot, selected, signal } = options;
  const input = await openCapture(path, { reader: options.reader ?? 'auto', signal });
  if (input.kind === 'text') {
    input.close();
    throw new UserError(`${path} has no payload to play: it is text`, 'capture packets: tcpdump -w capture.pcap');
  }
  const writer = new CaseWriter(options.folder);
  try {
    const pipeline = new CasePipeline({
      facts: snapshot.facts,
      ...(options.range === undefined ? {} : { range: options.range }),
      selected: (row) => selected?.has(row) ?? true,
      maskSecrets: options.maskSecrets,
      sink: writer,
    });
    const own = selected === undefined ? undefined : new Pipeline({ named: options.named ?? [] });
    const frame = new Frame();
    for (;;) {
      const code = input.reader.next(frame);
      if (code === FRAME) {
        const row = pipeline.frame(frame);
        if (row >= 0 && selected?.has(row)) own?.frame(frame);
        continue;
      }
      if (code === END) break;
      const filled = input.fill();
      if (typeof filled !== 'boolean') await filled;
      else await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      pipeline.severalInterfaces = input.reader.interfaceCount > 1;
      if (own) own.severalInterfaces = pipeline.severalInterfaces;
    }
    pipeline.finish();
    own?.finish();
    const { maker } = pipeline;
    const opened = writer.finish({
      schema: CASE_SCHEMA,
      writtenBy: options.writtenBy,
      source: basename(path),
      listeners: maker.listeners,
      connections: maker.connections,
      mostOpen: maker.mostOpen,
      requests: maker.requests,
      bytes: [maker.bytes[0], maker.bytes[1]],
      secretsReplaced: options.maskSecrets ? maker.secrets : undefined,
      losses: maker.losses,
    });
    const files = snapshot.input.files;
    return {
      opened,
      snapshot:
        own === undefined ? snapshot : conclude({ pipeline: own, files, problems: [], processes: [], checks: CHECKS }),
      histories: own?.tracker.histories ?? options.histories,
    };
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    input.close();
  }
}
