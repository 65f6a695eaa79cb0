// The values of the filter language's fields, taken from the tables. One function a row kind; undefined means "absent".
import { roleName } from '../fastcgi/constants.js';
import { problemNames } from '../model/problem-codes.js';
import * as request from '../model/request-table.js';
import { CONNECTION_STATES } from '../tcp/connection-table.js';
import type { HistoryTable } from '../tcp/history-table.js';
import type { Facts } from './facts.js';
import type { FieldName, FieldValue, FilterRows } from './filter/filter.js';
import { inputEnd } from './request-times.js';
import { exchanges, sideWord } from './rows.js';

export function filterRows(facts: Facts, histories: HistoryTable): FilterRows {
  const connectionOf = facts.requests.connection;
  const next = facts.requests.next;
  return {
    connection: (field, row) => connectionValue(facts, histories, field.name as FieldName, row),
    request: (field, row) =>
      field.of === 'connection'
        ? connectionValue(facts, histories, field.name as FieldName, connectionOf[row])
        : requestValue(facts, field.name as FieldName, row),
    *requestsOf(connection) {
      for (let row = facts.conversations.firstRequest[connection]; row !== 0; row = next[row - 1]) yield row - 1;
    },
  };
}

function connectionValue(facts: Facts, histories: HistoryTable, name: FieldName, row: number): FieldValue {
  const { connections, conversations, addresses, requests } = facts;
  switch (name) {
    case 'id':
    case 'connection':
      return row;
    case 'protocol':
      return facts.listeners[facts.listenerOf[row]]?.protocol;
    case 'keepconn': {
      const first = conversations.firstRequest[row] - 1;
      return first < 0 ? undefined : (requests.marks[first] & request.REQUEST_KEEP_CONN) !== 0;
    }
    case 'problem':
      return problemNames(conversations.problems[row]);
    case 'state':
      return CONNECTION_STATES[connections.state[row]];
    case 'history':
      return histories.text(connections.history[row]);
    case 'dur':
      return connections.end[row] - connections.start[row];
    case 'start':
      return connections.start[row];
    case 'end':
      return connections.end[row];
    case 'webserver':
      return addresses.endpoint(connections.address0[row], connections.port0[row]);
    case 'application':
      return addresses.endpoint(connections.address1[row], connections.port1[row]);
    case 'port':
      return connections.port1[row];
    case 'webport':
      return connections.port0[row];
    case 'firstfin':
      return sideWord(connections.firstFin[row], 'simultaneous');
    case 'firstreset':
      return sideWord(connections.firstReset[row], 'both');
    case 'timewait':
      return sideWord(connections.timeWait[row], 'both');
    case 'requests':
      return conversations.requests[row];
    case 'exchanges':
      return facts.hasPayload ? undefined : exchanges(connections.turns[row]);
    case 'bytes.web':
      return connections.bytes0[row];
    case 'bytes.app':
      return connections.bytes1[row];
    case 'retrans':
      return connections.retransmissions0[row] + connections.retransmissions1[row];
    default:
      return undefined;
  }
}

function requestValue(facts: Facts, name: FieldName, row: number): FieldValue {
  const { requests, strings } = facts;
  const marks = requests.marks[row];
  const fastcgi = requests.protocol[row] === request.PROTOCOL_FASTCGI;
  const answered = requests.protocolStatus[row] !== request.NO_PROTOCOL_STATUS;
  switch (name) {
    case 'id':
      return row;
    case 'connection':
      return requests.connection[row];
    case 'protocol':
      return fastcgi ? 'fastcgi' : 'scgi';
    case 'keepconn':
      return (marks & request.REQUEST_KEEP_CONN) !== 0;
    case 'problem':
      return problemNames(requests.problems[row]);
    case 'end':
      return known(requests.end[row]);
    case 'reqid':
      return fastcgi ? requests.requestId[row] : undefined;
    case 'method':
      return strings.text(requests.method[row]) || undefined;
    case 'uri':
      return strings.text(requests.uri[row]) || undefined;
    case 'script':
      return strings.text(requests.script[row]) || undefined;
    case 'role':
      return roleName(requests.role[row]);
    case 'status':
      return requests.httpStatus[row] === request.NO_STATUS ? undefined : requests.httpStatus[row];
    case 'appstatus':
      return answered ? requests.appStatus[row] : undefined;
    case 'protostatus':
      return answered ? requests.protocolStatus[row] : undefined;
    case 'ttfb':
      return known(Math.max(0, requests.firstByte[row] - inputEnd(requests, row)));
    case 'total':
      return known(requests.end[row] - requests.begin[row]);
    case 'begin':
      return requests.begin[row];
    case 'stdin':
      return requests.stdinBytes[row];
    case 'stdout':
      return requests.stdoutBytes[row];
    case 'stderr':
      return requests.stderrBytes[row];
    case 'data':
      return requests.dataBytes[row];
    case 'aborted':
      return (marks & request.REQUEST_ABORTED) !== 0;
    case 'finished':
      return (marks & request.REQUEST_ENDED) !== 0;
    default:
      return undefined;
  }
}

function known(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}
