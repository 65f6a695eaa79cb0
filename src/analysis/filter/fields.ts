// The fields of the filter language: what can be asked of a connection and of a request. Names are short; spellings of
// tshark that mean the same are accepted as aliases.

/**
 * `number`; `duration` in nanoseconds; `text` compared letter for letter; `word` from a small vocabulary, compared
 * without regard to letter case; `boolean`.
 */
export type FieldKind = 'number' | 'duration' | 'text' | 'word' | 'boolean';

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** `both`: the row's own, on rows of either kind. */
  readonly of: 'connection' | 'request' | 'both';
  readonly description: string;
  /** Words a value can be. Of a number: names of the values 0, 1, 2, ... */
  readonly values?: readonly string[];
  /** Numbers are values too: a role or a protocol that has no name. */
  readonly open?: boolean;
  readonly aliases?: readonly string[];
}

const SIDES = ['application', 'web-server', 'none'] as const;
const STATES = ['OTH', 'S0', 'S1', 'SF', 'REJ', 'S2', 'S3', 'RSTO', 'RSTR', 'RSTOS0', 'RSTRH', 'SH', 'SHR'] as const;

export const FIELDS = [
  { name: 'id', kind: 'number', of: 'both', description: 'the number of the row itself' },
  {
    name: 'connection',
    kind: 'number',
    of: 'both',
    description: 'number of the connection; of a request, of its connection',
    aliases: ['conn', 'tcp.stream'],
  },
  {
    name: 'protocol',
    kind: 'word',
    of: 'both',
    description: 'what is spoken',
    values: ['fastcgi', 'scgi', 'tcp'],
    aliases: ['proto'],
  },
  {
    name: 'keepconn',
    kind: 'boolean',
    of: 'both',
    description: 'FCGI_KEEP_CONN was set (of a connection: on its first request)',
    aliases: ['keep_conn', 'fcgi.begin_request.keep_conn'],
  },
  {
    name: 'problem',
    kind: 'word',
    of: 'both',
    description: 'codes of what is wrong with the stream; several are possible',
    open: true,
    aliases: ['problems'],
  },
  {
    name: 'state',
    kind: 'word',
    of: 'connection',
    description: "how the connection began and ended, in Zeek's terms",
    values: STATES,
    aliases: ['conn_state'],
  },
  {
    name: 'history',
    kind: 'text',
    of: 'connection',
    description: "what happened in order, in Zeek's letters: upper case is the web server's",
  },
  {
    name: 'dur',
    kind: 'duration',
    of: 'connection',
    description: 'from the first packet to the last',
    aliases: ['duration'],
  },
  {
    name: 'start',
    kind: 'duration',
    of: 'connection',
    description: 'first packet, since the first of the capture',
    aliases: ['frame.time_relative'],
  },
  { name: 'end', kind: 'duration', of: 'both', description: 'last packet of a connection; END_REQUEST of a request' },
  {
    name: 'webserver',
    kind: 'text',
    of: 'connection',
    description: "the web server's end, host:port",
    aliases: ['web', 'web-server'],
  },
  {
    name: 'application',
    kind: 'text',
    of: 'connection',
    description: "the application's end, host:port",
    aliases: ['app', 'backend'],
  },
  {
    name: 'port',
    kind: 'number',
    of: 'connection',
    description: 'port the application listens on',
    aliases: ['tcp.port', 'tcp.dstport'],
  },
  {
    name: 'webport',
    kind: 'number',
    of: 'connection',
    description: 'port of the web server',
    aliases: ['tcp.srcport'],
  },
  {
    name: 'firstfin',
    kind: 'word',
    of: 'connection',
    description: 'side that closed first',
    values: [...SIDES, 'simultaneous'],
  },
  {
    name: 'firstreset',
    kind: 'word',
    of: 'connection',
    description: 'side of the first RST',
    values: [...SIDES, 'both'],
    aliases: ['firstrst'],
  },
  {
    name: 'timewait',
    kind: 'word',
    of: 'connection',
    description: 'side left holding TIME_WAIT',
    values: [...SIDES, 'both'],
    aliases: ['time_wait'],
  },
  { name: 'requests', kind: 'number', of: 'connection', description: 'requests on the connection' },
  {
    name: 'exchanges',
    kind: 'number',
    of: 'connection',
    description: 'turns of payload, where there is no payload to decode (text printed by tcpdump)',
  },
  {
    name: 'bytes.web',
    kind: 'number',
    of: 'connection',
    description: 'payload bytes from the web server',
    aliases: ['bytes.webserver', 'bytes.web-server'],
  },
  {
    name: 'bytes.app',
    kind: 'number',
    of: 'connection',
    description: 'payload bytes from the application',
    aliases: ['bytes.application'],
  },
  {
    name: 'retrans',
    kind: 'number',
    of: 'connection',
    description: 'segments sent again, both sides',
    aliases: ['retransmissions'],
  },
  {
    name: 'reqid',
    kind: 'number',
    of: 'request',
    description: 'FastCGI request id',
    aliases: ['requestid', 'request_id', 'fcgi.id'],
  },
  {
    name: 'method',
    kind: 'word',
    of: 'request',
    description: 'REQUEST_METHOD',
    open: true,
    aliases: ['http.request.method'],
  },
  {
    name: 'uri',
    kind: 'text',
    of: 'request',
    description: 'REQUEST_URI',
    aliases: ['url', 'http.request.uri'],
  },
  { name: 'script', kind: 'text', of: 'request', description: 'SCRIPT_FILENAME' },
  {
    name: 'role',
    kind: 'word',
    of: 'request',
    description: 'role asked for',
    values: ['responder', 'authorizer', 'filter'],
    open: true,
    aliases: ['fcgi.begin_request.role'],
  },
  {
    name: 'status',
    kind: 'number',
    of: 'request',
    description: 'HTTP status of the response; absent while no STDOUT came',
    aliases: ['httpstatus', 'http.response.code'],
  },
  {
    name: 'appstatus',
    kind: 'number',
    of: 'request',
    description: 'application status in END_REQUEST',
    aliases: ['app_status', 'fcgi.end_request.app_status'],
  },
  {
    name: 'protostatus',
    kind: 'number',
    of: 'request',
    description: 'protocol status in END_REQUEST',
    values: ['request_complete', 'cant_mpx_conn', 'overloaded', 'unknown_role'],
    aliases: ['protocolstatus', 'protocol_status', 'fcgi.end_request.protocol_status'],
  },
  {
    name: 'ttfb',
    kind: 'duration',
    of: 'request',
    description: "from the end of the request's input to its first STDOUT or STDERR byte",
  },
  {
    name: 'total',
    kind: 'duration',
    of: 'request',
    description: 'from BEGIN_REQUEST to END_REQUEST; absent when it did not end',
  },
  {
    name: 'begin',
    kind: 'duration',
    of: 'request',
    description: 'BEGIN_REQUEST, since the first packet of the capture',
  },
  { name: 'stdin', kind: 'number', of: 'request', description: 'bytes of STDIN' },
  { name: 'stdout', kind: 'number', of: 'request', description: 'bytes of STDOUT' },
  { name: 'stderr', kind: 'number', of: 'request', description: 'bytes of STDERR' },
  { name: 'data', kind: 'number', of: 'request', description: 'bytes of DATA (filter role)' },
  { name: 'aborted', kind: 'boolean', of: 'request', description: 'ABORT_REQUEST was sent' },
  { name: 'finished', kind: 'boolean', of: 'request', description: 'END_REQUEST came', aliases: ['ended'] },
] as const satisfies readonly Field[];

/** Names of the fields, for accessors that must know them all. */
export type FieldName = (typeof FIELDS)[number]['name'];

const BY_NAME = new Map<string, Field>();
for (const field of FIELDS as readonly Field[]) {
  BY_NAME.set(field.name, field);
  for (const alias of field.aliases ?? []) BY_NAME.set(alias, field);
}

/** The field of a name or an alias; letter case makes no difference. */
export function findField(name: string): Field | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** All names and aliases. */
export function fieldNames(): string[] {
  return [...BY_NAME.keys()];
}
