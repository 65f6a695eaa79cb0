// Our server as a program that a web server starts: it listens on descriptor 0, as Responder and Authorizer.
import { closeOnSignals, createServer } from '../../src/endpoints/server/index.js';
import { FCGI_LISTENSOCK_FILENO } from '../../src/endpoints/server/listen-address.js';
import { answer } from './server-application.js';

const server = createServer({
  responder: answer,
  authorizer(request) {
    const known = request.params.get('HTTP_X_KEY') === 'right';
    request.end(
      known
        ? 'Status: 200 OK\r\nVariable-USER: known\r\n\r\n'
        : 'Status: 401 Unauthorized\r\nWWW-Authenticate: Basic realm="here"\r\nContent-Type: text/plain\r\n\r\nnot without a key\n',
    );
  },
});
closeOnSignals(process, server);
await server.listen({ fd: FCGI_LISTENSOCK_FILENO });
