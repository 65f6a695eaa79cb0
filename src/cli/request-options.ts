// What the request command can be told. Names of web servers are listed here, so that the help does not have to load the
// client; a test holds the list against it.

export const ROLES = ['responder', 'authorizer', 'filter'] as const;

export const POLICY_NAMES = [
  'nginx',
  'nginx-keep-conn',
  'nginx-keepalive',
  'lighttpd',
  'lighttpd-1.4.22',
  'apache',
  'apache-reuse',
  'haproxy',
  'haproxy-multiplexing',
  'mod-cgid',
] as const;

export interface RequestCommandOptions {
  readonly request?: string;
  readonly data?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly head?: boolean;
  readonly include?: boolean;
  readonly output?: string;
  readonly fail?: boolean;
  readonly verbose?: boolean;
  readonly root?: string;
  readonly script?: string;
  readonly pathInfo?: string;
  readonly param?: readonly (readonly [string, string | undefined])[];
  readonly keepConn?: boolean;
  readonly role: (typeof ROLES)[number] | number;
  readonly filterData?: string;
  readonly scgi?: boolean;
  readonly getValues?: boolean;
  readonly as?: (typeof POLICY_NAMES)[number];
  readonly repeat: number;
  readonly fault?: readonly string[];
  readonly timeout?: number;
  readonly connectTimeout?: number;
  readonly showSecrets?: boolean;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
}
