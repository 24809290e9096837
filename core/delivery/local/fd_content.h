// FdContent: a message in a file descriptor, as the privileged process gets it.  Does not own the
// descriptor.  Thread-safe.
#pragma once

#include "core/base/unique_fd.h"
#include "core/mail/content.h"

namespace postern::delivery {

class FdContent final : public mail::Content {
 public:
  explicit FdContent(int fd);
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const override;

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

// A copy of `content` in memory that nobody can change any more (memfd, sealed).
Result<UniqueFd> sealed_copy(const mail::Content& content);

}  // namespace postern::delivery
