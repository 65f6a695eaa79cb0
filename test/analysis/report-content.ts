// A report without what must differ when the same traffic comes in other packets: how many there are, and their numbers.
import type { Report } from '../support/report.js';

const NUMBERS = ['packet', 'offset'];

/** Everything but counts and numbers of packets, and where they lie in a file; `others`: further fields to leave out. */
export function withoutPackets(report: Report, others: readonly string[] = []): object {
  const { packets, tcpPackets, bytes, files, problems, ...input } = report.input;
  void [packets, tcpPackets, bytes, files];
  return without({ ...report, input: { ...input, problems } }, new Set([...NUMBERS, ...others])) as object;
}

function without(value: unknown, fields: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return value.replace(/packets? \d[\d,. ]*/g, 'packet # ');
  if (Array.isArray(value)) return value.map((member) => without(member, fields));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !fields.has(key));
  return Object.fromEntries(entries.map(([key, member]) => [key, without(member, fields)]));
}

/** What was said and how it ended, without any time: what no order of arrival may change. */
export function timeless(report: Report): object {
  const { records, recordBytes, paddingBytes, keepConn, roles, methods, httpStatus, appStatus, protocolStatus } =
    report.summary;
  const { firstFin, firstReset, timeWait, bytes, unfinished, requestsPerConnection, connections, midStream } =
    report.summary;
  return {
    summary: {
      ...{ records, recordBytes, paddingBytes, keepConn, roles, methods, httpStatus, appStatus, protocolStatus },
      ...{ firstFin, firstReset, timeWait, bytes, unfinished, requestsPerConnection, connections, midStream },
    },
    connections: report.connections.map(({ start, end, retransmissions, history, ...rest }) => {
      void [start, end, retransmissions, history];
      return rest;
    }),
    requests: report.requests.map(({ begin, paramsEnd, stdinEnd, firstByte, end, ...rest }) => ({
      ...rest,
      happened: [begin, paramsEnd, stdinEnd, firstByte, end].map((time) => time !== null),
    })),
    problems: report.input.problems.map((problem) => problem.code),
  };
}
