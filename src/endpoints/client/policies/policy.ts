// What a client policy is: a web server's way to talk to an application, as rules, with where each is known from.
import type { CgiRequest, ParamList } from '../cgi-request.js';
import type { RuleChanges } from '../client-rules.js';

/** One thing such a web server does. */
export interface PolicyFact {
  /** What it sends or does. */
  readonly what: string;
  /** Where that is known from: a capture of a named version, or its source. */
  readonly from: string;
}

export interface ClientPolicy {
  /** Stable, kebab-case. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly rules: RuleChanges;
  /** Its PARAMS, in its order; nginx's where it is left out. */
  readonly params?: (request: CgiRequest) => ParamList;
  readonly facts: readonly PolicyFact[];
}
