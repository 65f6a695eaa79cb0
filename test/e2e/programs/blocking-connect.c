// Connects to a unix socket without O_NONBLOCK, as Apache does: with a full queue it waits in connect().
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **arguments) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  if (count < 2 || descriptor < 0) return 1;
  strncpy(address.sun_path, arguments[1], sizeof address.sun_path - 1);
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) return 2;
  pause();
  return 0;
}
