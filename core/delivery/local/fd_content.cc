#include "core/delivery/local/fd_content.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "core/delivery/local/message_stream.h"

namespace postern::delivery {

FdContent::FdContent(int fd) : fd_(fd) {
  struct stat status{};
  if (::fstat(fd, &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> FdContent::read_at(std::uint64_t offset, std::span<char> buffer) const {
  const ssize_t got = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
  if (got < 0) return fail_errno("cannot read the message");
  return static_cast<std::size_t>(got);
}

Result<UniqueFd> sealed_copy(const mail::Content& content) {
  UniqueFd fd(::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno("cannot make a memory file for the message");
  const auto write = write_to(fd.get(), "the message's memory file");
  if (const auto view = content.in_memory(); !view.empty()) {
    if (auto ok = write(view); !ok) return std::unexpected(ok.error());
  } else {
    std::vector<char> buffer(256 * 1024);
    for (std::uint64_t at = 0; at < content.size();) {
      const auto got = content.read_at(at, buffer);
      if (!got) return std::unexpected(got.error());
      if (*got == 0) return fail(ErrorKind::kCorrupt, "message ends after {} octets", at);
      if (auto ok = write({buffer.data(), *got}); !ok) return std::unexpected(ok.error());
      at += *got;
    }
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return fail_errno("cannot seal the message's memory file");
  return fd;
}

}  // namespace postern::delivery
