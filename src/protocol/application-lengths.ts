// Lengths that PARAMS declare.
import { decimal } from '../fastcgi/response-head.js';
import type { Params } from './application-params.js';

/** CONTENT_LENGTH or FCGI_DATA_LENGTH as a number; undefined where it is absent, empty or no number. */
export function declaredLength(params: Params, name: string): number | undefined {
  const bytes = params.getBytes(name);
  if (bytes === undefined) return undefined;
  const value = decimal(bytes, 0, bytes.length);
  return value >= 0 ? value : undefined;
}
