// One client in a process of its own: asks an application for the same small page over kept connections, and prints the
// processor time that a request takes. Arguments: client, address, connections, requests, SCRIPT_FILENAME.
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { FastcgiClient } from '../../src/endpoints/client/index.js';
import { concat } from '../support/bytes.js';
import { request as requestBytes } from '../support/fastcgi-messages.js';
import { projectRoot } from '../support/paths.js';

export type ClientKind = 'floor' | 'request' | 'exchange' | 'fastcgi-client';

const [kind, address, connectionWord, countWord, script] = process.argv.slice(2);
const connections = Number(connectionWord);
const [host, port] = address.split(':');
const uri = '/index.php?q=1';

/** Asks `count` times; `next` is called for each connection in turn. */
type Asker = (count: number) => Promise<void>;

/** The least that can be done: a request made beforehand, records of the answer stepped over. */
function floor(): Asker {
  const bytes = requestBytes({ uri, script, keepConn: true });
  return (count) =>
    new Promise((resolve, reject) => {
      let asked = 0;
      let answered = 0;
      for (let i = 0; i < connections; i++) {
        const socket = connect(Number(port), host, () => {
          socket.setNoDelay(true);
          ask();
        });
        const ask = (): void => {
          if (asked++ < count) socket.write(bytes);
          else socket.destroy();
        };
        let rest: Uint8Array = new Uint8Array(0);
        socket.on('error', reject);
        socket.on('data', (chunk: Uint8Array) => {
          const all = rest.length === 0 ? chunk : concat(rest, chunk);
          let at = 0;
          while (all.length - at >= 8) {
            const next = at + 8 + all[at + 4] * 256 + all[at + 5] + all[at + 6];
            if (next > all.length) break;
            if (all[at + 1] === 3) {
              if (++answered === count) resolve();
              ask();
            }
            at = next;
          }
          rest = all.subarray(at);
        });
      }
    });
}

function product(raw: boolean): Asker {
  const client = new FastcgiClient(address, { pool: { maximum: connections } });
  const encoded = client.encode({ uri, script });
  return async (count) => {
    let left = count;
    const one = async (): Promise<void> => {
      while (left-- > 0) {
        if (raw) {
          await new Promise<void>((resolve, reject) => {
            client.exchange(encoded, { stdout: () => true, completed: () => resolve(), failed: reject });
          });
        } else {
          const answer = await client.request({ uri, script });
          if ((await answer.text()) !== 'hello\n') throw new Error('another page');
        }
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
  };
}

interface NpmClient {
  on(event: string, callback: (error?: Error) => void): void;
  request(
    parameters: Record<string, string>,
    callback: (
      error: Error | undefined,
      request: { stdin: NodeJS.WritableStream; stdout: NodeJS.ReadableStream },
    ) => void,
  ): void;
}

/** The client of the npm registry, where it is installed beside the project. It opens a connection for each request. */
function fastcgiClient(): Asker {
  const require = createRequire(`${process.env.FCGI_INSPECT_BENCH_MODULES ?? projectRoot}/`);
  const connector = require('fastcgi-client') as (options: object) => NpmClient;
  const parameters = { SCRIPT_FILENAME: script, REQUEST_METHOD: 'GET', QUERY_STRING: 'q=1', REQUEST_URI: uri };
  const client = connector({
    host,
    port: Number(port),
    skipCheckServer: true,
    maxConns: connections,
    maxReqs: connections,
  });
  const ready = new Promise<void>((resolve) => client.on('ready', () => resolve()));
  return async (count) => {
    await ready;
    let left = count;
    const one = async (): Promise<void> => {
      while (left-- > 0) {
        await new Promise<void>((resolve, reject) => {
          client.request(parameters, (error, request) => {
            if (error) {
              reject(error);
              return;
            }
            request.stdout.on('data', () => {});
            request.stdout.on('end', resolve);
            request.stdin.end();
          });
        });
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
  };
}

const ASKERS: Readonly<Record<ClientKind, () => Asker>> = {
  floor,
  request: () => product(false),
  exchange: () => product(true),
  'fastcgi-client': fastcgiClient,
};

const ask = ASKERS[kind as ClientKind]();
const count = Number(countWord);
// What the compiler of the engine needs to see first is no part of it.
await ask(Math.ceil(count / 4));
const before = process.cpuUsage();
const started = performance.now();
await ask(count);
const used = process.cpuUsage(before);
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ microseconds: (used.user + used.system) / count, perSecond: count / seconds }));
process.exit(0);
