// Content: the immutable octets of one message (header section and body), canonical CRLF line
// ends, no dot-stuffing, no final dot.  Shared by spool, queue and delivery; written once.
// Small content lives in memory, large content in a file of the spool; readers do not care.
// Thread-safe: all const.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace postern::mail {

class Content {
 public:
  virtual ~Content() = default;
  virtual std::uint64_t size() const = 0;
  // Whole content where it is in memory; empty view otherwise.  Valid while *this lives.
  virtual std::string_view in_memory() const { return {}; }
  // Up to buffer.size() octets from `offset`; 0 at the end.  May block on the disk: call it on a
  // blocking pool when in_memory() is empty.  Errors: kIo, kCorrupt (checksum), kNotFound.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const = 0;
};

using ContentPtr = std::shared_ptr<const Content>;

// Content held in one string.
class MemoryContent final : public Content {
 public:
  explicit MemoryContent(std::string octets) : octets_(std::move(octets)) {}
  std::uint64_t size() const override { return octets_.size(); }
  std::string_view in_memory() const override { return octets_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const override;

 private:
  std::string octets_;
};

// Everything, for content known to be small; kLimit above `limit` octets.
Result<std::string> read_all(const Content& content, std::uint64_t limit);

}  // namespace postern::mail
