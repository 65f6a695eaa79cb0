// What reproduce-bug reports of the kernel, held against ss and /proc at the time: TIME_WAIT by side, the accept queue and its
// limit, overflows.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runStage, type StageOptions, type StageResult } from '../../src/reproduce/run-stage.js';
import { findScenario } from '../../src/scenarios/index.js';
import { missingPrograms } from '../support/peers/programs.js';
import { playUntilItHolds } from '../support/play-again.js';

const skip = missingPrograms({ name: 'ss', package: 'iproute2' });

function play(name: string, stage: string): Promise<StageResult> {
  const scenario = findScenario(name);
  const options: StageOptions = {
    scenario,
    stage: scenario.stages.find((each) => each.name === stage)!,
    values: {},
    front: 'embedded',
    application: 'embedded',
    path: process.env.PATH ?? '',
    program: 'test',
    signal: new AbortController().signal,
    limit: 60_000,
  };
  return runStage(options);
}

/** Rows of ss, in words. */
function ss(...args: string[]): string[][] {
  return execFileSync('ss', ['-H', '-n', ...args], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
}

for (const [stage, side] of [
  ['plain', 'application'],
  ['flag', 'web-server'],
] as const) {
  test(`time-wait-churn, ${stage}: TIME_WAIT by side as ss counts it`, { skip }, async () => {
    const { snapshot, endpoints } = await play('time-wait-churn', stage);
    const [endpoint] = endpoints;
    // They stay for a minute, also when everything else has gone.
    const rows = ss('-t', '-a', 'state', 'time-wait');
    const local = rows.filter((row) => row[2] === endpoint).length;
    const remote = rows.filter((row) => row[3] === endpoint).length;
    const [listener] = snapshot.host!.listeners;
    const host = {
      application: listener.application['TIME-WAIT'] ?? 0,
      webServer: listener.webServer['TIME-WAIT'] ?? 0,
    };
    assert.deepEqual(host, { application: local, webServer: remote });
    // From the traffic: where the two closes cross in the tap, the kernel has seen either first.
    const { timeWait } = snapshot.summary;
    const [own, other, kernel] =
      side === 'application'
        ? [timeWait.application, timeWait['web-server'], local]
        : [timeWait['web-server'], timeWait.application, remote];
    const most = own + timeWait.both + other;
    assert.ok(own <= kernel && kernel <= most, `${own} to ${most}, ss: ${kernel}`);
    assert.ok(own > 50);
  });
}

// Looks may miss the fullest moment, and now and then the kernel shows one more in a full queue.
test('backlog-overflow: queue, limit and overflows as ss and /proc show them', { skip }, (context) =>
  playUntilItHolds(context, async () => {
    const overflows = () => {
      const lines = readFileSync('/proc/net/netstat', 'utf8')
        .split('\n')
        .map((line) => line.split(' '));
      const names = lines.find(([name]) => name === 'TcpExt:')!;
      return Number(lines.filter(([name]) => name === 'TcpExt:')[1][names.indexOf('ListenOverflows')]);
    };
    const before = overflows();
    const seen = new Map<string, { depth: number; limit: number }>();
    let over = false;
    const watching = (async () => {
      while (!over) {
        for (const [, received, sent, address] of ss('-t', '-l')) {
          const depth = Math.max(Number(received), seen.get(address)?.depth ?? 0);
          seen.set(address, { depth, limit: Number(sent) });
        }
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    })();
    const { snapshot, endpoints } = await play('backlog-overflow', 'tcp').finally(() => {
      over = true;
    });
    await watching;
    const [listener] = snapshot.host!.listeners;
    // Full is one more than the limit, and it stays so for many looks of either.
    assert.deepEqual(seen.get(endpoints[0]), { depth: 9, limit: 8 });
    assert.deepEqual([listener.maxDepth, listener.limit], [9, 8]);
    const counted = snapshot.host!.counters.find(({ name }) => name === 'TcpExt.ListenOverflows')!.since;
    assert.ok(counted > 0 && counted <= overflows() - before, `${counted} of ${overflows() - before}`);
  }),
);
