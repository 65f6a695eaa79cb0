// What a web server might send, record by record, and what becomes of it when records are damaged: their framing,
// lengths, ids and types, and their order.
import * as type from '../../src/fastcgi/constants.js';
import { nameValuePairs } from '../../src/fastcgi/encode.js';
import { requestParameters } from '../support/fastcgi-messages.js';
import type { Random } from '../support/random.js';

interface LooseRecord {
  version: number;
  type: number;
  id: number;
  content: Uint8Array;
  padding: number;
  /** What the header says in place of the content's length. */
  length: number | undefined;
  reserved: number;
}

export interface Dialogue {
  readonly bytes: Uint8Array;
  readonly records: number;
  /** How many of them were damaged, left out, doubled or moved. */
  readonly mutated: number;
}

const NAMES = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS', 'OTHER'];
/** PARAMS are the same over and over; making them is what costs. */
const PARAMS_OF = new Map<string, Uint8Array>();

/** One to six requests, each by itself or mixed with the others, and records between them. */
export function dialogue(dice: Random): Dialogue {
  const lists = Array.from({ length: dice.between(1, 6) }, (_, index) => requestRecords(index + 1, dice));
  const records: LooseRecord[] = [];
  if (dice.oneIn(2)) {
    for (const list of lists) records.push(...list);
  } else {
    for (let left = lists; left.length > 0; left = left.filter((list) => list.length > 0))
      records.push(dice.pick(left).shift()!);
  }
  if (dice.oneIn(3)) records.splice(dice.below(records.length + 1), 0, management(dice));
  if (dice.oneIn(4)) records.splice(dice.below(records.length + 1), 0, plain(type.ABORT_REQUEST, dice.between(1, 6)));
  let mutated = 0;
  if (!dice.oneIn(10)) {
    for (let i = 0; i < records.length; i++) {
      if (!dice.oneIn(3)) continue;
      mutated++;
      i += mutate(records, i, dice);
    }
  }
  return { bytes: encode(records), records: records.length, mutated };
}

function requestRecords(id: number, dice: Random): LooseRecord[] {
  const role = dice.oneIn(6) ? dice.pick([0, 2, 3, 4]) : type.RESPONDER;
  const body = dice.oneIn(2) ? new Uint8Array(dice.pick([0, 1, 10, 300])).fill(0x62) : undefined;
  const list = [plain(type.BEGIN_REQUEST, id, Uint8Array.of(0, role, dice.oneIn(4) ? 0 : 1, 0, 0, 0, 0, 0))];
  const pairs = paramsOf(`/${dice.below(12)}`, body?.length ?? 0);
  const cut = dice.oneIn(3) ? dice.below(pairs.length) : pairs.length;
  list.push(plain(type.PARAMS, id, pairs.subarray(0, cut)));
  if (cut < pairs.length) list.push(plain(type.PARAMS, id, pairs.subarray(cut)));
  list.push(plain(type.PARAMS, id));
  if (body && body.length > 0) list.push(plain(type.STDIN, id, body));
  list.push(plain(type.STDIN, id));
  if (role === type.FILTER) list.push(plain(type.DATA, id, new Uint8Array(20)), plain(type.DATA, id));
  for (const record of list) record.padding = dice.oneIn(3) ? dice.below(9) : -record.content.length & 7;
  return list;
}

function paramsOf(uri: string, length: number): Uint8Array {
  const key = `${uri} ${length}`;
  let pairs = PARAMS_OF.get(key);
  if (!pairs) PARAMS_OF.set(key, (pairs = nameValuePairs(requestParameters({ uri, contentLength: length }))));
  return pairs;
}

function management(dice: Random): LooseRecord {
  if (dice.oneIn(2)) return plain(dice.pick([0, 12, 99, 200, 255]), 0, new Uint8Array(dice.below(20)));
  return plain(
    type.GET_VALUES,
    0,
    nameValuePairs(NAMES.filter(() => dice.oneIn(2)).map((name) => [name, ''] as const)),
  );
}

function plain(recordType: number, id: number, content: Uint8Array = new Uint8Array(0)): LooseRecord {
  return { version: 1, type: recordType, id, content, padding: 0, length: undefined, reserved: 0 };
}

/** Damages the record at `index` or its place; returns how many records further the next one is than it would be. */
function mutate(records: LooseRecord[], index: number, dice: Random): number {
  const record = { ...records[index] };
  records[index] = record;
  switch (dice.below(16)) {
    case 0: // framing: most of these end a connection, so they are few
      if (dice.oneIn(4)) record.version = dice.pick([0, 2, 72, 255]);
      else record.reserved = 255;
      return 0;
    case 1:
      record.padding = dice.pick([0, 1, 7, 255]);
      return 0;
    case 2:
      // The record swallows what follows, or leaves some of its content as a header: rarely anything good follows.
      if (dice.oneIn(3)) record.length = dice.pick([0, 1, record.content.length + dice.between(1, 40), 65_535]);
      else record.content = record.content.subarray(0, dice.below(record.content.length + 1));
      return 0;
    case 3:
    case 4:
      record.id = dice.pick([0, 1, 2, 3, 4, 5, 6, 7, 255, 256, 65_535]);
      return 0;
    case 5:
    case 6:
      record.type = dice.oneIn(3) ? dice.below(256) : dice.between(1, 11);
      return 0;
    case 7:
    case 8:
      if (record.content.length > 0) {
        const content = record.content.slice();
        content[dice.below(dice.oneIn(2) ? Math.min(8, content.length) : content.length)] = dice.pick([
          0, 0x7f, 0x80, 0xff,
        ]);
        record.content = content;
      } else {
        record.content = new Uint8Array(dice.between(1, 20)).fill(dice.below(256));
      }
      return 0;
    case 9:
    case 10:
      records.splice(index, 1); // left out
      return -1;
    case 11:
    case 12:
      records.splice(index, 0, record); // twice
      return 1;
    case 13:
      // A record that is as large as can be.
      record.content = dice.oneIn(20) ? new Uint8Array(65_535).fill(record.content[0] ?? 0x61) : record.content;
      record.id = dice.oneIn(2) ? record.id : dice.between(1, 6);
      return 0;
    default: {
      const other = dice.below(records.length); // changes places
      records[index] = records[other];
      records[other] = record;
      return 0;
    }
  }
}

function encode(records: readonly LooseRecord[]): Uint8Array {
  let size = 0;
  for (const { content, padding } of records) size += 8 + content.length + padding;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const record of records) {
    const length = record.length ?? record.content.length;
    bytes.set([record.version, record.type, record.id >>> 8, record.id & 255, length >>> 8, length & 255], at);
    bytes[at + 6] = record.padding;
    bytes[at + 7] = record.reserved;
    bytes.set(record.content, at + 8);
    at += 8 + record.content.length + record.padding;
  }
  return bytes;
}
