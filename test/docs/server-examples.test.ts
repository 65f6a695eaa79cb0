// The examples of docs/server.md run as they stand, but for the port.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/endpoints/server/index.js';
import { AUTHORIZER } from '../../src/fastcgi/constants.js';
import { runProgram } from '../endpoints/server/programs.js';
import { WebServer } from '../endpoints/server/web-server.js';
import { request } from '../support/fastcgi-messages.js';
import { projectRoot } from '../support/paths.js';

const text = readFileSync(join(projectRoot, 'docs', 'server.md'), 'utf8');
const examples = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]);

/** Runs an example in a folder where the package is installed; gives its port. */
async function run(context: TestContext, example: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(projectRoot, join(modules, 'fcgi-inspect'), 'dir');
  assert.match(example, /port: 9000/);
  writeFileSync(join(folder, 'example.js'), example.replace('port: 9000', 'port: 0'));
  const program = runProgram(context, `await import(${JSON.stringify(join(folder, 'example.js'))})`);
  await program.says('port:');
  return Number(/port: (\d+)/.exec(program.output())![1]);
}

async function ask(context: TestContext, port: number, fields: Parameters<typeof request>[0]): Promise<string> {
  const web = await WebServer.connect(context, { host: '127.0.0.1', port });
  return (await web.send(request(fields)).answer()).stdout;
}

describe('docs/server.md', () => {
  it('the first example answers', async (context) => {
    const port = await run(context, examples[0]);
    assert.match(await ask(context, port, { uri: '/x?y' }), /\r\n\r\nGET \/x\?y from 192\.0\.2\.7\n$/);
  });

  it('the second one too, in both roles', async (context) => {
    const port = await run(context, examples[1]);
    const answer = await ask(context, port, { method: 'POST', body: 'abc' });
    assert.match(answer, /^Content-Type: text\/plain\r\n\r\nQUERY_STRING=\nREQUEST_METHOD=POST\n/);
    assert.match(answer, /\n3 bytes of body\n$/);
    assert.match(await ask(context, port, { role: AUTHORIZER }), /^Status: 200 OK\r\nVariable-USER: known/);
  });

  it('the third is started with a listening socket', async (context) => {
    assert.equal(examples.length, 3);
    const stdin = createNetServer();
    await new Promise<void>((resolve) => stdin.listen(0, '127.0.0.1', resolve));
    const { port } = stdin.address() as { port: number };
    const library = JSON.stringify(new URL('../../src/endpoints/server/index.js', import.meta.url).href);
    runProgram(context, examples[2].replace("'fcgi-inspect/server'", library), { stdin });
    stdin.close();
    assert.match(await ask(context, port, {}), /\r\n\r\nhello\n$/);
  });

  it('names every limit and timeout with its default', () => {
    for (const [name, value] of Object.entries({ ...DEFAULT_LIMITS, ...DEFAULT_TIMEOUTS })) {
      const row = text.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``));
      assert.ok(row, name);
      const written = value === 1 << 20 ? '1 MiB' : value.toLocaleString('en-US');
      assert.ok(row.includes(written), `${name}: ${written}`);
    }
  });

  it('names every error code and event', () => {
    const source = (name: string) => readFileSync(join(projectRoot, 'src', 'endpoints', 'server', name), 'utf8');
    for (const [code] of source('errors.ts').matchAll(/ERR_\w+/g)) assert.ok(text.includes(code), code);
    const events = /interface ServerEvents \{([\s\S]*?)\n\}/.exec(source('server-events.ts'))![1];
    for (const [, event] of events.matchAll(/^ {2}(\w+): \[/gm)) assert.ok(text.includes(`\`${event}\``), event);
  });
});
