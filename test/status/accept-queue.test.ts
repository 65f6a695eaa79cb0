// Accept queues out of the kernel's tables: from stored lines, and from this machine's own sockets.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAddress } from '../../src/endpoints/address.js';
import { hostAcceptQueue } from '../../src/endpoints/host-queue.js';
import { tcpAcceptQueue, unixAcceptQueue } from '../../src/status/accept-queue.js';
import { temporaryFolder } from '../support/run-bin.js';

const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 41001 /run/app.sock
0000000000000000: 00000003 00000000 00000000 0001 03 41002 /run/app.sock
0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/app.sock
0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/app.sock
0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/app.sock2
0000000000000000: 00000002 00000000 00010000 0001 01 41003 @abstract
`;

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2328 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 1001 1
   1: 0100007F:2329 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1002 1
   2: 0100007F:2328 0100007F:9C40 01 00000000:00000200 00:00000000 00000000     0        0 0 1
`;

test('stored tables', () => {
  assert.equal(unixAcceptQueue(UNIX, '/run/app.sock'), 2);
  assert.equal(unixAcceptQueue(UNIX, '@abstract'), 0);
  assert.equal(unixAcceptQueue(UNIX, '/run/app.sock2'), undefined, 'nobody listens');
  assert.equal(unixAcceptQueue('', '/x'), undefined);
  assert.deepEqual(
    [9000, 9001, 9002].map((port) => tcpAcceptQueue(TCP, port)),
    [3, 0, undefined],
  );
});

/** A program that listens, then does nothing at all. */
const BLOCKED = `
const server = require('node:net').createServer().listen(process.argv[1] === 'tcp' ? { port: 0, host: '127.0.0.1' } : process.argv[1], () => {
  const address = server.address();
  require('node:fs').writeSync(1, (typeof address === 'string' ? 'unix:' + address : '127.0.0.1:' + address.port) + '\\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

for (const kind of ['tcp', 'unix'] as const) {
  test(`a program that does not accept, ${kind}`, { skip: globalThis.process.platform !== 'linux' }, async () => {
    const at = kind === 'tcp' ? 'tcp' : join(temporaryFolder(), 'app.sock');
    const child = spawn(globalThis.process.execPath, ['-e', BLOCKED, at], { stdio: ['ignore', 'pipe', 'inherit'] });
    const sockets: Socket[] = [];
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const address = parseAddress(line.toString().trim());
      assert.equal(hostAcceptQueue(address), 0);
      for (let i = 0; i < 3; i++) {
        const socket = address.kind === 'tcp' ? connect(address.port, address.host) : connect(address.path);
        sockets.push(socket);
        await once(socket, 'connect');
      }
      assert.equal(hostAcceptQueue(address), 3);
    } finally {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });
}
