// Connections that are no requests: silent ones, as of health checks and port scanners, and half-sent requests.
import { connect, type Socket } from 'node:net';
import { STDIN } from '../fastcgi/constants.js';
import { beginRequest, params, record } from '../fastcgi/encode.js';
import type { EndpointAddress } from '../model/endpoint-address.js';
import type { HoldStep } from '../scenarios/play.js';
import { pause } from './pause.js';

/** Resolves when they are closed, after their time or with the signal; to what became of each. */
export async function holdConnections(step: HoldStep, target: EndpointAddress, signal: AbortSignal): Promise<string[]> {
  const outcomes: string[] = [];
  const one = async () => {
    const socket =
      target.kind === 'unix'
        ? connect({ path: target.path, allowHalfOpen: true })
        : connect({ host: target.host, port: target.port, allowHalfOpen: true });
    let outcome = 'held to its end';
    const ended = new Promise<void>((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => {
        outcome = `held until ${error.code}`;
        resolve();
      });
      socket.on('end', () => {
        outcome = 'held until the application closed';
        if (step.ignoreEnd !== true) resolve();
      });
    });
    socket.on('connect', () => speak(step, socket));
    socket.resume();
    await Promise.race([pause(step.lasting, signal), ended]);
    socket.end();
    socket.destroySoon();
    outcomes.push(outcome);
  };
  await Promise.all(Array.from({ length: step.count }, one));
  return outcomes;
}

function speak({ send, uri = '/hello' }: HoldStep, socket: Socket): void {
  if (send === 'nothing') return;
  const pairs = { REQUEST_METHOD: 'GET', REQUEST_URI: uri, SCRIPT_NAME: uri, SERVER_PROTOCOL: 'HTTP/1.1' };
  socket.write(beginRequest(1, undefined, 0));
  // Of half a request the empty record that ends PARAMS does not come.
  socket.write(params(1, pairs, { end: send === 'request' }));
  if (send === 'request') socket.write(record(STDIN, 1));
}
