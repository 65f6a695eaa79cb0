// Handlers that every worker process knows by name.
import type { HandlerFactory } from './handlers.js';

/**
 * `hello` answers with the worker's seat, generation and process id, to show who is answering. `serve` is the
 * application of `fcgi-inspect serve`; its options are a ServeApplication.
 */
export const namedHandlers: Readonly<Record<string, HandlerFactory>> = {
  hello: (_options, { seat, generation }) => {
    return (request) => {
      request.end(
        `Content-Type: text/plain; charset=utf-8\r\n\r\nseat ${seat} generation ${generation} process ${process.pid}\n`,
      );
    };
  },
  serve: async (options, context) => {
    const { createHandlers } = await import('../applications/serve-worker.js');
    return createHandlers(options, context);
  },
};
