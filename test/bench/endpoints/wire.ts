// The bytes that the load generator sends and the canned server answers: what nginx sends, and the shortest real answer.

import { STDOUT } from '../../../src/fastcgi/constants.js';
import { endRequest, stream } from '../../../src/fastcgi/encode.js';
import { request } from '../../support/fastcgi-messages.js';

export const ANSWER = 'Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n';

/** BEGIN_REQUEST, PARAMS as nginx's fastcgi_params has them, an empty STDIN; request id 1. */
export function cannedRequest(keepConn: boolean, script: string): Buffer {
  return Buffer.from(request({ keepConn, uri: '/hello', script }));
}

export function cannedAnswer(): Buffer {
  return Buffer.concat([stream(STDOUT, 1, ANSWER), endRequest(1)]);
}
