// What the input does not show, and what the report therefore cannot know.
import type { CaptureProblem } from '../../model/problem.js';
import { MARK_ONE_SIDED, MARK_SYN } from '../../tcp/connection-table.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Advice, type Evidence, MAX_EVIDENCE } from '../finding.js';
import { counted, listed } from './shared-evidence.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'capture',
    text:
      'Capture whole packets with room for bursts: "tcpdump -i IFACE -s 0 -B 16384 -w file.pcap tcp port 9000", on the ' +
      'interface that carries both directions ("lo" where web server and application share a host).',
  },
  {
    for: 'capture',
    text:
      'Start before the load begins. Wait two seconds after its end, then one Ctrl-C (SIGINT): the kernel hands packets over in ' +
      'blocks up to a second old, and tcpdump leaves behind what it has not been given. "-U" writes every packet that it was given.',
  },
  {
    for: 'capture',
    text:
      'Name one interface instead of "-i any", which sees a packet once for every interface it passes, and run tcpdump in ' +
      'the network namespace of the container. Unix sockets are on no interface: use "fcgi-inspect tap" for those.',
  },
];

/** Problems of inputs that mean lost packets, with how to say so. */
const LOSSES: Readonly<Record<string, string>> = {
  'packets-dropped': 'dropped while capturing',
  'unsupported-link-type': 'of an unsupported link type',
  'ip-fragment': 'fragments, which are not put together',
  'malformed-packet': 'with headers that are cut or make no sense',
};

interface Limit {
  /** For the headline. */
  readonly name: string;
  readonly evidence: Evidence;
}

export const captureLimits: Check = {
  id: 'capture-limits',
  title: 'The capture does not show everything',
  severity: 'note',
  explanation: `A report can only be as complete as its input. This note lists what is missing, so that a figure is not taken for more than it is.

A cut file ends inside a packet: what came after is not known, and connections that seem open at the end may not have been. Packets cut by the snapshot length (old versions of tcpdump kept 68 or 96 bytes) show who closed first and how much was sent, but not the records beyond the first bytes. Holes in a TCP stream, from packets lost while capturing, end the decoding at that place until a plausible record header is found; requests around them may be incomplete or missing. A capture of one direction only shows requests without answers, or the other way round.

A connection whose SYN is missing was there before the capture began: its age, its first requests and the number of requests on it are not known. Packets seen twice, as with "-i any", are recognised and counted once. Text printed by tcpdump has no payload at all: who closed first and how long things took is there, but nothing about requests.`,
  remedy: ADVICE,
  needs: ['packets'],
  run(facts) {
    const limits = [...fileLimits(facts), ...streamLimits(facts), ...connectionLimits(facts)];
    if (limits.length === 0) return facts.tcpPackets === 0 ? 'not-applicable' : [];
    return [
      {
        id: 'capture-limits',
        severity: 'note',
        title: `The capture does not show everything: ${listed(limits.map(({ name }) => name))}`,
        detail:
          'What is reported is what can be seen. Figures about what is missing (requests, bytes, ends of connections) are too ' +
          'low or unknown, and the absence of a finding proves nothing there.',
        count: limits.length,
        scope: {},
        evidence: limits.map(({ evidence }) => evidence).slice(0, MAX_EVIDENCE),
        advice: ADVICE,
      },
    ];
  },
};

function fileLimits(facts: Facts): Limit[] {
  const limits: Limit[] = [];
  if (facts.cut) {
    const cut = facts.inputProblems.find(({ code }) => code === 'cut-short');
    limits.push(limit('the file is cut', cut?.detail ?? 'a file ends inside a packet', cut));
  }
  if (!facts.hasPayload && facts.tcpPackets > 0) {
    limits.push(
      limit('text without payload', 'text printed by tcpdump has no payload: nothing is known about requests'),
    );
  }
  for (const problem of facts.inputProblems) {
    const how = LOSSES[problem.code];
    if (how !== undefined)
      limits.push(limit(`${counted(problem.count ?? 1, 'packet')} ${how}`, problem.detail, problem));
  }
  return limits;
}

function streamLimits({ tcp }: Facts): Limit[] {
  const limits: Limit[] = [];
  if (tcp.snapped > 0) {
    const packets = counted(tcp.snapped, 'packet');
    limits.push(
      limit(
        `${packets} cut by the snapshot length`,
        `${packets} hold only their first bytes; the rest was not captured`,
      ),
    );
  }
  if (tcp.gaps > 0) {
    const holes = counted(tcp.gaps, 'hole');
    limits.push(
      limit(`${holes} in TCP streams`, `${counted(tcp.gapBytes, 'byte')} of TCP streams are missing in ${holes}`),
    );
  }
  if (tcp.duplicates > 0) {
    const packets = counted(tcp.duplicates, 'packet');
    limits.push(limit(`${packets} captured twice`, `${packets} seen on more than one interface were counted once`));
  }
  return limits;
}

function connectionLimits(facts: Facts): Limit[] {
  const { connections, listeners } = facts;
  const limits: Limit[] = [];
  const { marks, bytes0, bytes1 } = connections;
  const tell = (concerns: (row: number) => boolean, name: string, text: string): void => {
    let count = 0;
    let first = -1;
    for (const { roughConnections } of listeners) {
      for (let at = 0; at < roughConnections.length; at++) {
        const row = roughConnections[at];
        if (!concerns(row)) continue;
        if (count++ === 0 || row < first) first = row;
      }
    }
    if (count === 0) return;
    const place = { packet: connections.firstPacket[first], time: connections.start[first], connection: first };
    const which = counted(count, 'connection');
    limits.push({ name: `${which} ${name}`, evidence: { ...place, text: `${which} ${text}` } });
  };
  // An unanswered SYN is one-sided too, but nothing is missing of it.
  tell(
    (row) => (marks[row] & MARK_ONE_SIDED) !== 0 && bytes0[row] + bytes1[row] > 0,
    'seen in one direction only',
    'with packets of one side only: the other side was not captured',
  );
  tell(
    (row) => (marks[row] & MARK_SYN) === 0,
    'without a beginning',
    'had begun before the capture did: earlier requests and their age are unknown',
  );
  return limits;
}

function limit(name: string, text: string, problem?: CaptureProblem): Limit {
  const packet = problem?.packet;
  return { name, evidence: { ...(packet ? { packet } : {}), text } };
}
