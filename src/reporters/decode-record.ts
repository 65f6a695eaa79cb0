// A record in words, for the text and the JSON form of `decode`: what its body says.
import type { DecodedPair, DecodedRecord } from '../analysis/decoded-record.js';
import * as type from '../fastcgi/constants.js';
import { decodeBytes } from '../model/byte-strings.js';
import { redactText, redactValue } from './redact.js';

export interface BeginBody {
  readonly role: string;
  readonly flags: number;
  readonly keepConn: boolean;
}

/** The body of BEGIN_REQUEST; undefined where it is too short. */
export function beginBody({ content }: DecodedRecord): BeginBody | undefined {
  if (content.length < 3) return undefined;
  const flags = content[2];
  return { role: type.roleName((content[0] << 8) | content[1]), flags, keepConn: (flags & type.KEEP_CONN) !== 0 };
}

export interface EndBody {
  /** Unsigned, as the specification has it. */
  readonly appStatus: number;
  readonly protocolStatus: number;
}

/** The body of END_REQUEST; undefined where it is too short. */
export function endBody({ content }: DecodedRecord): EndBody | undefined {
  if (content.length < 5) return undefined;
  const appStatus = ((content[0] << 24) | (content[1] << 16) | (content[2] << 8) | content[3]) >>> 0;
  return { appStatus, protocolStatus: content[4] };
}

/** Name and value as text; a secret value is replaced unless `showSecrets`. */
export function pairText({ name, value }: DecodedPair, showSecrets: boolean): { name: string; value: string } {
  const nameText = decodeBytes(name);
  const shown = showSecrets ? value : redactValue(nameText, value);
  return { name: nameText, value: typeof shown === 'string' ? shown : decodeBytes(shown) };
}

/** The first `most` bytes of a record's content as text, secrets replaced unless `showSecrets`. */
export function contentText({ content }: DecodedRecord, most: number, showSecrets: boolean): string {
  const text = decodeBytes(content.subarray(0, most));
  return showSecrets ? text : redactText(text);
}

/** Records whose content is text or a body rather than fields. */
export function hasStreamContent({ type: number, name }: DecodedRecord): boolean {
  if (number === 0) return name !== 'HEADERS';
  return (
    number === type.STDIN ||
    number === type.STDOUT ||
    number === type.STDERR ||
    number === type.DATA ||
    number > type.MAX_TYPE
  );
}

/** An empty record that ends its stream (section 3.3: streams end with an empty record). */
export function endsStream({ type: number, contentLength }: DecodedRecord): boolean {
  return contentLength === 0 && ((number >= type.PARAMS && number <= type.STDERR) || number === type.DATA);
}
