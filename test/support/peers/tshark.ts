// tshark as a second opinion on a capture of FastCGI connections.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Program, programPath } from './programs.js';
import { endpointParts } from './stage.js';

export const tshark: Program = { name: 'tshark', package: 'tshark' };

export interface StreamOpinion {
  readonly webServer: string;
  /** A SYN was seen. */
  readonly synSeen: boolean;
  readonly synAckSeen: boolean;
  /** Who sent the first FIN; simultaneous when the second one does not acknowledge the first. */
  readonly firstFin: 'application' | 'web-server' | 'simultaneous' | 'none';
  readonly firstReset: 'application' | 'web-server' | 'none';
}

export interface SecondOpinion {
  readonly packets: number;
  readonly streams: readonly StreamOpinion[];
  /** Whole FastCGI records by the name of their type. */
  readonly records: Readonly<Record<string, number>>;
}

const TYPES =
  'BEGIN_REQUEST ABORT_REQUEST END_REQUEST PARAMS STDIN STDOUT STDERR DATA GET_VALUES GET_VALUES_RESULT'.split(' ');
const FIELDS = [
  'tcp.stream',
  'ip.src',
  'ipv6.src',
  'tcp.srcport',
  'ip.dst',
  'ipv6.dst',
  'tcp.dstport',
  'tcp.flags',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.len',
  'fcgi.type',
];
const FIN = 1,
  SYN = 2,
  RST = 4,
  ACK = 16;

const run = promisify(execFile);

/** Reads the TCP packets of a capture; the applications' ports are named to it as FastCGI's. */
export async function secondOpinion(capture: string, applications: readonly string[]): Promise<SecondOpinion> {
  const ports = new Set(applications.map((application) => endpointParts(application).port));
  const named = [...ports].flatMap((port) => ['-d', `tcp.port==${port},fcgi`]);
  const args = ['-n', '-r', capture, ...named, '-Y', 'tcp', '-T', 'fields'];
  const { stdout } = await run(programPath(tshark), [...args, ...FIELDS.flatMap((field) => ['-e', field])], {
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC' },
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  const streams = new Map<number, Stream>();
  const records: Record<string, number> = {};
  for (const line of lines) {
    const [stream, v4, v6, sourcePort, toV4, toV6, destinationPort, flags, sequence, acknowledgment, length, types] =
      line.split('\t');
    const fromApplication = ports.has(Number(sourcePort));
    const webServer = fromApplication ? endpointText(toV4, toV6, destinationPort) : endpointText(v4, v6, sourcePort);
    let found = streams.get(Number(stream));
    if (found === undefined) streams.set(Number(stream), (found = new Stream(webServer)));
    found.packet(fromApplication, Number(flags), Number(sequence) + Number(length), Number(acknowledgment));
    for (const type of types === '' ? [] : types.split(',')) {
      const name = TYPES[Number(type) - 1] ?? `type_${type}`;
      records[name] = (records[name] ?? 0) + 1;
    }
  }
  const ordered = [...streams].sort(([a], [b]) => a - b).map(([, stream]) => stream);
  return { packets: lines.length, streams: ordered, records };
}

function endpointText(v4: string, v6: string, port: string): string {
  return v4 === '' ? `[${v6}]:${port}` : `${v4}:${port}`;
}

class Stream implements StreamOpinion {
  synSeen = false;
  synAckSeen = false;
  firstFin: StreamOpinion['firstFin'] = 'none';
  firstReset: StreamOpinion['firstReset'] = 'none';
  private finEnd = 0;
  private finByApplication = false;
  private answered = false;

  constructor(readonly webServer: string) {}

  /** `end`: the sequence number after the payload. */
  packet(fromApplication: boolean, flags: number, end: number, acknowledgment: number): void {
    const side = fromApplication ? 'application' : 'web-server';
    if (flags & SYN) {
      if (flags & ACK) this.synAckSeen = true;
      else this.synSeen = true;
    }
    if (flags & RST && this.firstReset === 'none') this.firstReset = side;
    if (this.firstFin === 'none') {
      if (!(flags & FIN)) return;
      this.firstFin = side;
      this.finEnd = (end + 1) >>> 0;
      this.finByApplication = fromApplication;
    } else if (fromApplication !== this.finByApplication && !this.answered && flags & ACK) {
      const covers = ((acknowledgment - this.finEnd) | 0) >= 0;
      if (flags & FIN && !covers) this.firstFin = 'simultaneous';
      if (flags & FIN || covers) this.answered = true;
    }
  }
}
