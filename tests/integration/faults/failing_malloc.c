/* Preloaded: while the first octet of the file $FAILING_MALLOC is '1', one in $FAILING_MALLOC_ODDS
 * allocations fails with ENOMEM; '0' ends it.  The file is mapped, so a look costs no call.  The
 * numbers come from a fixed seed for each thread.  Catalogue row 118. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);

static volatile const char* switch_octet;
static uint64_t odds = 1000;
static atomic_ullong threads;
static __thread uint64_t state __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void open_switch(void) {
  const char* path = getenv("FAILING_MALLOC");
  const char* told = getenv("FAILING_MALLOC_ODDS");
  if (told) odds = strtoull(told, NULL, 10);
  const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* at = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) switch_octet = at;
}

static int fails(void) {
  if (switch_octet == NULL || *switch_octet != '1' || odds == 0) return 0;
  if (state == 0) state = 0x9e3779b97f4a7c15ULL * (atomic_fetch_add(&threads, 1) + 1);
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  if (state % odds != 0) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void* realloc(void* old, size_t size) { return fails() ? NULL : __libc_realloc(old, size); }
