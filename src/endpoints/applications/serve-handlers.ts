// The application that `fcgi-inspect serve` runs, made from plain data, so that every process of a pool can make its own:
// what answers, which faults happen, what is told of each request.
import type { Fault } from '../../faults/fault.js';
import { parseFault } from '../../faults/parse-fault.js';
import type { ServedRequest } from '../../model/served-request.js';
import type { OutputAlteration } from '../../protocol/application-options.js';
import { type Clock, systemClock } from '../clock.js';
import { ServerFaults } from '../faults/server-faults.js';
import type { ServerConnection } from '../server/connection.js';
import type { RequestHandler, ServerOptions } from '../server/options.js';
import type { Answer } from './answer.js';
import { CgiProgram } from './cgi-program.js';
import { demoApplication, demoAuthorizer, demoFilter } from './demo.js';
import { RequestLog } from './request-log.js';
import { staticFolder } from './static-folder.js';

/** What is served. Can be cloned. */
export interface ServeApplication {
  /** The demo application's answer to every request. */
  readonly answer: Answer;
  /** Whether path and query of a request change that. */
  readonly byPath: boolean;
  /** Files of this folder, in place of the demo application. */
  readonly root?: string | undefined;
  /** A CGI program, in place of both. */
  readonly cgi?: { readonly program: string; readonly limit: number; readonly timeout: number } | undefined;
  /** As `parseFault` takes them. */
  readonly faults: readonly string[];
  /** Whether each request is to be told of. */
  readonly log: boolean;
}

export interface ServeHandlers extends Pick<ServerOptions, 'responder' | 'authorizer' | 'filter' | 'alterOutput'> {
  readonly faults: ServerFaults | undefined;
  readonly wrapSocket?: ServerFaults['wrapSocket'];
  readonly close: () => void;
}

/** @throws UserError where the folder is none, or a fault is written wrongly */
export async function serveHandlers(
  application: ServeApplication,
  tell: (request: ServedRequest) => void,
  clock: Clock = systemClock,
): Promise<ServeHandlers> {
  const cgi = application.cgi && new CgiProgram({ ...application.cgi, clock });
  const responder = cgi
    ? cgi.handler
    : application.root === undefined
      ? demoApplication(application.answer, application.byPath, clock)
      : await staticFolder(application.root);
  const parsed: readonly Fault[] = application.faults.map((text) => parseFault(text, 'server'));
  const faults = parsed.length > 0 ? new ServerFaults(parsed, clock) : undefined;
  const log = application.log ? new RequestLog(tell, clock) : undefined;
  const around = (handler: RequestHandler): RequestHandler => {
    const faulty = faults ? faults.handler(handler) : handler;
    return log ? log.handler(faulty) : faulty;
  };
  const alter = (connection: ServerConnection): OutputAlteration | undefined => {
    const altered = faults?.alterOutput(connection);
    return log ? log.observe(connection, altered) : altered;
  };
  return {
    responder: around(responder),
    authorizer: around(demoAuthorizer),
    filter: around(demoFilter),
    ...(faults || log ? { alterOutput: alter } : {}),
    ...(faults?.wrapsSockets ? { wrapSocket: faults.wrapSocket } : {}),
    faults,
    close: () => cgi?.close(),
  };
}
