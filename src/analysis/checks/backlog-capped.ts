// The listener's queue is shorter than its configuration says, because the kernel caps it. Only the host can tell.

import type { Check } from '../check.js';
import { shorterThanAsked } from '../host-evidence/listeners.js';
import { withHost } from '../host-evidence/with-host.js';

export const backlogCapped: Check = withHost(shorterThanAsked, {
  id: 'backlog-capped',
  title: 'The accept queue is shorter than configured: the kernel caps it',
  severity: 'warning',
  explanation: `An application asks for the length of its accept queue with listen(), for example php-fpm's "listen.backlog". The kernel takes the smaller of that number and net.core.somaxconn, without a word. somaxconn is 4,096 since Linux 5.4 and was 128 before, and a container has its own. It holds for TCP and for unix sockets alike; net.unix.max_dgram_qlen, which is often named instead, has nothing to do with it.

The true limit is in the Send-Q column of "ss -ltn" (or "ss -lx" for unix sockets) on the listener's line, and Recv-Q is how many connections wait there now. The queue is full at Recv-Q = Send-Q + 1.

A capture does not show the limit. It shows the consequence, connection attempts that are not answered: see backlog-overflow.`,
  remedy: [
    {
      for: 'host',
      text:
        'Raise net.core.somaxconn, in the container or network namespace of the application, to at least what the ' +
        'application asks for, then restart the application: listen() has to be called again.',
    },
    {
      for: 'php-fpm',
      text: 'Set "listen.backlog" to the length you want (the default -1 means somaxconn) and restart rather than reload.',
    },
  ],
  needs: ['host'],
  run: () => 'not-applicable',
});
