// `node dist/test/bench/idle-connections.js --count 9000`: memory of idle connections, and what they cost others. The
// connections and the server are two processes: each needs as many descriptors (`ulimit -n`).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load, openIdle } from './server-load.js';
import type { ServerFigures } from './server-process.js';

const { values } = parseArgs({ options: { count: { type: 'string', default: '10000' } } });
const count = Number(values.count);
const child = fork(fileURLToPath(new URL('server-process.js', import.meta.url)), ['http']);
const figures = async (): Promise<ServerFigures> => {
  const [told] = (await once(child, 'message')) as [ServerFigures];
  return told;
};
const ask = (): Promise<ServerFigures> => {
  const told = figures();
  child.send('tell');
  return told;
};
const { port } = await figures();
const busy = (): Promise<number> => load({ port, connections: 4, keep: true, milliseconds: 1500 });
const cost = async (): Promise<number> => {
  const before = await ask();
  const answered = await busy();
  return ((await ask()).cpu - before.cpu) / answered;
};
await busy();
const alone = await cost();
const before = await ask();
const sockets = await openIdle(port, count);
for (;;) if ((await ask()).open >= count) break;
const after = await ask();
const among = await cost();
console.log(
  `${count} idle connections: ${((after.memory - before.memory) / count / 1024).toFixed(1)} KiB each; ` +
    `CPU per request of 4 busy ones ${alone.toFixed(1)} us alone, ${among.toFixed(1)} us among them`,
);
for (const socket of sockets) socket.destroy();
for (let open = count; open > 0; ) open = (await ask()).open;
const end = await ask();
console.log(`after they have gone: ${((end.memory - before.memory) / 1e6).toFixed(1)} MB more than before`);
child.kill();
