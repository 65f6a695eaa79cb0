// What `tap` prints while it runs: reports in text, or events as lines of JSON.
import type { SeenFinding } from '../analysis/finding-history.js';
import { selectRows } from '../analysis/select-rows.js';
import type { Snapshot } from '../analysis/snapshot.js';
import { jsonReport } from '../reporters/json.js';
import { endEvents } from '../reporters/live-ndjson.js';
import { textReport } from '../reporters/text.js';
import { overLines } from '../reporters/text-over.js';
import type { HistoryTable } from '../tcp/history-table.js';
import { ChunkWriter } from './chunk-writer.js';
import { localOffset } from './local-offset.js';
import type { TapCommandOptions } from './tap-options.js';
import { terminalOf } from './terminal.js';

export class TapOutput {
  private readonly writer: ChunkWriter;
  private readonly select: ReturnType<typeof selectRows>;

  /** @throws UserError if the filter makes no sense */
  constructor(private readonly options: TapCommandOptions) {
    this.select = selectRows(options.filter);
    this.writer = new ChunkWriter(options.output);
  }

  /** The reader of the output has gone away. */
  get closed(): boolean {
    return this.writer.closed;
  }

  async write(pieces: Iterable<string>): Promise<void> {
    for (const piece of pieces) this.writer.push(piece);
    await this.writer.flush();
  }

  /** A report between: text only. `title`: a line above it. */
  async report(snapshot: Snapshot, histories: HistoryTable, title: string | undefined): Promise<void> {
    await this.write([...(title === undefined ? [] : [`${title}\n`]), ...this.text(snapshot, histories), '\n']);
  }

  /** The last report, in the format that was asked for. */
  async last(
    snapshot: Snapshot,
    histories: HistoryTable,
    seen: readonly SeenFinding[],
    format: NonNullable<TapCommandOptions['format']>,
  ): Promise<void> {
    const { limit, showSecrets } = this.options;
    // Who had a screen has seen it.
    if (format === 'tui') return;
    if (format === 'text') {
      await this.write(this.text(snapshot, histories));
      await this.write(this.over(seen));
    } else {
      const rows = this.select(snapshot.facts, histories);
      const json = {
        histories,
        limit: limit ?? Number.POSITIVE_INFINITY,
        showSecrets: showSecrets === true,
        seen,
        ...rows,
      };
      await this.write(format === 'json' ? jsonReport(snapshot, json) : endEvents(snapshot, json));
    }
    await this.writer.end();
  }

  /** What was found and is over, beyond the last report. */
  private *over(seen: readonly SeenFinding[]): Generator<string> {
    const { options } = this;
    const terminal = terminalOf(options.color, options.ascii === true, options.output !== undefined);
    let begun = false;
    for (const line of overLines(seen, terminal)) {
      if (!begun) yield '\n';
      begun = true;
      yield `${line}\n`;
    }
  }

  private text(snapshot: Snapshot, histories: HistoryTable): Iterable<string> {
    const { options } = this;
    const terminal = terminalOf(options.color, options.ascii === true, options.output !== undefined);
    return textReport(snapshot, {
      histories,
      width: terminal.width,
      colour: terminal.colour,
      ascii: terminal.ascii,
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      ...(options.time === undefined ? {} : { timeFormat: options.time }),
      filter:
        options.filter === undefined
          ? undefined
          : { expression: options.filter, ...this.select(snapshot.facts, histories) },
      showSecrets: options.showSecrets === true,
      zone: localOffset,
    });
  }
}
