// The least a FastCGI application with the SDK's library can do: what the client's benchmark talks to.
#include <fcgiapp.h>

int main(void) {
  FCGX_Request request;
  FCGX_Init();
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) == 0) {
    FCGX_PutS("Content-Type: text/plain\r\n\r\nhello\n", request.out);
    FCGX_Finish_r(&request);
  }
  return 0;
}
