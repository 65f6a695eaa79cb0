// What `tap` says on stderr: where it listens, what to write into the web server's configuration, what to undo.
import { formatEndpoint } from '../model/endpoint-address.js';
import type { LiveTap } from '../sources/tap/live-tap.js';

export function* greeting(live: LiveTap): Generator<string> {
  for (const { listen, to } of live.names) yield `listening on ${listen}, relaying to ${to}`;
  for (const warning of live.warnings) yield `note: ${warning}`;
  const [address] = live.listening;
  const name = formatEndpoint(address);
  yield `no traffic yet; point the web server here, for nginx: fastcgi_pass ${name}; lighttpd: ${lighttpd(live)}`;
}

function lighttpd({ listening: [address] }: LiveTap): string {
  return address.kind === 'unix'
    ? `"socket" => "${address.path}"`
    : `"host" => "${address.host}", "port" => ${address.port}`;
}

/** What to undo when the tap is gone. */
export function* reverting(live: LiveTap): Generator<string> {
  for (const { listen, to } of live.names) yield `the tap has ended: what connects to ${listen} must go to ${to} again`;
}
