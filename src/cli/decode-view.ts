// What becomes of the decoded records: lines of text, lines of JSON, or one request put together.
import type { DecodedRecord, DecodedSink } from '../analysis/decoded-record.js';
import type { RecordPipeline } from '../analysis/record-pipeline.js';
import type { SelectedRows } from '../analysis/select-rows.js';
import type { Anomaly } from '../model/anomaly-log.js';
import { problemJson, recordJson } from '../reporters/decode-json.js';
import { RawStream, RequestText } from '../reporters/decode-request.js';
import { DecodeText } from '../reporters/decode-text.js';
import { formatTime } from '../reporters/format-time.js';
import type { ChunkWriter } from './chunk-writer.js';
import type { DecodeOptions } from './decode-options.js';
import { localOffset } from './local-offset.js';
import { terminalOf } from './terminal.js';

export interface DecodeView extends DecodedSink {
  /** Enough was shown: reading may stop. */
  readonly done: boolean;
  /** Before the first record. */
  begin(pipeline: RecordPipeline): void;
  /** After the last one. */
  end(writer: ChunkWriter): void;
  /** What to say on stderr where there was nothing to show. */
  nothing(): string | undefined;
}

export function viewFor(options: DecodeOptions, writer: ChunkWriter, wanted: SelectedRows | undefined): DecodeView {
  return options.request === undefined
    ? new RecordsView(options, writer, wanted)
    : new RequestView(options, options.request, writer);
}

/** All records, or those of selected rows. */
class RecordsView implements DecodeView {
  done = false;
  private shown = 0;
  private seen = false;
  private readonly limit: number;
  private readonly connections: ReadonlySet<number> | undefined;
  private readonly requests: ReadonlySet<number> | undefined;
  private format!: { record(record: DecodedRecord): string; problem(anomaly: Anomaly): string };

  constructor(
    private readonly options: DecodeOptions,
    private readonly writer: ChunkWriter,
    wanted: SelectedRows | undefined,
  ) {
    this.limit = options.limit ?? Number.POSITIVE_INFINITY;
    this.connections = wanted && new Set(wanted.connectionRows);
    this.requests = wanted && new Set(wanted.requestRows);
  }

  begin(pipeline: RecordPipeline): void {
    const { options } = this;
    const common = {
      showSecrets: options.showSecrets === true,
      hex: options.hex === true,
      endpoints: (connection: number) => pipeline.endpoints(connection),
    };
    if (options.format === 'ndjson') {
      this.format = {
        record: (record) => recordJson(record, common),
        problem: (anomaly) => problemJson(anomaly, common),
      };
      return;
    }
    const terminal = terminalOf(options.color, options.ascii === true, options.output !== undefined);
    let previous: number | undefined;
    const time = (nanoseconds: number) => {
      const text = formatTime(nanoseconds, options.time, { origin: pipeline.origin, zone: localOffset, previous });
      previous = nanoseconds;
      return text;
    };
    this.format = new DecodeText({ ...common, ...terminal, time });
  }

  record(record: DecodedRecord): void {
    this.seen = true;
    if (this.done || !this.isWanted(record.connection, record.request)) return;
    this.writer.push(this.format.record(record));
    if (++this.shown >= this.limit) this.done = true;
  }

  problem(anomaly: Anomaly): void {
    // The session numbers requests anew here; whose problem it is shows by the connection.
    if (this.done || !this.isWanted(anomaly.connection, -1)) return;
    this.writer.push(this.format.problem(anomaly));
  }

  end(): void {}

  nothing(): string | undefined {
    if (this.shown > 0) return undefined;
    if (this.seen) return 'no record belongs to what the filter selects';
    return 'no FastCGI or SCGI records were found; a listener can be named with -d tcp.port==9000,fcgi';
  }

  private isWanted(connection: number, request: number): boolean {
    if (!this.connections || !this.requests) return true;
    return request >= 0 ? this.requests.has(request) : this.connections.has(connection);
  }
}

/** One request: its text when all of it has come, or the bytes of one stream as they come. */
class RequestView implements DecodeView {
  readonly done = false;
  private found = false;
  private readonly text: RequestText | undefined;
  private readonly raw: RawStream | undefined;

  constructor(
    options: DecodeOptions,
    private readonly request: number,
    writer: ChunkWriter,
  ) {
    const { stream } = options;
    if (options.raw && stream !== undefined && stream !== 'params') {
      this.raw = new RawStream(stream, (bytes) => writer.push(bytes));
    } else {
      const { colour, ascii } = terminalOf(options.color, options.ascii === true, options.output !== undefined);
      this.text = new RequestText({ colour, ascii, showSecrets: options.showSecrets === true, stream });
    }
  }

  begin(): void {}

  record(record: DecodedRecord): void {
    if (record.request !== this.request) return;
    this.found = true;
    this.raw?.record(record);
    this.text?.record(record);
  }

  problem(): void {}

  end(writer: ChunkWriter): void {
    if (!this.found || !this.text) return;
    for (const piece of this.text.text()) writer.push(piece);
  }

  nothing(): string | undefined {
    return this.found ? undefined : `there is no request ${this.request} in it`;
  }
}
