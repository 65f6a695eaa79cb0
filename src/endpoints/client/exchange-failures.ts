// What an exchange that ended without an answer is called: codes and sentences.
import * as fcgi from '../../fastcgi/constants.js';
import type { AnswerLoss } from '../../protocol/web-server-request.js';
import type { ConnectionEnd } from './connection.js';
import { type ClientErrorCode, type ClientErrorDetails, type Phase, systemCode } from './errors.js';

export interface Failure {
  readonly code: ClientErrorCode;
  readonly message: string;
  readonly details: Partial<ClientErrorDetails>;
}

/** END_REQUEST came, with another status than REQUEST_COMPLETE. */
export function statusFailure(appStatus: number, protocolStatus: number): Failure {
  const code: ClientErrorCode =
    protocolStatus === fcgi.CANT_MPX_CONN
      ? 'cant-multiplex'
      : protocolStatus === fcgi.OVERLOADED
        ? 'overloaded'
        : protocolStatus === fcgi.UNKNOWN_ROLE
          ? 'unknown-role'
          : 'protocol-status';
  const message = `the application ended the request with ${fcgi.protocolStatusName(protocolStatus)}`;
  return { code, message, details: { phase: 'ended', appStatus, protocolStatus } };
}

/** No END_REQUEST came. */
export function lossFailure(loss: AnswerLoss, phase: Phase, end: ConnectionEnd | undefined): Failure {
  if (loss.reason === 'bad-version') {
    return { code: 'not-fastcgi', message: `the answer is no FastCGI: ${loss.detail}`, details: {} };
  }
  if (loss.reason !== 'closed') {
    return { code: 'protocol-error', message: `the application broke the protocol: ${loss.detail}`, details: {} };
  }
  if (end?.by === 'reset') {
    const what = systemCode(end.cause) === 'ECONNRESET' ? 'was reset' : `broke (${systemCode(end.cause) ?? end.cause})`;
    return { code: 'reset', message: `the connection ${what} ${WHERE[phase]}`, details: { cause: end.cause } };
  }
  if (end?.by === 'client') {
    return { code: 'client-closed', message: `the client closed the connection ${WHERE[phase]}`, details: {} };
  }
  const cut = loss.missing > 0 ? `, inside a record that lacks ${loss.missing} bytes` : '';
  return {
    code: 'closed',
    message: `the application closed the connection before END_REQUEST, ${WHERE[phase]}${cut}`,
    details: { missing: loss.missing, cause: end?.cause },
  };
}

const WHERE: Readonly<Record<Phase, string>> = {
  waiting: 'before the request was sent',
  connecting: 'while connecting',
  'before-answer': 'before it answered a byte',
  'in-head': 'inside the response head',
  'in-body': 'inside the response body',
  'after-stdout': 'after the end of STDOUT',
  ended: 'after END_REQUEST',
};
