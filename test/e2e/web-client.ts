// Requests as browsers send them, each on a connection of its own.
import { request } from 'node:http';

export interface WebRequest {
  readonly path: string;
  readonly method?: string;
  readonly body?: Uint8Array;
  /** Pieces of a body that is sent slowly; `pause` runs between them. */
  readonly pieces?: { readonly parts: readonly Uint8Array[]; readonly pause: () => Promise<unknown> };
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface WebAnswer {
  readonly status: number;
  readonly body: string;
  /** The body came to its end. */
  readonly complete: boolean;
}

/** The answer, or undefined when there was none: the connection ended or the request was given up before. */
export function fetchFrom(endpoint: string, what: string | WebRequest): Promise<WebAnswer | undefined> {
  const { path, method, body, pieces, headers, signal } =
    typeof what === 'string' ? ({ path: what } as WebRequest) : what;
  const length = body?.length ?? pieces?.parts.reduce((sum, part) => sum + part.length, 0);
  return new Promise((resolve) => {
    const sent = request(
      `http://${endpoint}${path}`,
      {
        agent: false,
        method: method ?? (length === undefined ? 'GET' : 'POST'),
        headers: {
          ...(length === undefined ? {} : { 'content-length': length, 'content-type': 'application/octet-stream' }),
          ...headers,
        },
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => {});
        response.on('close', () => {
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('latin1'),
            complete: response.complete,
          });
        });
      },
    );
    sent.on('error', () => resolve(undefined));
    if (pieces === undefined) sent.end(body);
    else
      (async () => {
        for (const part of pieces.parts) {
          sent.write(part);
          await pieces.pause();
        }
        sent.end();
      })().catch(() => sent.destroy());
  });
}

/** All at once. */
export function fetchAtOnce(endpoint: string, paths: readonly (string | WebRequest)[]) {
  return Promise.all(paths.map((path) => fetchFrom(endpoint, path)));
}

/** One after the other. */
export async function fetchInTurn(endpoint: string, paths: readonly (string | WebRequest)[]) {
  const answers: (WebAnswer | undefined)[] = [];
  for (const path of paths) answers.push(await fetchFrom(endpoint, path));
  return answers;
}

/** `count` times what is made from the number. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
