// tshark as a second opinion on bytes that tests write or read.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requirePeers } from './paths.js';

/** Whether tshark is missing; where peers are required that is an error. */
export function tsharkMissing(): boolean {
  const missing = spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status !== 0;
  if (missing && requirePeers) throw new Error('tshark is required here and is not installed');
  return missing;
}

/** The lines tshark prints about a capture. Names are not looked up, times are in UTC. */
export function tsharkLines(capture: Uint8Array, options: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
  try {
    const file = join(folder, 'capture');
    writeFileSync(file, capture);
    const result = spawnSync('tshark', ['-n', '-r', file, ...options], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
      maxBuffer: 1 << 28,
    });
    if (result.status !== 0) throw new Error(`tshark: ${result.stderr}`);
    return result.stdout.split('\n').slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
