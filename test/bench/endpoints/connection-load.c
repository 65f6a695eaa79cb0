/*
 * A load generator for new connections: one request on each, so many connections at once, for so long. It costs a third
 * of what one in Node costs, so that the server is the slower side and requests a second are the server's own.
 *
 * Arguments: address, port, connections, milliseconds, file with the bytes of a request (without FCGI_KEEP_CONN). Prints
 * one line of JSON: requests that were answered up to END_REQUEST, and connections that failed.
 *
 * The server closes, as it must without FCGI_KEEP_CONN, and then we: TIME_WAIT stays on its side and uses up no ports.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 1024, HEADER = 8, END_REQUEST = 3 };

struct connection {
  int socket;
  /* Where its answer is: bytes of a header that have come, and bytes that are left of the record behind it. */
  unsigned char header[HEADER];
  int header_bytes;
  long left;
  int ended;
};

static struct connection connections[MOST_CONNECTIONS];
static struct sockaddr_in address = {.sin_family = AF_INET};
static char request[65536];
static ssize_t request_bytes;
static int events;
static int open_connections;
static long requests;
static long failures;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void begin(struct connection *connection) {
  int one = 1;
  *connection = (struct connection){.socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (connection->socket < 0) {
    perror("socket");
    exit(2);
  }
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  /* What goes wrong comes as EPOLLERR. */
  (void)!connect(connection->socket, (struct sockaddr *)&address, sizeof address);
  struct epoll_event event = {.events = EPOLLOUT, .data.ptr = connection};
  epoll_ctl(events, EPOLL_CTL_ADD, connection->socket, &event);
  open_connections++;
}

/* The request is smaller than any send buffer: it goes at once or not at all. */
static int send_request(struct connection *connection) {
  if (write(connection->socket, request, request_bytes) != request_bytes) return 0;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(events, EPOLL_CTL_MOD, connection->socket, &event);
  return 1;
}

/* Walks over records as far as END_REQUEST. */
static void walk(struct connection *connection, const unsigned char *bytes, ssize_t length) {
  while (length > 0 && !connection->ended) {
    long take = connection->left < length ? connection->left : length;
    connection->left -= take;
    bytes += take;
    length -= take;
    for (; connection->left == 0 && connection->header_bytes < HEADER && length > 0; length--)
      connection->header[connection->header_bytes++] = *bytes++;
    if (connection->left > 0 || connection->header_bytes < HEADER) continue;
    const unsigned char *header = connection->header;
    connection->left = header[4] * 256 + header[5] + header[6];
    connection->header_bytes = 0;
    connection->ended = header[1] == END_REQUEST;
  }
}

/* Whether the connection goes on. */
static int answer(struct connection *connection) {
  unsigned char bytes[65536];
  ssize_t length = read(connection->socket, bytes, sizeof bytes);
  if (length < 0) return errno == EAGAIN || errno == EINTR;
  walk(connection, bytes, length);
  return length > 0;
}

int main(int count, char **arguments) {
  if (count != 6) {
    fprintf(stderr, "%s ADDRESS PORT CONNECTIONS MILLISECONDS REQUEST-FILE\n", arguments[0]);
    return 2;
  }
  int many = atoi(arguments[3]);
  double end = now() + atof(arguments[4]);
  FILE *file = fopen(arguments[5], "rb");
  address.sin_port = htons(atoi(arguments[2]));
  if (inet_pton(AF_INET, arguments[1], &address.sin_addr) != 1 || many < 1 || many > MOST_CONNECTIONS || !file) {
    fprintf(stderr, "%s: bad arguments\n", arguments[0]);
    return 2;
  }
  request_bytes = fread(request, 1, sizeof request, file);
  fclose(file);
  events = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < many; i++) begin(&connections[i]);
  while (open_connections > 0) {
    struct epoll_event ready[64];
    int number = epoll_wait(events, ready, 64, 5000);
    if (number == 0) break;
    for (int i = 0; i < number; i++) {
      struct connection *connection = ready[i].data.ptr;
      if (ready[i].events & EPOLLOUT ? send_request(connection) : answer(connection)) continue;
      close(connection->socket);
      open_connections--;
      if (connection->ended) requests++;
      else failures++;
      if (now() < end && failures < 1000) begin(connection);
    }
  }
  /* What is still open has not moved for seconds. */
  printf("{\"requests\":%ld,\"failures\":%ld}\n", requests, failures + open_connections);
  return 0;
}
