// A process has no descriptors left: it lives, and can accept nothing. Only the host can tell.
import type { Check } from '../check.js';
import { descriptorsTaken } from '../host-evidence/listeners.js';
import { withHost } from '../host-evidence/with-host.js';

export const descriptorsExhausted: Check = withHost(descriptorsTaken, {
  id: 'descriptors-exhausted',
  title: 'A process has no descriptors left for further connections',
  severity: 'a warning from nine tenths of the limit on, an error where none is left',
  explanation: `A process may have only so many files and sockets open at a time, its soft limit of descriptors. Each connection takes one on either side. When none is left, accept() fails with EMFILE: the connection stays in the accept queue, the listening socket stays readable, and many programs then call accept() again and again, at full processor load, without serving anybody.

nginx logs at level alert "socket() failed (24: Too many open files)" or says "N worker_connections are not enough" before that; lighttpd "[note] sockets disabled, connection limit reached" or "out-of-fds"; CppCMS "Accept failed:". php-fpm's workers have one connection each and rarely come near it.`,
  remedy: [
    {
      for: 'host',
      text:
        'See what is open: "ls -l /proc/PID/fd". If it is connections, raise the limit: "LimitNOFILE=" of the service in systemd, ' +
        '"ulimit -n" for programs started by hand. If it is files that nobody closes, the program leaks them.',
    },
    { for: 'nginx', text: 'Set "worker_rlimit_nofile" to at least twice "worker_connections".' },
    { for: 'lighttpd', text: 'Set "server.max-fds", and "server.max-connections" to less than half of it.' },
  ],
  needs: ['host'],
  run: () => 'not-applicable',
});
