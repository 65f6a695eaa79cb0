// libfcgi's own client, cgi-fcgi, asks our server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { missingPrograms, type Program, programPath } from '../support/peers/programs.js';
import { Stage } from '../support/peers/stage.js';
import { digest, pattern, serveApplication } from './server-application.js';

const cgiFcgi: Program = { name: 'cgi-fcgi', package: 'libfcgi-bin' };

function ask(endpoint: string, environment: Readonly<Record<string, string>>, body: Uint8Array = new Uint8Array(0)) {
  const child = spawn(programPath(cgiFcgi), ['-bind', '-connect', endpoint], {
    env: { ...environment, CONTENT_LENGTH: String(body.length) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(body);
  return new Promise<{ code: number | null; output: string; errors: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() }),
    );
  });
}

describe('our server asked by cgi-fcgi', { skip: missingPrograms(cgiFcgi) }, () => {
  test('GET, POST and STDERR, and PARAMS that it cuts inside a pair', async (context) => {
    const { endpoint } = await serveApplication(new Stage(context));
    const get = { REQUEST_METHOD: 'GET', REQUEST_URI: '/here', QUERY_STRING: '' };
    const plain = await ask(endpoint, get);
    assert.equal(plain.output, 'Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nGET /here');
    const post = { ...get, REQUEST_METHOD: 'POST', QUERY_STRING: 'do=echo' };
    const body = pattern(200_000);
    const echoed = await ask(endpoint, post, body);
    assert.ok(echoed.output.endsWith(`\r\n\r\n200000 ${digest(body)}`), echoed.output);
    const warned = await ask(endpoint, { ...get, QUERY_STRING: 'do=stderr' });
    assert.equal(warned.errors, 'said on STDERR\n');
    // More than the 8,184 bytes that it puts into one PARAMS record.
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`HTTP_X_${index}`, 'v'.repeat(300)]));
    const cut = await ask(endpoint, { ...get, ...many });
    assert.ok(cut.output.endsWith('GET /here'), cut.output);
  });
});
