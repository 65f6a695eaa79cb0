// php-fpm as the application of a scenario: a static pool, and one script that answers as the paths of our own application do.
import { readFileSync, writeFileSync } from 'node:fs';
import { type EndpointAddress, formatEndpoint } from '../../model/endpoint-address.js';
import type { ApplicationPlan } from '../../scenarios/play.js';
import type { RunningApplication } from '../parts.js';
import type { Place } from '../place.js';
import { Daemon } from './daemon.js';
import { PHP_FPM, programPath, serviceUser } from './programs.js';

const SCRIPT = `<?php
// /echo gives the body back, /stream?bytes=N is a body of N bytes, anything else a short page; ms=N: after so long.
const NOTICES = %NOTICES%;
ignore_user_abort(!NOTICES);
$path = parse_url($_SERVER['REQUEST_URI'] ?? '/', PHP_URL_PATH);
for ($left = (int) ($_GET['ms'] ?? 0); $left > 0; $left -= 50) {
  usleep(1000 * min($left, 50));
  if (!NOTICES) continue;
  // PHP learns that its peer is gone when it writes.
  echo ' ';
  @ob_flush();
  flush();
}
if (str_ends_with($path, '/echo')) {
  readfile('php://input');
} elseif (str_ends_with($path, '/stream')) {
  $left = (int) ($_GET['bytes'] ?? 1000000);
  header('Content-Length: ' . $left);
  for (; $left > 0; $left -= 8192) echo str_repeat('x', min($left, 8192));
} else {
  header('Content-Type: text/plain');
  echo "hello\\n";
}
`;

/** @throws UserError where it is not installed, or does not start */
export async function startPhpFpm(
  plan: ApplicationPlan,
  address: EndpointAddress,
  place: Place,
  path: string,
): Promise<RunningApplication> {
  const program = programPath(PHP_FPM, path);
  writeFileSync(place.path('app.php'), SCRIPT.replace('%NOTICES%', String(plan.peerEnd === 'abort')), { mode: 0o644 });
  const configuration = place.path('php-fpm.conf');
  writeFileSync(configuration, configurationText(plan, address, place));
  // -n: the machine's own php.ini is not part of the scenario.
  const start = async () => {
    const daemon = Daemon.start(place, program, ['--nodaemonize', '-n', '--fpm-config', configuration], 'SIGTERM');
    try {
      await daemon.listening(address);
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    return daemon;
  };
  let daemon = await start();
  return {
    name: program.replace(/.*\//, ''),
    address,
    script: '/app.php',
    async kill(workers) {
      for (const pid of childrenOf(daemon.pid).slice(0, workers)) process.kill(pid, 'SIGKILL');
    },
    pid: async () => childrenOf(daemon.pid)[0] ?? 0,
    vanish: () => daemon.stop(),
    async restart() {
      daemon = await start();
    },
    figures: async () => ({ workers: childrenOf(daemon.pid).length }),
    log: () => readFileSync(place.path('php-fpm.log'), 'utf8'),
    close: () => daemon.stop(),
  };
}

function configurationText(plan: ApplicationPlan, address: EndpointAddress, place: Place): string {
  const user = serviceUser();
  const { workers, slots = 1, backlog, maxRequests } = plan;
  const listen = address.kind === 'unix' ? address.path : formatEndpoint(address);
  return `[global]
daemonize = no
error_log = ${place.path('php-fpm.log')}
log_level = notice
[reproduce]
${user === undefined ? '' : `user = ${user.user}\ngroup = ${user.group}`}
listen = ${listen}
listen.mode = 0666
${backlog === undefined ? '' : `listen.backlog = ${backlog}`}
pm = static
pm.max_children = ${workers * Math.max(1, slots)}
${maxRequests === undefined ? '' : `pm.max_requests = ${maxRequests}`}
catch_workers_output = no
php_admin_value[post_max_size] = 64M
`;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
