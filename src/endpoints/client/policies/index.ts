// All policies by name.
import { apache, apacheReuse, modCgid } from './apache.js';
import { haproxy, haproxyMultiplexing } from './haproxy.js';
import { lighttpd, lighttpd2009 } from './lighttpd.js';
import { nginx, nginxKeepalive, nginxKeepConn } from './nginx.js';
import type { ClientPolicy } from './policy.js';

/** Every policy; those that take a number with its default. */
export const POLICIES: readonly ClientPolicy[] = [
  nginx,
  nginxKeepConn,
  nginxKeepalive(),
  lighttpd,
  lighttpd2009(),
  apache,
  apacheReuse(),
  haproxy,
  haproxyMultiplexing(),
  modCgid,
];

/** The policy of that name, or undefined. */
export function policyNamed(name: string): ClientPolicy | undefined {
  return POLICIES.find((policy) => policy.name === name);
}
