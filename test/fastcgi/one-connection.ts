// One FastCGI connection on a named port, for tests of what belongs to which request.
import { SessionTalk } from '../analysis/session-talk.js';
import { type Bytes, concat } from '../support/bytes.js';

/** One connection on a named port. */
export class Talk extends SessionTalk {
  readonly row: number;

  constructor(syn = true) {
    super([{ port: 9000, protocol: 'fastcgi' }]);
    this.row = this.open({ syn });
  }

  asks(...parts: readonly Bytes[]): this {
    return this.web(this.row, concat(...parts));
  }

  answering(...parts: readonly Bytes[]): this {
    return this.app(this.row, concat(...parts));
  }

  get table() {
    return this.session.log.requests;
  }

  marks(request: number): number {
    return this.table.marks[request];
  }
}
