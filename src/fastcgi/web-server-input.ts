// What a web server sends of a request, put into its row: where PARAMS and STDIN end, and what is out of order in them.
import * as mark from '../model/request-table.js';
import { WEB_SERVER } from '../model/side.js';
import { AUTHORIZER } from './constants.js';
import type { LiveRequest } from './live-request.js';
import type { LiveRequests } from './live-requests.js';
import type { Here, ProblemPlaces } from './problem-places.js';
import type { RecordParser } from './record-parser.js';

export class WebServerInput {
  constructor(
    private readonly requests: mark.RequestTable,
    private readonly live: LiveRequests,
    private readonly problems: ProblemPlaces,
    private readonly here: Here,
  ) {}

  /** A whole PARAMS record, its pairs read already; an empty one ends the stream. */
  paramsRecord(parser: RecordParser, request: LiveRequest): void {
    const { requests, problems } = this;
    const row = request.row;
    if (requests.marks[row] & mark.REQUEST_PARAMS_ENDED) {
      if (!request.ended) this.outOfOrder(parser, row);
      return;
    }
    if (parser.contentLength > 0) return;
    requests.marks[row] |= mark.REQUEST_PARAMS_ENDED;
    requests.paramsEnd[row] = this.here.time;
    if (!problems.incomplete) {
      if (request.params.overflowed)
        problems.report('params-too-large', WEB_SERVER, parser.recordOffset, row, 'PARAMS');
      else if (request.params.pending) problems.violation('params-truncated', parser, WEB_SERVER, row);
    }
    if (requests.role[row] === AUTHORIZER && !(requests.marks[row] & mark.REQUEST_STDIN_ENDED)) {
      // An Authorizer has no STDIN (section 6.3): its input ends with PARAMS.
      requests.stdinEnd[row] = this.here.time;
    }
  }

  /** A whole STDIN record; an empty one ends the stream. */
  stdinRecord(parser: RecordParser, request: LiveRequest): void {
    const { requests } = this;
    const row = request.row;
    const marks = requests.marks[row];
    requests.stdinBytes[row] += parser.contentLength;
    if (!request.ended && (!(marks & mark.REQUEST_PARAMS_ENDED) || marks & mark.REQUEST_STDIN_ENDED)) {
      this.outOfOrder(parser, row);
    }
    if (parser.contentLength > 0 || marks & mark.REQUEST_STDIN_ENDED) return;
    requests.marks[row] = marks | mark.REQUEST_STDIN_ENDED;
    requests.stdinEnd[row] = this.here.time;
    if (request.ended) this.live.drop(request);
  }

  private outOfOrder(parser: RecordParser, row: number): void {
    // After a loss the record that ended the stream, or a BEGIN_REQUEST, may be what is missing.
    if (!this.problems.incomplete) this.problems.violation('record-out-of-order', parser, WEB_SERVER, row);
  }
}
