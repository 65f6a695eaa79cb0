// `fcgi-inspect serve` in a process of its own, for tests of commands that talk to an application.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type Run, startBin } from './run-bin.js';

export interface Serving {
  /** `127.0.0.1:40001`, or `unix:/path`. */
  readonly address: string;
  readonly pid: number;
  /** Ends it with a signal and gives what it printed. */
  stop(signal?: NodeJS.Signals): Promise<Run>;
}

/** Starts it and waits until it listens. It is gone when the test is over. */
export async function serving(
  context: TestContext,
  args: readonly string[],
  options: { readonly address?: string; readonly env?: Record<string, string> } = {},
): Promise<Serving> {
  const { process: child, ended } = startBin(['serve', options.address ?? '127.0.0.1:0', ...args], {
    ...(options.env ? { env: options.env } : {}),
  });
  context.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  let text = '';
  const gone = ended.then(({ status, stderr }) => {
    throw new Error(`serve ended with ${status}: ${stderr}`);
  });
  gone.catch(() => {});
  let address: string | undefined;
  while (address === undefined) {
    const [chunk] = (await Promise.race([once(child.stderr!, 'data'), gone])) as [Buffer];
    text += chunk.toString();
    address = / on (unix:\S+|\S+:\d+), process/.exec(text)?.[1];
  }
  return {
    address,
    pid: child.pid!,
    async stop(signal = 'SIGTERM') {
      assert.ok(child.kill(signal));
      return await ended;
    },
  };
}
