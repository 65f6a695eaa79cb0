// What the decode command can be told.
import type { StreamName } from '../reporters/decode-request.js';
import type { TimeFormat } from '../reporters/format-time.js';
import type { SourceOptions } from './source-options.js';

export const DECODE_FORMATS = ['text', 'ndjson'] as const;

export interface DecodeOptions extends SourceOptions {
  readonly filter?: string;
  readonly format?: (typeof DECODE_FORMATS)[number];
  readonly limit?: number;
  readonly hex?: boolean;
  readonly request?: number;
  readonly follow?: number;
  readonly stream?: StreamName;
  readonly raw?: boolean;
  readonly output?: string;
  readonly time?: TimeFormat;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly showSecrets?: boolean;
  readonly quiet?: boolean;
}
