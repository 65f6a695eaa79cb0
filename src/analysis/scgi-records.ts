// One SCGI exchange in pieces: its headers as pairs, then the body and the response as they came.
import type { Anomaly } from '../model/anomaly-log.js';
import { APPLICATION, type Side, WEB_SERVER } from '../model/side.js';
import { ScgiRequestParser, type ScgiSink } from '../scgi/request-parser.js';
import type { DecodedPair, DecodedSink, RequestChain } from './decoded-record.js';

export class ScgiRecords implements ScgiSink {
  private readonly parser = new ScgiRequestParser(this);
  private pairs: DecodedPair[] = [];
  private row = -1;
  private time = 0;
  private packet = 0;
  private readonly offsets = [0, 0];
  private lost = false;

  constructor(
    private readonly connection: number,
    private readonly chain: RequestChain,
    private readonly sink: DecodedSink,
  ) {}

  data(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    problems: readonly Anomaly[],
  ): void {
    this.time = time;
    this.packet = packet;
    if (this.row === -1) this.row = this.chain.after(this.connection, -1);
    if (side === APPLICATION) this.tell(APPLICATION, 'RESPONSE', bytes.subarray(start, end), []);
    else if (!this.lost) this.parser.push(bytes, start, end);
    this.offsets[side] += end - start;
    this.finished(problems);
  }

  gap(side: Side, length: number, _time: number, _packet: number, problems: readonly Anomaly[]): void {
    // The headers have no framing of their own to go on with.
    if (side === WEB_SERVER && this.pairs.length === 0) this.lost = true;
    this.offsets[side] += length;
    this.finished(problems);
  }

  finished(problems: readonly Anomaly[]): void {
    for (const anomaly of problems) this.sink.problem(anomaly);
  }

  close(): void {}

  scgiHeader(bytes: Uint8Array, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    this.pairs.push({
      name: bytes.slice(nameStart, nameEnd),
      value: bytes.slice(valueStart, valueEnd),
      nameAt: -1,
      valueAt: -1,
    });
  }

  scgiHeadersEnd(): void {
    this.tell(WEB_SERVER, 'HEADERS', new Uint8Array(0), this.pairs);
  }

  scgiBody(bytes: Uint8Array, start: number, end: number): void {
    this.tell(WEB_SERVER, 'BODY', bytes.subarray(start, end), []);
  }

  scgiMalformed(): void {}

  private tell(side: Side, name: string, content: Uint8Array, pairs: readonly DecodedPair[]): void {
    const length = pairs.reduce((sum, pair) => sum + pair.name.length + pair.value.length + 2, content.length);
    this.sink.record({
      protocol: 'scgi',
      connection: this.connection,
      request: this.row,
      side,
      packet: this.packet,
      time: this.time,
      offset: this.offsets[side],
      type: 0,
      name,
      requestId: 0,
      content,
      contentLength: length,
      paddingLength: 0,
      missingLength: 0,
      pairs,
      beginsInPair: false,
      problems: [],
    });
  }
}
