// When a fault happens: one decision an opportunity, the modifiers in a fixed order, so that a run can be foretold.
import type { Accessor } from '../analysis/filter/filter.js';
import type { Fault } from './fault.js';
import { type Random, seededRandom } from './random.js';

/** Which row the accessor is asked about: there is only one request. */
const ROW = 0;

export class FaultSchedule {
  /** How often it happened. */
  happened = 0;
  /** For jitter and garbage; drawn from the fault's seed as well. */
  readonly random: Random;
  private opportunities = 0;

  constructor(
    readonly fault: Fault,
    /** Milliseconds of a monotonic clock. */
    private readonly started: number,
  ) {
    this.random = seededRandom(fault.seed);
  }

  /**
   * Whether it happens this time: `match`, `for`, `after`, `every`, `toxicity`, `count`, in this order. Only what
   * matches and comes in time is counted by `after` and `every`; a random number is drawn only where toxicity decides.
   * @param request what is known of the request; undefined where the decision is about a connection
   */
  happens(now: number, request?: Accessor): boolean {
    const { match, after, every, toxicity, count } = this.fault;
    if (match && !(request && match.matches(ROW, request))) return false;
    if (now - this.started >= this.fault.for) return false;
    const place = this.opportunities++ - after;
    if (place < 0 || place % every !== every - 1) return false;
    if (toxicity < 1 && this.random() >= toxicity) return false;
    if (this.happened >= count) return false;
    this.happened++;
    return true;
  }
}

/** What is known of a request when it begins. */
export interface BeginningRequest {
  readonly protocol: 'fastcgi' | 'scgi' | 'cgi';
  /** 0 where the protocol has none. */
  readonly id: number;
  readonly role: string;
  readonly keepConn: boolean;
  /** A value of PARAMS. */
  param(name: string): string | undefined;
}

/** The request as `match` sees it. */
export function requestFields(request: BeginningRequest): Accessor {
  return (field) => {
    switch (field.name) {
      case 'protocol':
        return request.protocol;
      case 'reqid':
        return request.id === 0 ? undefined : request.id;
      case 'role':
        return request.role;
      case 'keepconn':
        return request.keepConn;
      case 'method':
        return request.param('REQUEST_METHOD') || undefined;
      case 'script':
        return request.param('SCRIPT_FILENAME') || undefined;
      case 'uri':
        return requestUri(request);
      default:
        return undefined;
    }
  };
}

/** REQUEST_URI; of a web server that sends none, what it is made of. */
export function requestUri(request: Pick<BeginningRequest, 'param'>): string | undefined {
  const uri = request.param('REQUEST_URI');
  if (uri) return uri;
  const path = (request.param('SCRIPT_NAME') ?? '') + (request.param('PATH_INFO') ?? '');
  const query = request.param('QUERY_STRING');
  return path === '' ? undefined : query ? `${path}?${query}` : path;
}
