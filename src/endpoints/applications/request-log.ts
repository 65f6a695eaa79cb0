// What `serve -v` tells of each request: seen from the server, so that it holds for every application.
import { roleName, STDOUT } from '../../fastcgi/constants.js';
import { ResponseHead } from '../../fastcgi/response-head.js';
import { AnswersInOrder } from '../../faults/answers-in-order.js';
import type { ServedRequest } from '../../model/served-request.js';
import type { OutputAlteration } from '../../protocol/application-options.js';
import type { Clock } from '../clock.js';
import type { ServerConnection } from '../server/connection.js';
import type { RequestHandler } from '../server/options.js';
import { requestTarget } from './request-target.js';

export class RequestLog {
  private readonly heads = new WeakMap<ServerConnection, AnswersInOrder<ResponseHead>>();

  constructor(
    private readonly tell: (request: ServedRequest) => void,
    private readonly clock: Clock,
  ) {}

  /** The handler, observed. */
  handler(inner: RequestHandler): RequestHandler {
    return (request) => {
      const began = this.clock.now();
      const { connection, params } = request;
      const head = new ResponseHead();
      if (connection) this.heads.get(connection)?.begin(request.id, head);
      request.onEnd(() => {
        // The head is looked at when it is sent, which is after this.
        const ended = this.clock.now();
        setImmediate(() => {
          this.tell({
            pid: process.pid,
            connection: connection?.id ?? 0,
            protocol: request.protocol,
            requestId: request.id,
            role: roleName(request.role),
            method: params.get('REQUEST_METHOD') ?? '',
            uri: requestTarget(params).uri,
            status: head.complete ? head.httpStatus : 0,
            appStatus: request.appStatus,
            protocolStatus: request.protocolStatus,
            stdinBytes: request.stdinBytes,
            stdoutBytes: request.outputBytes,
            duration: ended - began,
            aborted: request.abortCause,
          });
        });
      });
      return inner(request);
    };
  }

  /** Sees the heads of the answers; alters nothing. Stands before other alterations. */
  observe(connection: ServerConnection, next: OutputAlteration | undefined): OutputAlteration {
    const heads = new AnswersInOrder<ResponseHead>();
    this.heads.set(connection, heads);
    return (record) => {
      const head = heads.of(record);
      if (head && record.type === STDOUT && !head.complete) head.push(record.content, 0, record.content.length);
      return next?.(record);
    };
  }
}
