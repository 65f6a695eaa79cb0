// One request at the application's end of a FastCGI connection: what has come of it and what was sent.
import { AUTHORIZER, FILTER } from '../fastcgi/constants.js';
import { Params, ParamsCollector } from './application-params.js';

/** `Context` is whatever the connection's user keeps with a request. */
export class ApplicationRequest<Context = unknown> {
  /** Empty until PARAMS have ended. */
  params: Params = Params.empty;
  paramsEnded = false;
  stdinEnded = false;
  dataEnded = false;
  /** DATA came before STDIN had ended. */
  dataEarly = false;
  /** PARAMS are complete and whole: it was told to the connection's user. */
  ready = false;
  /** Content bytes received so far. */
  stdinBytes = 0;
  dataBytes = 0;
  /** Content bytes written so far. */
  stdoutBytes = 0;
  stderrBytes = 0;
  /** ABORT_REQUEST came, or the connection is going away: see `requestAborted`. */
  aborted = false;
  /** What is written is thrown away: the web server has aborted the request or is gone. */
  muted = false;
  /** END_REQUEST was written, or never can be. */
  ended = false;
  /** An ABORT_REQUEST is not heard: for showing what web servers make of it. */
  ignoresAbort = false;
  /** Free for the connection's user. */
  context: Context | undefined = undefined;
  /** While PARAMS come. */
  collector: ParamsCollector | undefined = new ParamsCollector();

  constructor(
    readonly id: number,
    /** RESPONDER, AUTHORIZER or FILTER. */
    readonly role: number,
    /** Whether the web server wants the connection kept (FCGI_KEEP_CONN). */
    readonly keepConnection: boolean,
    /** When it began, as the connection's clock says. */
    readonly beganAt: number,
  ) {
    // An Authorizer has no input but PARAMS, and only a Filter has DATA (section 6).
    this.stdinEnded = role === AUTHORIZER;
    this.dataEnded = role !== FILTER;
  }

  /** The web server has sent everything of it. */
  get received(): boolean {
    return this.paramsEnded && this.stdinEnded && this.dataEnded;
  }
}
