// `decode` for programs: one JSON object a line for each record and each problem.
import type { DecodedRecord } from '../analysis/decoded-record.js';
import * as type from '../fastcgi/constants.js';
import type { Anomaly } from '../model/anomaly-log.js';
import { SIDE_NAMES } from '../model/side.js';
import { maskedContent } from './decode-mask.js';
import { beginBody, contentText, endBody, hasStreamContent, pairText } from './decode-record.js';
import { safeJson } from './safe-json.js';

export interface DecodeJsonOptions {
  readonly showSecrets?: boolean;
  /** The whole content as hexadecimal digits, in `hex`. */
  readonly hex?: boolean;
  readonly endpoints: (connection: number) => { readonly webServer: string; readonly application: string };
}

/** Bytes of a stream's content in `text`. */
const TEXT_BYTES = 1024;

/** A record as a line of NDJSON: `kind` is `record`; times are seconds since the first packet. */
export function recordJson(record: DecodedRecord, options: DecodeJsonOptions): string {
  const showSecrets = options.showSecrets ?? false;
  const fastcgi = record.protocol === 'fastcgi';
  return line({
    kind: 'record',
    packet: record.packet,
    time: record.time / 1e9,
    connection: record.connection,
    ...options.endpoints(record.connection),
    from: SIDE_NAMES[record.side],
    protocol: record.protocol,
    type: record.name,
    requestId: fastcgi ? record.requestId : null,
    request: record.request >= 0 ? record.request : null,
    offset: record.offset,
    contentLength: record.contentLength,
    paddingLength: record.paddingLength,
    missingLength: record.missingLength,
    ...(record.type === type.BEGIN_REQUEST ? beginBody(record) : {}),
    ...(record.type === type.END_REQUEST ? endBody(record) : {}),
    ...(record.pairs.length > 0 ? { pairs: record.pairs.map((pair) => pairText(pair, showSecrets)) } : {}),
    ...(hasStreamContent(record) ? { text: contentText(record, TEXT_BYTES, showSecrets) } : {}),
    ...(options.hex ? { hex: hex(showSecrets ? record.content : maskedContent(record)) } : {}),
    problems: record.problems.map(({ code, detail }) => ({ code, detail })),
  });
}

/** A problem that belongs to no record: `kind` is `problem`. */
export function problemJson(anomaly: Anomaly, options: DecodeJsonOptions): string {
  const { code, connection, request, side, offset, time, packet, detail } = anomaly;
  return line({
    kind: 'problem',
    packet,
    time: time / 1e9,
    connection,
    ...options.endpoints(connection),
    from: SIDE_NAMES[side],
    request: request >= 0 ? request : null,
    offset,
    code,
    detail,
  });
}

function line(value: object): string {
  return `${safeJson(value)}\n`;
}

function hex(bytes: Uint8Array): string {
  let digits = '';
  for (const byte of bytes) digits += byte.toString(16).padStart(2, '0');
  return digits;
}
