// Large content: one file below large/ for each message above the threshold, with a CRC32C for each
// 64 KiB block, which the message record keeps.  The file is removed when its last owner goes,
// unless keep() was called: unfinished messages leave nothing.
// Reading is thread-safe; writing is not.
#pragma once

#include <atomic>
#include <memory>

#include "core/mail/content.h"
#include "core/spool/payload.h"
#include "core/spool/spool_files.h"
#include "core/spool/store.h"

namespace postern::spool {

class LargeContent final : public mail::Content {
 public:
  LargeContent(const SpoolFiles& files, QueueId id, LargeContentRef ref, File file);
  ~LargeContent() override;

  std::uint64_t size() const override { return ref_.size; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const override;

  const LargeContentRef& ref() const { return ref_; }
  // Syncs the octets (not the name).  kIo: final.  Once, before keep().
  Result<void> sync(bool durable);
  // From here on the message record decides when the file goes.
  void keep() { kept_ = true; }

 private:
  const SpoolFiles files_;
  const QueueId id_;
  const LargeContentRef ref_;
  File file_;  // open for writing until sync()
  std::atomic<bool> kept_{false};
};

// Collects octets in memory, and from `threshold` on in a file.
class SpoolContentWriter final : public ContentWriter {
 public:
  SpoolContentWriter(const SpoolFiles& files, QueueId id, std::uint64_t threshold)
      : files_(files), id_(id), threshold_(threshold) {}
  ~SpoolContentWriter() override;

  Result<void> append(std::string_view octets) override;
  std::uint64_t size() const override { return written_ + buffer_.size(); }
  Result<mail::ContentPtr> finish() override;

 private:
  Result<void> flush(std::size_t octets);

  const SpoolFiles files_;
  const QueueId id_;
  const std::uint64_t threshold_;
  std::string buffer_;
  File file_;
  std::uint64_t written_ = 0;
  std::vector<std::uint32_t> checksums_;
  bool failed_ = false;
};

}  // namespace postern::spool
