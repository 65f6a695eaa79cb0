// A FastCGI application with the SDK's library, one request at a time: does what the last word of the path says.
#include <fastcgi.h>
#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *parameter(FCGX_Request *request, const char *name) {
  const char *value = FCGX_GetParam(name, request->envp);
  return value ? value : "";
}

static unsigned long checksum(FCGX_Stream *in, long *length) {
  static unsigned long table[256];
  unsigned long crc = 0xffffffffUL;
  unsigned char piece[8192];
  int count;
  if (!table[1]) {
    for (unsigned long i = 0; i < 256; i++) {
      unsigned long c = i;
      for (int bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320UL ^ (c >> 1) : c >> 1;
      table[i] = c;
    }
  }
  *length = 0;
  while ((count = FCGX_GetStr((char *)piece, sizeof piece, in)) > 0) {
    *length += count;
    for (int i = 0; i < count; i++) crc = table[(crc ^ piece[i]) & 255] ^ (crc >> 8);
  }
  return crc ^ 0xffffffffUL;
}

static void respond(FCGX_Request *request) {
  const char *path = parameter(request, "DOCUMENT_URI");
  const char *word = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  const char *query = parameter(request, "QUERY_STRING");
  long length;
  if (!strcmp(word, "status")) {
    FCGX_FPrintF(request->out, "Status: %s Text\r\nContent-Type: text/plain\r\n\r\nstatus %s", query, query);
  } else if (!strcmp(word, "body")) {
    unsigned long crc = checksum(request->in, &length);
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\n%ld %s%lx", length, "", crc);
  } else if (!strcmp(word, "large")) {
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\n");
    for (long left = atol(query); left > 0; left -= 16) {
      if (FCGX_PutStr("0123456789abcdef", left < 16 ? left : 16, request->out) < 0) break;
    }
  } else if (!strcmp(word, "exit")) {
    FCGX_FPrintF(request->err, "it went wrong: %s", query);
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\nexit %s", query);
    FCGX_SetExitStatus(atoi(query), request->out);
  } else if (!strcmp(word, "sleep")) {
    usleep(1000 * atoi(query));
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\nslept %s", query);
  } else {
    FCGX_FPrintF(request->out, "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Type: text/plain\r\n\r\n%s %s %s",
                 parameter(request, "REQUEST_METHOD"), parameter(request, "REQUEST_URI"), parameter(request, "HTTP_X_WORD"));
  }
}

static void authorize(FCGX_Request *request) {
  if (strcmp(parameter(request, "HTTP_AUTHORIZATION"), "Basic let-me-in")) {
    FCGX_FPrintF(request->out, "Status: 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\nwho are you?");
  } else {
    FCGX_FPrintF(request->out, "Status: 200 OK\r\nVariable-REMOTE_USER: joe\r\nContent-Type: text/plain\r\n\r\nignored");
  }
}

static void filter(FCGX_Request *request) {
  long stdinLength, dataLength;
  unsigned long stdinSum = checksum(request->in, &stdinLength);
  FCGX_StartFilterData(request->in);
  unsigned long dataSum = checksum(request->in, &dataLength);
  FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\nstdin %ld %lx data %ld %lx of %s", stdinLength, stdinSum,
               dataLength, dataSum, parameter(request, "FCGI_DATA_LENGTH"));
}

int main(void) {
  FCGX_Request request;
  FCGX_Init();
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) >= 0) {
    FCGX_SetExitStatus(0, request.out);
    switch (request.role) {
    case FCGI_AUTHORIZER:
      authorize(&request);
      break;
    case FCGI_FILTER:
      filter(&request);
      break;
    default:
      respond(&request);
    }
    FCGX_Finish_r(&request);
  }
  return 0;
}
