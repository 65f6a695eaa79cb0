// The web server's host runs out of ports for connections to the application. No packet shows it: the SYN never leaves.

import type { Check } from '../check.js';
import { noPortsLeft } from '../host-evidence/ports.js';
import { withHost } from '../host-evidence/with-host.js';

export const ephemeralPortExhaustion: Check = withHost(noPortsLeft, {
  id: 'ephemeral-port-exhaustion',
  title: 'The web server has no ports left for connections to the application',
  severity: 'error',
  explanation: `Every TCP connection of a web server to one application address and port needs a local port of its own, out of net.ipv4.ip_local_port_range: 28,232 of them unless it was changed. A connection in TIME_WAIT on the web server's side keeps its port for 60 seconds. So at about 470 connections a second to one address they are used up, and connect() fails with EADDRNOTAVAIL.

nginx logs "connect() to 127.0.0.1:9000 failed (99: Cannot assign requested address) while connecting to upstream", at level crit; Apache "(99)Cannot assign requested address: AH00957: FCGI: attempt to connect to 127.0.0.1:9000 failed"; lighttpd "establishing connection failed: socket: tcp:127.0.0.1:9000: Cannot assign requested address"; HAProxy "Connect() failed for backend X: no free ports."; Caddy "dial tcp 127.0.0.1:9000: connect: cannot assign requested address".

A capture cannot show it, because no packet is sent; it shows only a hole. What it does show is how close it is: see time-wait-web-server-side, which counts the ports of each address pair. TIME_WAIT on the application's side does not use them up, since a new connection may take such a port again.`,
  remedy: [
    {
      for: 'nginx',
      text:
        'Keep connections: "keepalive 8;" in an upstream block and "fastcgi_keep_conn on" (fewer idle connections in all ' +
        'worker processes together than the application has workers). Or connect from several addresses with "fastcgi_bind".',
    },
    {
      for: 'host',
      text:
        'On one host use a unix socket: it has neither ports nor TIME_WAIT. Otherwise widen net.ipv4.ip_local_port_range ' +
        '("1024 65000", with net.ipv4.ip_local_reserved_ports for services in it) and set net.ipv4.tcp_tw_reuse=1.',
    },
    {
      for: 'apache',
      text: 'Set "enablereuse=on" for the FastCGI worker, with "max" below the number of php-fpm children.',
    },
  ],
  needs: ['host'],
  run: () => 'not-applicable',
});
