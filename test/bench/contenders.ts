// The programs that read the same capture: the product, tshark, and a bare walk over the headers.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../support/paths.js';
import type { GeneratedCapture } from './generate.js';
import { type Command, isInstalled, type Measurement, measure } from './measure.js';
import { PORT } from './workloads.js';

export type ContenderName = 'fcgi-inspect' | 'header walk' | 'tshark fields' | 'tshark conv';

const FIELDS = ['frame.time_epoch', 'tcp.stream', 'fcgi.type', 'fcgi.id', 'fcgi.content.length'];
const TSHARK_FIELDS = [...FIELDS, 'fcgi.end_request.app_status'].flatMap((field) => ['-e', field]);
const PRODUCT = join(projectRoot, 'bin', 'fcgi-inspect.js');
const HEADER_WALK = fileURLToPath(new URL('./header-walk.js', import.meta.url));

export function commandOf(name: ContenderName, path: string): Command {
  switch (name) {
    case 'fcgi-inspect':
      return { program: process.execPath, args: [PRODUCT, path, '--format', 'json', '--limit', '0'] };
    case 'header walk':
      return { program: process.execPath, args: [HEADER_WALK, path] };
    case 'tshark fields': {
      const decode = ['-d', `tcp.port==${PORT},fcgi`, '-Y', 'fcgi', '-T', 'fields'];
      return { program: 'tshark', args: ['-n', '-r', path, ...decode, ...TSHARK_FIELDS] };
    }
    case 'tshark conv':
      return { program: 'tshark', args: ['-n', '-r', path, '-q', '-z', 'conv,tcp'] };
  }
}

const installed = new Map<string, boolean>();

/** Why a contender cannot run here, or undefined. */
export function missing(name: ContenderName): string | undefined {
  const { program } = commandOf(name, '');
  if (!installed.has(program)) installed.set(program, isInstalled(program));
  return installed.get(program) ? undefined : `${program} is not installed`;
}

/** Runs one contender once. @throws Error if it fails, or if the product's figures are not those of the capture. */
export async function run(name: ContenderName, capture: GeneratedCapture): Promise<Measurement> {
  const measurement = await measure(commandOf(name, capture.path), name === 'fcgi-inspect');
  if (name === 'fcgi-inspect') verify(measurement.output, capture);
  return measurement;
}

/** A fast wrong answer is no answer. */
function verify(report: string, capture: GeneratedCapture): void {
  const { input, summary } = JSON.parse(report) as {
    input: { packets: number };
    summary: { connections: number; requests: number; unfinished: number };
  };
  const said = [input.packets, summary.connections, summary.requests, summary.unfinished];
  const known = [capture.packets, capture.connections, capture.requests, 0];
  if (String(said) !== String(known))
    throw new Error(`the report says ${said} (packets, connections, requests, unfinished), the capture holds ${known}`);
}
