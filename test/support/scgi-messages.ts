// An SCGI request with realistic headers, as bytes for a conversation. The answer is fastcgi-messages' cgiResponse.
import { request } from '../../src/scgi/encode.js';
import { type RequestFields, requestParameters } from './fastcgi-messages.js';

export function scgiRequest(
  fields: Pick<RequestFields, 'method' | 'uri' | 'host' | 'script' | 'body' | 'contentType' | 'parameters'> = {},
): Uint8Array {
  const headers = requestParameters(fields).filter(([name]) => name !== 'CONTENT_LENGTH');
  return request(headers, fields.body);
}
