// A connection's ladder as far as the tables tell it: shown at once, until its records have been read again, and all
// there is where the input cannot be read twice.
import type { Facts } from '../../analysis/facts.js';
import * as request from '../../model/request-table.js';
import { APPLICATION, BY_APPLICATION, BY_BOTH, BY_WEB_SERVER, type Side, WEB_SERVER } from '../../model/side.js';
import { formatBytes } from '../../reporters/format-count.js';
import { MARK_SYN } from '../../tcp/connection-table.js';
import type { LadderEntry } from './contents.js';
import { requestsOf } from './requests-of.js';

/** Requests of a kept connection in the outline. */
const MOST_REQUESTS = 500;

export function outline(facts: Facts, row: number): LadderEntry[] {
  const { connections } = facts;
  const entries: LadderEntry[] = [];
  const add = (
    time: number,
    side: Side | undefined,
    label: string,
    kind: LadderEntry['kind'] = 'segment',
    packet = 0,
  ) => {
    if (!Number.isNaN(time)) entries.push({ time, packet, kind, side, label });
  };
  if (connections.marks[row] & MARK_SYN) {
    const again = connections.syns[row] - 1;
    add(
      connections.start[row],
      WEB_SERVER,
      again > 0 ? `SYN, ${again} more times` : 'SYN',
      'segment',
      connections.firstPacket[row],
    );
  } else add(connections.start[row], undefined, 'began before the capture', 'note');
  add(connections.synAckTime[row], APPLICATION, 'SYN ACK');
  add(connections.establishedTime[row], WEB_SERVER, 'ACK');
  const requests = requestsOf(facts, row);
  for (const id of requests.slice(0, MOST_REQUESTS)) addRequest(facts, id, add);
  if (requests.length > MOST_REQUESTS)
    add(connections.end[row], undefined, `${requests.length - MOST_REQUESTS} more requests`, 'note');
  add(connections.finTime0[row], WEB_SERVER, 'FIN', 'segment', connections.finPacket0[row]);
  add(connections.finTime1[row], APPLICATION, 'FIN', 'segment', connections.finPacket1[row]);
  const reset = connections.firstReset[row];
  add(
    connections.resetTime[row],
    reset === BY_WEB_SERVER ? WEB_SERVER : APPLICATION,
    'RST',
    'segment',
    connections.resetPacket[row],
  );
  return entries.sort((a, b) => a.time - b.time);
}

type Add = (time: number, side: Side | undefined, label: string, kind?: LadderEntry['kind'], packet?: number) => void;

function addRequest(facts: Facts, id: number, add: Add): void {
  const { requests, strings } = facts;
  const marks = requests.marks[id];
  const number = requests.requestId[id];
  const uri = strings.text(requests.uri[id]) || strings.text(requests.script[id]);
  add(
    requests.begin[id],
    WEB_SERVER,
    `BEGIN_REQUEST id ${number}  ${strings.text(requests.method[id])} ${uri}`.trimEnd(),
    'record',
    requests.beginPacket[id],
  );
  if (marks & request.REQUEST_PARAMS_ENDED)
    add(requests.paramsEnd[id], WEB_SERVER, `PARAMS id ${number}  end`, 'record');
  if (marks & request.REQUEST_STDIN_ENDED) {
    const bytes = requests.stdinBytes[id];
    add(
      requests.stdinEnd[id],
      WEB_SERVER,
      `STDIN id ${number}  ${bytes > 0 ? `${formatBytes(bytes)}, end` : 'end'}`,
      'record',
    );
  }
  add(
    requests.firstByte[id],
    APPLICATION,
    `first byte, STDOUT id ${number}  ${formatBytes(requests.stdoutBytes[id])} in all`,
    'record',
    requests.firstBytePacket[id],
  );
  if (marks & request.REQUEST_ENDED) {
    add(
      requests.end[id],
      APPLICATION,
      `END_REQUEST id ${number}  appStatus ${requests.appStatus[id]}`,
      'record',
      requests.endPacket[id],
    );
  }
}

/** What no packet says: the wait in the queue, and who is left with TIME_WAIT. */
export function notesOf(
  facts: Facts,
  row: number,
  queued: { from: number; until: number } | undefined,
  duration: (time: number) => string,
): LadderEntry[] {
  const { connections } = facts;
  const notes: LadderEntry[] = [];
  const note = (time: number, side: Side | undefined, label: string) =>
    notes.push({ time, packet: 0, kind: 'note', side, label });
  if (queued) note(queued.until, undefined, `queued ${duration(queued.until - queued.from)} until here`);
  const left = connections.timeWait[row];
  if (left === BY_WEB_SERVER || left === BY_BOTH) note(Infinity, WEB_SERVER, 'TIME_WAIT 60 s on this side');
  if (left === BY_APPLICATION || left === BY_BOTH) note(Infinity, APPLICATION, 'TIME_WAIT 60 s on this side');
  if (connections.firstFin[row] === 0 && connections.firstReset[row] === 0)
    note(Infinity, undefined, 'open at the end of the capture');
  return notes;
}
