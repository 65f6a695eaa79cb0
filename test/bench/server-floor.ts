// `node dist/test/bench/server-floor.js`: CPU per request of our server beside a floor that answers canned bytes, kept
// connections and new ones, in turns; the least of several rounds counts.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load } from './server-load.js';
import { SERVERS, type ServerFigures, type ServerName } from './server-process.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    milliseconds: { type: 'string', default: '1500' },
    connections: { type: 'string', default: '16' },
  },
});

async function measure(name: ServerName, keep: boolean): Promise<{ microseconds: number; rate: number }> {
  const child = fork(fileURLToPath(new URL('server-process.js', import.meta.url)), [name]);
  try {
    const figures = async (): Promise<ServerFigures> => {
      const [told] = (await once(child, 'message')) as [ServerFigures];
      return told;
    };
    const { port } = await figures();
    const run = (milliseconds: number) => load({ port, connections: Number(values.connections), keep, milliseconds });
    await run(400);
    child.send('tell');
    const before = await figures();
    const milliseconds = Number(values.milliseconds);
    const answered = await run(milliseconds);
    child.send('tell');
    const after = await figures();
    return { microseconds: (after.cpu - before.cpu) / answered, rate: (answered / milliseconds) * 1000 };
  } finally {
    child.kill();
  }
}

for (const keep of [true, false]) {
  const least = new Map<ServerName, number>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of SERVERS) {
      const { microseconds } = await measure(name, keep);
      least.set(name, Math.min(microseconds, least.get(name) ?? Number.POSITIVE_INFINITY));
    }
  }
  const floor = least.get('floor')!;
  const parts = SERVERS.map((name) => {
    const value = least.get(name)!;
    return `${name} ${value.toFixed(1)} us (${(value / floor).toFixed(2)}x)`;
  });
  console.log(`${keep ? 'kept' : 'new '} connections, CPU per request: ${parts.join(', ')}`);
}
