#include "core/mail/content.h"

#include <algorithm>

namespace postern::mail {

Result<std::size_t> MemoryContent::read_at(std::uint64_t offset, std::span<char> buffer) const {
  if (offset >= octets_.size()) return std::size_t{0};
  return octets_.copy(buffer.data(), buffer.size(), offset);
}

Result<std::string> read_all(const Content& content, std::uint64_t limit) {
  if (content.size() > limit)
    return fail(ErrorKind::kLimit, "message of {} octets where at most {} are read at once",
                content.size(), limit);
  if (const auto view = content.in_memory(); !view.empty()) return std::string(view);
  std::string out(content.size(), '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got = content.read_at(done, std::span(out).subspan(done));
    if (!got) return std::unexpected(got.error());
    if (*got == 0)
      return fail(ErrorKind::kCorrupt, "content ends after {} of {} octets", done, out.size());
    done += *got;
  }
  return out;
}

}  // namespace postern::mail
