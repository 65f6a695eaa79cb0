// Workers that died and were not replaced: fewer than configured, for long. Only the host can tell.

import type { Check } from '../check.js';
import { fewerWorkers } from '../host-evidence/listeners.js';
import { withHost } from '../host-evidence/with-host.js';

export const capacityLeak: Check = withHost(fewerWorkers, {
  id: 'capacity-leak',
  title: 'Fewer workers live than configured, or dead ones are not collected',
  severity: 'error',
  explanation: `A prefork application starts a number of worker processes, and a parent replaces those that die. Where the replacing has a hole, the number shrinks with every accident, and the service gets slower week by week until a restart.

CppCMS is the known example: its parent calls waitpid() once for each SIGCHLD, and two signals that arrive together are one, so one of two workers that die at the same time stays a zombie ("<defunct>" in ps) and is not replaced until the next death. A worker that exits with status 0 is not replaced at all. Its log has "Catched signal 17", "Chaild exited with N", "Chaild killed by N" (spelt so). With php-fpm and pm=ondemand, a worker ended for idleness while a connection waits looks similar for a moment.

It takes the process list of the host, or the status page of php-fpm, over some time to see it. In a capture the only sign is a concurrency ceiling (see workers-exhausted) lower than the configured number of workers.`,
  remedy: [
    {
      for: 'host',
      text:
        'Compare the number of live workers with the configuration, and look for "<defunct>" children: "ps -o ' +
        'pid,ppid,stat,etime,cmd --ppid PARENT". Let the service manager restart the application when it falls short.',
    },
    {
      for: 'application',
      text: 'In the parent, call waitpid(-1, &status, WNOHANG) in a loop until it returns 0 or -1.',
    },
    {
      for: 'php-fpm',
      text: 'Find out why workers die ("exited on signal 11" in its log) and set "emergency_restart_threshold".',
    },
  ],
  needs: ['host'],
  run: () => 'not-applicable',
});
