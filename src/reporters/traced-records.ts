// Records as a client or a server sees them go by, put into the form that `decode` shows: with the pairs that end in them.
import type { DecodedPair, DecodedRecord } from '../analysis/decoded-record.js';
import { GET_VALUES, GET_VALUES_RESULT, PARAMS, typeName } from '../fastcgi/constants.js';
import { EVERY_LENGTH, NameValueParser } from '../fastcgi/name-value.js';
import type { Side } from '../model/side.js';

/** A record that went by. */
export interface TracedRecord {
  readonly side: Side;
  /** Nanoseconds since whatever the reader counts from. */
  readonly time: number;
  readonly connection: number;
  readonly type: number;
  readonly requestId: number;
  readonly paddingLength: number;
  readonly content: Uint8Array;
}

/** Streams of PARAMS that are followed at once; of more the pairs are not shown. */
const MOST_STREAMS = 1000;

export class TracedRecords {
  private readonly streams = new Map<string, NameValueParser>();

  decode(record: TracedRecord): DecodedRecord {
    const { type, requestId, connection, content } = record;
    const pairs: DecodedPair[] = [];
    let beginsInPair = false;
    if (type === PARAMS || type === GET_VALUES || type === GET_VALUES_RESULT) {
      const key = `${connection} ${record.side} ${type} ${requestId}`;
      const parser = this.streams.get(key) ?? new NameValueParser();
      beginsInPair = parser.pending;
      parser.push(content, 0, content.length, {
        wantedLengths: EVERY_LENGTH,
        pair(bytes, nameStart, valueStart, valueEnd) {
          // A pair that began in an earlier record lies in the parser's own bytes.
          const here = bytes === content;
          pairs.push({
            name: bytes.slice(nameStart, valueStart),
            value: bytes.slice(valueStart, valueEnd),
            nameAt: here ? nameStart : -1,
            valueAt: here ? valueStart : -1,
          });
        },
      });
      if (parser.pending && this.streams.size < MOST_STREAMS) this.streams.set(key, parser);
      else this.streams.delete(key);
    }
    return {
      protocol: 'fastcgi',
      connection,
      request: -1,
      side: record.side,
      packet: 0,
      time: record.time,
      offset: 0,
      type,
      name: typeName(type),
      requestId,
      content,
      contentLength: content.length,
      paddingLength: record.paddingLength,
      missingLength: 0,
      pairs,
      beginsInPair,
      problems: [],
    };
  }
}
