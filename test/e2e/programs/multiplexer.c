/* A FastCGI application without a library that answers many requests on one connection at the same time: says
   FCGI_MPXS_CONNS=1 when asked, answers each request after the milliseconds that its query string names (ms=), in two
   records, so that the answers of different requests lie between each other. Listens on descriptor 0. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BEGIN = 1, ABORT, END, PARAMS, STDIN, STDOUT, GET_VALUES = 9, GET_VALUES_RESULT };
enum { CONNECTIONS = 32, REQUESTS = 64, ROOM = 70000 };

struct request { int used, id, keep, length, written; double due; unsigned char params[8192]; };
struct connection { int fd, length; unsigned char bytes[ROOM]; struct request requests[REQUESTS]; };
static struct connection *connections[CONNECTIONS];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void put(int fd, int type, int id, const void *content, int length) {
  unsigned char record[8 + 1024] = {1, type, id >> 8, id & 255, length >> 8, length & 255, 0, 0};
  if (length) memcpy(record + 8, content, length);
  /* What does not go out at once goes to a peer that has left. */
  if (write(fd, record, 8 + length) < 0) return;
}

static void put_end(int fd, int id) {
  unsigned char body[8] = {0};
  put(fd, END, id, body, 8);
}

static void close_connection(int slot) {
  close(connections[slot]->fd);
  free(connections[slot]);
  connections[slot] = NULL;
}

static struct request *find(struct connection *connection, int id) {
  for (int i = 0; i < REQUESTS; i++)
    if (connection->requests[i].used && connection->requests[i].id == id) return &connection->requests[i];
  return NULL;
}

static void begin(struct connection *connection, int id, int keep) {
  for (int i = 0; i < REQUESTS; i++)
    if (!connection->requests[i].used) {
      memset(&connection->requests[i], 0, sizeof(struct request));
      connection->requests[i].used = 1;
      connection->requests[i].id = id;
      connection->requests[i].keep = keep;
      return;
    }
}

/* Milliseconds from the query string, found by its form: names are not needed for that. */
static double wanted(struct request *request) {
  for (int i = 0; i + 3 < request->length; i++)
    if (memcmp(request->params + i, "ms=", 3) == 0) return atof((char *)request->params + i + 3);
  return 0;
}

static void take(struct connection *connection, int type, int id, unsigned char *content, int length) {
  static const char values[] = "\x0f\x01" "FCGI_MPXS_CONNS1" "\x0d\x02" "FCGI_MAX_REQS64" "\x0e\x02" "FCGI_MAX_CONNS32";
  struct request *request = find(connection, id);
  if (type == GET_VALUES) put(connection->fd, GET_VALUES_RESULT, 0, values, sizeof values - 1);
  if (type == BEGIN && length == 8) begin(connection, id, content[2] & 1);
  if (!request) return;
  if (type == PARAMS && request->length + length < (int)sizeof request->params) {
    memcpy(request->params + request->length, content, length);
    request->length += length;
  }
  if (type == STDIN && length == 0) request->due = now() + wanted(request);
  if (type == ABORT) {
    put_end(connection->fd, id);
    request->used = 0;
  }
}

static int receive(int slot) {
  struct connection *connection = connections[slot];
  int got = read(connection->fd, connection->bytes + connection->length, ROOM - connection->length), at = 0;
  if (got <= 0) return 0;
  connection->length += got;
  while (connection->length - at >= 8) {
    unsigned char *head = connection->bytes + at;
    int length = head[4] << 8 | head[5], whole = 8 + length + head[6];
    if (connection->length - at < whole) break;
    take(connection, head[1], head[2] << 8 | head[3], head + 8, length);
    at += whole;
  }
  memmove(connection->bytes, connection->bytes + at, connection->length -= at);
  return 1;
}

/* Answers what is due; returns 0 when the connection is to be closed. */
static int answer(struct connection *connection) {
  static const char first[] = "Content-Type: text/plain\r\n\r\nfirst half, ", second[] = "second half\n";
  for (int i = 0; i < REQUESTS; i++) {
    struct request *request = &connection->requests[i];
    if (!request->used || request->due == 0 || request->due > now()) continue;
    if (!request->written) {
      put(connection->fd, STDOUT, request->id, first, sizeof first - 1);
      request->written = 1;
      request->due = now() + 5;
      continue;
    }
    put(connection->fd, STDOUT, request->id, second, sizeof second - 1);
    put(connection->fd, STDOUT, request->id, NULL, 0);
    put_end(connection->fd, request->id);
    request->used = 0;
    if (!request->keep) return 0;
  }
  return 1;
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    struct pollfd polled[1 + CONNECTIONS] = {{0, POLLIN, 0}};
    for (int i = 0; i < CONNECTIONS; i++) {
      polled[1 + i].fd = connections[i] ? connections[i]->fd : -1;
      polled[1 + i].events = POLLIN;
    }
    poll(polled, 1 + CONNECTIONS, 5);
    for (int i = 0; i < CONNECTIONS; i++) {
      if (!connections[i]) continue;
      if (polled[1 + i].revents && !receive(i)) close_connection(i);
      else if (!answer(connections[i])) close_connection(i);
    }
    if (polled[0].revents)
      for (int i = 0; i < CONNECTIONS; i++)
        if (!connections[i]) {
          connections[i] = calloc(1, sizeof(struct connection));
          connections[i]->fd = accept(0, NULL, NULL);
          if (connections[i]->fd < 0) { free(connections[i]); connections[i] = NULL; }
          break;
        }
  }
}
