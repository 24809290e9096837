/* Preloaded: fsync and fdatasync take the seconds that the file $SLOW_SYNC holds; it is read at each
 * call, so that a test can end the slowness.  Catalogue row 203. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void wait_as_told(void) {
  const char* path = getenv("SLOW_SYNC");
  FILE* file = path ? fopen(path, "re") : NULL;
  double seconds = 0;
  if (file) {
    if (fscanf(file, "%lf", &seconds) != 1) seconds = 0;
    fclose(file);
  }
  struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (seconds > 0 && nanosleep(&left, &left) != 0) {
  }
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_as_told();
  return real(fd);
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_as_told();
  return real(fd);
}
