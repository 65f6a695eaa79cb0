// What the application wrote to STDERR, grouped by text, with what explains it where that is known.
import type { StderrGroup } from '../../model/stderr-log.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Finding, MAX_EVIDENCE } from '../finding.js';
import { counted, requestEvidence, requestName, showsRequests } from './shared-evidence.js';

/** Characters of a message that are shown. */
const MAX_TEXT = 300;

const PRIMARY_SCRIPT = /Primary script unknown/;

const LOG_ADVICE: readonly Advice[] = [
  {
    for: 'php-fpm',
    text:
      'These lines are PHP\'s error log going to the web server because "error_log" is not set. Set it ' +
      '("php_admin_value[error_log] = /var/log/php-fpm/www.log" in the pool) to have them in a file of their own.',
  },
  {
    for: 'nginx',
    text:
      'nginx logs each piece as "FastCGI sent in stderr", at most 2,048 bytes a line. Text that comes before the response ' +
      'head also takes room in fastcgi_buffer_size: with much of it nginx answers 502 "upstream sent too big header".',
  },
];

const SCRIPT_ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      '"Primary script unknown": php-fpm found no file at SCRIPT_FILENAME. Check "root" and "fastcgi_param SCRIPT_FILENAME ' +
      '$document_root$fastcgi_script_name", and put "try_files $uri =404;" into the PHP location.',
  },
  {
    for: 'php-fpm',
    text:
      'The file has to exist at that path as php-fpm sees it: in a container or with "chroot" set, the path inside, and ' +
      "readable for the pool's user.",
  },
];

export const applicationStderr: Check = {
  id: 'application-stderr',
  title: 'The application wrote to STDERR',
  severity: 'note',
  explanation: `A FastCGI application has no terminal and no log of its own on the connection but the STDERR stream: what it writes there is handed to the web server, which puts it into its error log. nginx logs "FastCGI sent in stderr: "PHP message: ..."", Apache "AH01071: Got error 'PHP message: ...'", lighttpd "FastCGI-stderr: ..."; HAProxy only with "log-stderr" and Caddy only with "capture_stderr".

STDERR is no sign of failure by itself: a request with warnings is answered with 200 like any other. But its text often names the cause of an error status next to it. The commonest line of php-fpm is "Primary script unknown", with status 404 and the page "File not found.": SCRIPT_FILENAME, as the web server put it together, names no file that php-fpm can open. The finding shows that path.

A program that writes a lot there costs twice: each piece is a log line in the web server, and text that comes before the response head is read into the same small buffer.`,
  remedy: [...LOG_ADVICE, ...SCRIPT_ADVICE],
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const byListener = new Map<number, StderrGroup[]>();
    for (const group of facts.log.stderr.groups) {
      const index = facts.listenerOf[facts.requests.connection[group.request]];
      const groups = byListener.get(index);
      if (groups) groups.push(group);
      else if (index !== -1) byListener.set(index, [group]);
    }
    const findings: Finding[] = [];
    for (const [index, groups] of byListener) findings.push(findingOf(facts, facts.listeners[index], groups));
    return findings;
  },
};

function findingOf(facts: Facts, { endpoint }: Listener, groups: readonly StderrGroup[]): Finding {
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const often = [...groups].sort((a, b) => b.count - a.count);
  const scriptUnknown = groups.some(({ text }) => PRIMARY_SCRIPT.test(text));
  return {
    id: 'application-stderr',
    severity: 'note',
    title: `${counted(count, 'request')} of ${endpoint} wrote to STDERR, ${counted(groups.length, 'different text')}`,
    detail:
      'The application sent messages along with its answers; the web server puts them into its error log. They do not mean ' +
      'that the requests failed, but they often say why when one did.' +
      (scriptUnknown
        ? ' "Primary script unknown" means that the file named by SCRIPT_FILENAME is not there for php-fpm.'
        : ''),
    count,
    scope: { endpoint },
    evidence: often.slice(0, MAX_EVIDENCE).map((group) => message(facts, group)),
    advice: scriptUnknown ? [...SCRIPT_ADVICE, ...LOG_ADVICE] : LOG_ADVICE,
  };
}

function message(facts: Facts, group: StderrGroup) {
  const { text, count, request, packet, time } = group;
  const shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  const script = PRIMARY_SCRIPT.test(text)
    ? `; SCRIPT_FILENAME was ${facts.strings.text(facts.requests.script[request]) || 'not sent'}`
    : '';
  const times = count > 1 ? `, and in ${counted(count - 1, 'more request', 'more requests')}` : '';
  return requestEvidence(facts, request, `${requestName(facts, request)}${times}: ${shown}${script}`, packet, time);
}
