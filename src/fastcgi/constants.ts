// Numbers and names of the FastCGI specification 1.0 (section 8, "Types and Constants").

export const VERSION_1 = 1;
export const HEADER_LENGTH = 8;
/** A record's content length is 16 bits. */
export const MAX_CONTENT = 65535;

export const BEGIN_REQUEST = 1;
export const ABORT_REQUEST = 2;
export const END_REQUEST = 3;
export const PARAMS = 4;
export const STDIN = 5;
export const STDOUT = 6;
export const STDERR = 7;
export const DATA = 8;
export const GET_VALUES = 9;
export const GET_VALUES_RESULT = 10;
export const UNKNOWN_TYPE = 11;
export const MAX_TYPE = UNKNOWN_TYPE;

/** Management records use this request id (section 3.3). */
export const NULL_REQUEST_ID = 0;

const TYPE_NAMES = [
  '',
  'BEGIN_REQUEST',
  'ABORT_REQUEST',
  'END_REQUEST',
  'PARAMS',
  'STDIN',
  'STDOUT',
  'STDERR',
  'DATA',
  'GET_VALUES',
  'GET_VALUES_RESULT',
  'UNKNOWN_TYPE',
];

/** The record type's name without its FCGI_ prefix; `type_99` for one the specification does not know. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] || `type_${type}`;
}

/** FCGI_BeginRequestBody flags: the application keeps the connection after this request. */
export const KEEP_CONN = 1;

export const RESPONDER = 1;
export const AUTHORIZER = 2;
export const FILTER = 3;

export function roleName(role: number): string {
  return role === RESPONDER
    ? 'responder'
    : role === AUTHORIZER
      ? 'authorizer'
      : role === FILTER
        ? 'filter'
        : String(role);
}

export const REQUEST_COMPLETE = 0;
export const CANT_MPX_CONN = 1;
export const OVERLOADED = 2;
export const UNKNOWN_ROLE = 3;

const PROTOCOL_STATUS_NAMES = ['REQUEST_COMPLETE', 'CANT_MPX_CONN', 'OVERLOADED', 'UNKNOWN_ROLE'];

export function protocolStatusName(status: number): string {
  return PROTOCOL_STATUS_NAMES[status] ?? `status ${status}`;
}
