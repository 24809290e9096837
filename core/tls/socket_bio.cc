#include "core/tls/socket_bio.h"

#include <sys/socket.h>

#include <cerrno>

#include "core/base/check.h"

namespace postern::tls {
namespace {

int fd_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

bool may_retry(int sys_errno) {
  return sys_errno == EAGAIN || sys_errno == EWOULDBLOCK || sys_errno == EINTR;
}

int write_octets(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::send(fd_of(bio), data, size, MSG_NOSIGNAL);
  *written = count > 0 ? static_cast<std::size_t>(count) : 0;
  if (count >= 0) return 1;
  if (may_retry(errno)) BIO_set_retry_write(bio);
  return 0;
}

int read_octets(BIO* bio, char* data, std::size_t size, std::size_t* read) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(fd_of(bio), data, size, 0);
  *read = count > 0 ? static_cast<std::size_t>(count) : 0;
  if (count > 0) return 1;
  // The end without close_notify: SSL_read asks for this to tell it from an error.
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  if (count < 0 && may_retry(errno)) BIO_set_retry_read(bio);
  return 0;
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default: return 0;
  }
}

BIO_METHOD* make_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  POSTERN_CHECK(method != nullptr);
  BIO_meth_set_write_ex(method, &write_octets);
  BIO_meth_set_read_ex(method, &read_octets);
  BIO_meth_set_ctrl(method, &control);
  return method;
}

}  // namespace

BioHandle make_socket_bio(const int* fd) {
  static BIO_METHOD* const method = make_method();  // lives as long as the process
  BioHandle bio(BIO_new(method));
  POSTERN_CHECK(bio != nullptr);
  BIO_set_data(bio.get(), const_cast<int*>(fd));  // only read
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace postern::tls
