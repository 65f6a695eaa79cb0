// `request -v`: every record with its time on stderr, as `decode` shows those of a capture.
import type { ResponseTimes } from '../endpoints/client/response.js';
import type { TraceEvent } from '../endpoints/client/trace.js';
import type { Clock } from '../endpoints/clock.js';
import { APPLICATION, WEB_SERVER } from '../model/side.js';
import { DecodeText } from '../reporters/decode-text.js';
import { formatDuration } from '../reporters/format-duration.js';
import { symbolsFor } from '../reporters/symbols.js';
import { TracedRecords } from '../reporters/traced-records.js';
import type { RequestCommandOptions } from './request-options.js';
import { terminalOf } from './terminal.js';

export class RequestTrace {
  private readonly records = new TracedRecords();
  private readonly text: DecodeText;
  private readonly ascii: boolean;
  private started: number;

  constructor(
    options: RequestCommandOptions,
    private readonly clock: Clock,
  ) {
    this.started = clock.now();
    const { width, colour, ascii } = terminalOf(options.color, options.ascii === true, process.stderr.isTTY !== true);
    this.ascii = ascii;
    const { toApplication, toWebServer } = symbolsFor(ascii);
    this.text = new DecodeText({
      width,
      colour,
      ascii,
      showSecrets: options.showSecrets === true,
      time: (nanoseconds) => seconds(nanoseconds),
      endpoints: () => ({ webServer: '', application: '' }),
      lead: (time, connection, side) =>
        `${seconds(time)}  #${connection} ${side === WEB_SERVER ? toApplication : toWebServer}`,
    });
  }

  /** The next request is about to be asked: times count from here. */
  begin(): void {
    this.started = this.clock.now();
  }

  event(event: TraceEvent): void {
    if (event.kind === 'record') {
      const { direction, connection, type, requestId, paddingLength, content } = event;
      const side = direction === 'sent' ? WEB_SERVER : APPLICATION;
      const time = this.since(event.time);
      const record = this.records.decode({ side, time, connection, type, requestId, paddingLength, content });
      process.stderr.write(this.text.record(record));
      return;
    }
    const what = eventText(event);
    process.stderr.write(`${seconds(this.since(event.time))}  #${event.connection} * ${what}\n`);
  }

  end({ begun, firstByte, ended }: ResponseTimes): void {
    const text = (milliseconds: number) => formatDuration(milliseconds * 1e6, this.ascii);
    const parts = [`on a connection after ${text(begun)}`, `first byte after ${text(firstByte)}`];
    if (ended !== undefined) parts.push(`ended after ${text(ended)}`);
    process.stderr.write(`${' '.repeat(8)}  * ${parts.join(', ')}\n`);
  }

  private since(time: number): number {
    return Math.max(0, (time - this.started) * 1e6);
  }
}

function eventText(event: Exclude<TraceEvent, { kind: 'record' }>): string {
  switch (event.kind) {
    case 'undecodable':
      return `bytes that are no FastCGI record (version ${event.version}) ${event.direction}; no more of them is decoded`;
    case 'connect-retry':
      return `connecting failed (${event.code}), tried again in ${event.delay} ms`;
    case 'closed':
      if (event.by === undefined) return 'closed';
      return event.by === 'reset' ? 'reset' : `closed by the ${event.by}`;
    default:
      return event.kind;
  }
}

function seconds(nanoseconds: number): string {
  return (nanoseconds / 1e9).toFixed(6);
}
