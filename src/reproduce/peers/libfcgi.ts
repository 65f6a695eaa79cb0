// A threaded program with the SDK's library as the application of a scenario: compiled when it is wanted, as distributions have
// the library but no program.
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { EndpointAddress } from '../../model/endpoint-address.js';
import { UserError } from '../../model/errors.js';
import type { ApplicationPlan } from '../../scenarios/play.js';
import type { RunningApplication } from '../parts.js';
import type { Place } from '../place.js';
import { Daemon } from './daemon.js';
import { GCC, hasHeader, LIBFCGI_PACKAGE, programPath } from './programs.js';

/** Arguments: address (or path of a socket), port (0 for a path), backlog, threads, 1 for a lock around FCGX_Accept_r. */
const SOURCE = `#include <fcgiapp.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static pthread_mutex_t accepting = PTHREAD_MUTEX_INITIALIZER;
static int locked;

static long number(const char *query, const char *key, long otherwise) {
  const char *found = query ? strstr(query, key) : NULL;
  return found ? atol(found + strlen(key)) : otherwise;
}

static void answer(FCGX_Request *request) {
  char *query = FCGX_GetParam("QUERY_STRING", request->envp);
  char buffer[8192];
  while (FCGX_GetStr(buffer, sizeof buffer, request->in) > 0) {}
  usleep(number(query, "ms=", 0) * 1000);
  FCGX_FPrintF(request->out, "Content-Type: text/plain\\r\\n\\r\\nhello\\n");
  memset(buffer, 'x', 1024);
  for (long left = number(query, "bytes=", 0); left > 0; left -= 1024)
    FCGX_PutStr(buffer, left < 1024 ? left : 1024, request->out);
  FCGX_Finish_r(request);
}

static void *work(void *unused) {
  FCGX_Request request;
  FCGX_InitRequest(&request, 0, 0);
  for (;;) {
    if (locked) pthread_mutex_lock(&accepting);
    int failed = FCGX_Accept_r(&request) < 0;
    if (locked) pthread_mutex_unlock(&accepting);
    if (failed) break;
    answer(&request);
  }
  return unused;
}

static int listen_on(const char *host, int port, int backlog) {
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = htons(port)};
  int one = 1, made = socket(port ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
  setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (!port) {
    strncpy(local.sun_path, host, sizeof local.sun_path - 1);
    unlink(host);
    if (bind(made, (struct sockaddr *)&local, sizeof local) < 0) return -1;
  } else {
    inet_pton(AF_INET, host, &inet.sin_addr);
    if (bind(made, (struct sockaddr *)&inet, sizeof inet) < 0) return -1;
  }
  return listen(made, backlog) < 0 || dup2(made, 0) < 0 || close(made) < 0 ? -1 : 0;
}

int main(int argc, char **argv) {
  if (argc < 6 || listen_on(argv[1], atoi(argv[2]), atoi(argv[3])) < 0) {
    perror("cannot listen");
    return 1;
  }
  int threads = atoi(argv[4]);
  locked = atoi(argv[5]);
  FCGX_Init();
  for (int i = 1; i < threads; i++) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
  }
  work(NULL);
  return 0;
}
`;
const DEFAULT_BACKLOG = 1024;

const run = promisify(execFile);

/** @throws UserError where library or compiler is not installed */
export async function startLibfcgi(
  plan: ApplicationPlan,
  address: EndpointAddress,
  place: Place,
  path: string,
): Promise<RunningApplication> {
  const compiler = programPath(GCC, path);
  if (!hasHeader('fcgiapp.h')) {
    throw new UserError(
      'the FastCGI SDK (libfcgi) is not installed',
      `apt-get install --no-install-recommends ${LIBFCGI_PACKAGE}`,
    );
  }
  const program = place.path('libfcgi-application');
  const source = `${program}.c`;
  writeFileSync(source, SOURCE);
  await run(compiler, ['-O1', '-pthread', '-o', program, source, '-lfcgi']);
  chmodSync(program, 0o755);
  const { workers, slots = 1, acceptLock = false, backlog = DEFAULT_BACKLOG } = plan;
  const [host, port] = address.kind === 'unix' ? [address.path, 0] : [address.host, address.port];
  const args = [host, port, backlog, workers * Math.max(1, slots), acceptLock ? 1 : 0].map(String);
  // The library takes SIGTERM as a wish, to be looked at when the next request comes.
  const start = async () => {
    const daemon = Daemon.start(place, program, args, 'SIGKILL');
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
    name: 'libfcgi',
    address,
    script: undefined,
    kill: () => daemon.stop(),
    pid: async () => daemon.pid,
    vanish: () => daemon.stop(),
    async restart() {
      daemon = await start();
    },
    figures: async () => ({}),
    log: () => daemon.output,
    close: () => daemon.stop(),
  };
}
