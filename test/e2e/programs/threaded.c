/* A FastCGI application with the SDK's library and a fixed number of threads.
   Listens on descriptor 0, as web servers and spawn-fcgi leave it.
   APP_THREADS: how many threads; APP_LOG: a file that gets a line of JSON for each request; APP_LOCK: if set, a mutex
   around FCGX_Accept_r, as in the SDK's example.
   The query string says what to do: ms= (milliseconds before the answer), for= (wait until that file is there),
   kb= (kilobytes of answer), err= (write to stderr), read=0 (leave STDIN unread). */
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t accepting = PTHREAD_MUTEX_INITIALIZER;
static int locked;
static FILE *log_file;

static long number(const char *query, const char *key, long otherwise) {
  const char *found = query ? strstr(query, key) : NULL;
  return found ? atol(found + strlen(key)) : otherwise;
}

static void wait_for(const char *query) {
  const char *found = query ? strstr(query, "for=") : NULL;
  if (!found) return;
  char path[512];
  snprintf(path, sizeof path, "%s", found + 4);
  path[strcspn(path, "&")] = 0;
  for (int i = 0; i < 6000 && access(path, F_OK) != 0; i++) usleep(5000);
}

static void answer(FCGX_Request *request) {
  char *query = FCGX_GetParam("QUERY_STRING", request->envp);
  char *uri = FCGX_GetParam("REQUEST_URI", request->envp);
  char *method = FCGX_GetParam("REQUEST_METHOD", request->envp);
  char line[1024], buffer[8192];
  long body = 0;
  int got;
  snprintf(line, sizeof line, "{\"pid\":%d,\"method\":\"%s\",\"uri\":\"%s\",\"stdin\":", (int)getpid(), method ? method : "",
           uri ? uri : "");
  if (number(query, "read=", 1))
    while ((got = FCGX_GetStr(buffer, sizeof buffer, request->in)) > 0) body += got;
  usleep(number(query, "ms=", 0) * 1000);
  wait_for(query);
  if (number(query, "err=", 0)) FCGX_FPrintF(request->err, "trouble ahead\n");
  FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\nread %d\n", (int)body);
  memset(buffer, 'z', 1024);
  for (long kilobytes = number(query, "kb=", 0); kilobytes > 0; kilobytes--) FCGX_PutStr(buffer, 1024, request->out);
  flockfile(log_file);
  fprintf(log_file, "%s%ld}\n", line, body);
  fflush(log_file);
  funlockfile(log_file);
  FCGX_Finish_r(request);
}

static void *work(void *unused) {
  FCGX_Request request;
  FCGX_InitRequest(&request, 0, 0);
  for (;;) {
    if (locked) pthread_mutex_lock(&accepting);
    int accepted = FCGX_Accept_r(&request);
    if (locked) pthread_mutex_unlock(&accepting);
    if (accepted < 0) return unused;
    answer(&request);
  }
}

int main(void) {
  const char *threads = getenv("APP_THREADS"), *path = getenv("APP_LOG");
  pthread_t thread;
  signal(SIGPIPE, SIG_IGN);
  locked = getenv("APP_LOCK") != NULL;
  log_file = fopen(path ? path : "/dev/null", "a");
  if (!log_file) return 1;
  FCGX_Init();
  for (int i = threads ? atoi(threads) : 1; i > 1; i--) pthread_create(&thread, NULL, work, NULL);
  work(NULL);
  return 0;
}
