/*
 * Load for measuring relays: so many connections at once, each asking again as soon as it is answered. In C, so that it and
 * the application leave the machine to the relay, and requests a second are the relay's own.
 *
 * Arguments: port, mode, connections, milliseconds that are not counted, milliseconds that are, bytes of an answer, file with
 * the bytes of a request. Modes: "kept" asks on the same connection, "short" on a new one for each request, and "idle" opens
 * connections, sends a request on each, and says "open". Prints one line of JSON: requests a second, latencies in
 * microseconds, bytes a second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 16384, MOST_LATENCIES = 1 << 23 };

struct connection {
  int socket;
  int sent;
  long received;
  double began;
};

static struct connection connections[MOST_CONNECTIONS];
static struct sockaddr_in address = {.sin_family = AF_INET};
static char request[65536];
static ssize_t request_bytes;
static long answer_bytes;
static int kept;
static int events;
static double from, until;
static float *latencies;
static long requests;
static long long bytes_counted;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void ask(struct connection *connection) {
  connection->sent = 1;
  connection->received = 0;
  /* Smaller than any send buffer. */
  if (write(connection->socket, request, request_bytes) != request_bytes) fail("write");
}

static void begin(struct connection *connection) {
  int one = 1;
  *connection = (struct connection){.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (connection->socket < 0) fail("socket");
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  connection->began = now();
  if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) fail("connect");
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
  epoll_ctl(events, EPOLL_CTL_ADD, connection->socket, &event);
}

static void connected(struct connection *connection) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    errno = error;
    fail("connect");
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(events, EPOLL_CTL_MOD, connection->socket, &event);
  ask(connection);
}

static void answered(struct connection *connection) {
  double time = now();
  if (time >= from && time < until && requests < MOST_LATENCIES) latencies[requests++] = (time - connection->began) * 1e3;
  connection->began = time;
}

static void receive(struct connection *connection) {
  static char bytes[1 << 18];
  ssize_t length = read(connection->socket, bytes, sizeof bytes);
  if (length < 0 && errno != EAGAIN) fail("read");
  if (length < 0) return;
  double time = now();
  if (time >= from && time < until) bytes_counted += length;
  connection->received += length;
  if (kept) {
    if (length == 0) {
      fprintf(stderr, "a kept connection was closed\n");
      exit(1);
    }
    if (connection->received < answer_bytes) return;
    answered(connection);
    ask(connection);
  } else if (length == 0) {
    if (connection->received != answer_bytes) {
      fprintf(stderr, "%ld bytes of %ld\n", connection->received, answer_bytes);
      exit(1);
    }
    answered(connection);
    close(connection->socket);
    begin(connection);
  }
}

static int ascending(const void *a, const void *b) {
  float left = *(const float *)a, right = *(const float *)b;
  return left < right ? -1 : left > right;
}

static void idle(int many) {
  for (int i = 0; i < many; i++) {
    connections[i].socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connections[i].socket < 0) fail("socket");
    if (connect(connections[i].socket, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    ask(&connections[i]);
  }
  sleep(1);
  puts("open");
  fflush(stdout);
  pause();
}

int main(int count, char **arguments) {
  if (count != 8) {
    fprintf(stderr, "%s PORT kept|short|idle CONNECTIONS MILLISECONDS MILLISECONDS ANSWER-BYTES REQUEST-FILE\n", arguments[0]);
    return 2;
  }
  int many = atoi(arguments[3]);
  kept = strcmp(arguments[2], "kept") == 0;
  answer_bytes = atol(arguments[6]);
  FILE *file = fopen(arguments[7], "rb");
  if (many < 1 || many > MOST_CONNECTIONS || !file) {
    fprintf(stderr, "%s: bad arguments\n", arguments[0]);
    return 2;
  }
  request_bytes = fread(request, 1, sizeof request, file);
  fclose(file);
  address.sin_port = htons(atoi(arguments[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (strcmp(arguments[2], "idle") == 0) {
    idle(many);
    return 0;
  }
  latencies = malloc(MOST_LATENCIES * sizeof *latencies);
  events = epoll_create1(EPOLL_CLOEXEC);
  from = now() + atof(arguments[4]);
  until = from + atof(arguments[5]);
  for (int i = 0; i < many; i++) begin(&connections[i]);
  while (now() < until) {
    struct epoll_event ready[64];
    int number = epoll_wait(events, ready, 64, 100);
    for (int i = 0; i < number; i++) {
      struct connection *connection = ready[i].data.ptr;
      if (connection->sent) receive(connection);
      else connected(connection);
    }
  }
  qsort(latencies, requests, sizeof *latencies, ascending);
  double seconds = atof(arguments[5]) / 1e3;
  printf("{\"rate\":%.1f,\"p50\":%.1f,\"p99\":%.1f,\"bytes\":%.0f}\n", requests / seconds,
         requests ? latencies[requests / 2] : 0, requests ? latencies[requests * 99 / 100] : 0, bytes_counted / seconds);
  return 0;
}
