/*
 * An application for measuring relays: answers every FastCGI request with the same bytes, and closes after it unless
 * FCGI_KEEP_CONN is set. One process, one thread. Prints its port and the bytes of an answer.
 *
 * Arguments: bytes of the body, and "hold" to leave requests unanswered.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 8, BEGIN_REQUEST = 1, END_REQUEST = 3, STDIN = 5, STDOUT = 6, MOST_CONTENT = 65528 };

struct connection {
  int socket;
  /* Where in the stream of records we are. */
  unsigned char header[HEADER];
  int header_bytes;
  long left;
  int flags_at;
  int keep;
  /* Bytes of the answer that are left to write. */
  long answer;
};

static unsigned char *answer;
static long answer_bytes;
static int hold;
static int events;

static void add(unsigned char type, const char *content, long length) {
  unsigned char header[HEADER] = {1, type, 0, 1, length >> 8, length & 255, 0, 0};
  memcpy(answer + answer_bytes, header, HEADER);
  memcpy(answer + answer_bytes + HEADER, content, length);
  answer_bytes += HEADER + length;
}

static void make_answer(long body) {
  static const char head[] = "Content-Type: text/plain\r\n\r\n";
  long length = sizeof head - 1 + body;
  char *content = malloc(length);
  memset(content, 'x', length);
  memcpy(content, head, sizeof head - 1);
  answer = malloc(length + (length / MOST_CONTENT + 3) * 2 * HEADER);
  for (long at = 0; at < length; at += MOST_CONTENT)
    add(STDOUT, content + at, length - at < MOST_CONTENT ? length - at : MOST_CONTENT);
  add(STDOUT, "", 0);
  add(END_REQUEST, "\0\0\0\0\0\0\0", 8);
  free(content);
}

static void wait_for(struct connection *connection, unsigned wanted) {
  struct epoll_event event = {.events = wanted, .data.ptr = connection};
  epoll_ctl(events, EPOLL_CTL_MOD, connection->socket, &event);
}

static void write_answer(struct connection *connection, int again) {
  while (connection->answer > 0) {
    ssize_t length = write(connection->socket, answer + answer_bytes - connection->answer, connection->answer);
    if (length < 0 && errno == EAGAIN) {
      if (!again) wait_for(connection, EPOLLOUT);
      return;
    }
    if (length < 0) break;
    connection->answer -= length;
  }
  connection->answer = 0;
  if (again) wait_for(connection, EPOLLIN);
  if (!connection->keep) shutdown(connection->socket, SHUT_WR);
}

/* Walks over records; a request is complete with the empty STDIN. */
static void walk(struct connection *connection, const unsigned char *bytes, ssize_t length) {
  for (; length > 0; bytes++, length--) {
    if (connection->left > 0) {
      /* The flags are the third byte of BEGIN_REQUEST. */
      if (connection->header[1] == BEGIN_REQUEST && connection->flags_at++ == 2) connection->keep = *bytes & 1;
      connection->left--;
      continue;
    }
    connection->header[connection->header_bytes++] = *bytes;
    if (connection->header_bytes < HEADER) continue;
    const unsigned char *header = connection->header;
    connection->header_bytes = connection->flags_at = 0;
    connection->left = header[4] * 256 + header[5] + header[6];
    if (header[1] != STDIN || connection->left > 0 || hold) continue;
    connection->answer = answer_bytes;
    write_answer(connection, 0);
  }
}

static void receive(struct connection *connection) {
  unsigned char bytes[65536];
  ssize_t length = read(connection->socket, bytes, sizeof bytes);
  if (length < 0 && errno == EAGAIN) return;
  if (length > 0) {
    walk(connection, bytes, length);
    return;
  }
  close(connection->socket);
  free(connection);
}

static void accept_all(int listener) {
  for (;;) {
    int one = 1;
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *connection = calloc(1, sizeof *connection);
    connection->socket = socket;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(events, EPOLL_CTL_ADD, socket, &event);
  }
}

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "%s BODY-BYTES [hold]\n", arguments[0]);
    return 2;
  }
  hold = count > 2;
  make_answer(atol(arguments[1]));
  signal(SIGPIPE, SIG_IGN);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 4096) < 0) {
    perror("listen");
    return 1;
  }
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("%d %ld\n", ntohs(address.sin_port), answer_bytes);
  fflush(stdout);
  events = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    struct epoll_event ready[64];
    int number = epoll_wait(events, ready, 64, -1);
    for (int i = 0; i < number; i++) {
      struct connection *connection = ready[i].data.ptr;
      if (connection == NULL) accept_all(listener);
      else if (connection->answer > 0) write_answer(connection, 1);
      else receive(connection);
    }
  }
}
