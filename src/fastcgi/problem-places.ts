// Puts the problems of one connection's records where they belong: the log of places, the request's row, the owner.
import { type ProblemName, problemNumber } from '../model/problem-codes.js';
import { APPLICATION, type Side } from '../model/side.js';
import { typeName } from './constants.js';
import type { RecordParser } from './record-parser.js';
import type { RequestLog } from './request-log.js';

/** Rows looked at for an earlier request of an id. */
const LOOK_BACK = 64;

/** Which connection, and the packet at hand. */
export interface Here {
  readonly row: number;
  readonly time: number;
  readonly packet: number;
}

export class ProblemPlaces {
  /** The stream has a hole or no start: records of unknown requests, or in another order, are no fault of a peer then. */
  incomplete = false;

  constructor(
    private readonly log: RequestLog,
    private readonly owner: { problem(connection: number, code: ProblemName): void },
    private readonly here: Here,
  ) {}

  /** `offset` in that side's stream; `request` is a row, or -1. */
  report(code: ProblemName, side: Side, offset: number, request: number, detail: string): void {
    const { row: connection, time, packet } = this.here;
    this.log.anomalies.add({ code, connection, request, side, offset, time, packet, detail });
    if (request >= 0) this.mark(request, code);
    this.owner.problem(connection, code);
  }

  mark(request: number, code: ProblemName): void {
    this.log.requests.problems[request] |= 1 << problemNumber(code);
  }

  /** About the record at hand. */
  violation(code: ProblemName, parser: RecordParser, side: Side, request: number): void {
    const detail = `${typeName(parser.type)} of request id ${parser.requestId}`;
    this.report(code, side, parser.recordOffset, request, detail);
  }

  /** The record at hand is for a request that is not followed (any more). */
  unknownRequest(parser: RecordParser, side: Side): void {
    if (this.incomplete) return;
    const { requests } = this.log;
    const { type, requestId, recordOffset } = parser;
    // Was there a request of this id on this connection that has ended?
    for (let row = requests.count - 1, seen = 0; row >= 0 && seen < LOOK_BACK; row--, seen++) {
      if (requests.connection[row] !== this.here.row || requests.requestId[row] !== requestId) continue;
      // PARAMS or STDIN after END_REQUEST are allowed: the web server had not read it yet.
      if (side === APPLICATION) this.violation('data-after-end-request', parser, side, row);
      return;
    }
    this.report('record-for-unknown-request', side, recordOffset, -1, `${typeName(type)} for request id ${requestId}`);
  }
}
