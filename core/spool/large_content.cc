#include "core/spool/large_content.h"

#include <algorithm>

#include "core/base/crc32c.h"

namespace postern::spool {

LargeContent::LargeContent(const SpoolFiles& files, QueueId id, LargeContentRef ref, File file)
    : files_(files), id_(id), ref_(std::move(ref)), file_(std::move(file)) {}

LargeContent::~LargeContent() {
  if (!kept_) files_.fs().unlink(files_.large(id_));
}

Result<void> LargeContent::sync(bool durable) {
  const std::string path = files_.large(id_);
  if (!file_) return {};
  if (durable && files_.fs().sync_data(file_.get()) != 0) {
    const int error = errno;
    file_.reset();
    return storage_failed("spool: sync " + path, error);
  }
  // Network file systems report a failed write only here.
  if (file_.close() != 0) return storage_failed("spool: close " + path, errno);
  return {};
}

Result<std::size_t> LargeContent::read_at(std::uint64_t offset, std::span<char> buffer) const {
  if (offset >= ref_.size || buffer.empty()) return std::size_t{0};
  const std::uint64_t wanted = std::min<std::uint64_t>(buffer.size(), ref_.size - offset);
  const std::uint64_t first = offset / kLargeBlock;
  // At most 1 MiB at a time; the caller asks again.
  const std::uint64_t last = std::min((offset + wanted - 1) / kLargeBlock, first + 15);
  const std::uint64_t begin = first * kLargeBlock;
  const std::uint64_t end = std::min((last + 1) * kLargeBlock, ref_.size);
  const std::string path = files_.large(id_);
  auto octets = files_.read_range(path, begin, end - begin);
  if (!octets) return std::unexpected(octets.error());
  if (octets->size() != end - begin)
    return fail(ErrorKind::kCorrupt, "{} ends after {} octets of {}", path, begin + octets->size(),
                ref_.size);
  for (std::uint64_t block = first; block <= last; ++block) {
    const auto piece = std::string_view(*octets).substr((block - first) * kLargeBlock, kLargeBlock);
    if (crc32c(piece) != ref_.checksums[block])
      return fail(ErrorKind::kCorrupt, "{}: checksum differs in the 64 KiB at offset {}", path,
                  block * kLargeBlock);
  }
  return octets->copy(buffer.data(), std::min(wanted, end - offset), offset - begin);
}

SpoolContentWriter::~SpoolContentWriter() {
  if (file_) {
    file_.reset();
    files_.fs().unlink(files_.large(id_));
  }
}

Result<void> SpoolContentWriter::append(std::string_view octets) {
  if (failed_) return fail(ErrorKind::kIo, "spool: content of {} failed before", id_.to_string());
  buffer_.append(octets);
  if (!file_ && buffer_.size() <= threshold_) return {};
  if (!file_) {
    const std::string path = files_.large(id_);
    file_ = File(files_.fs(), files_.fs().open(path, OpenMode::kCreateNew));
    if (!file_) {
      failed_ = true;
      return storage_failed("spool: make " + path, errno);
    }
  }
  return flush(buffer_.size() / kLargeBlock * kLargeBlock);
}

Result<void> SpoolContentWriter::flush(std::size_t octets) {
  if (octets == 0) return {};
  const std::string_view out = std::string_view(buffer_).substr(0, octets);
  for (std::size_t at = 0; at < out.size(); at += kLargeBlock)
    checksums_.push_back(crc32c(out.substr(at, kLargeBlock)));
  if (write_fully(files_.fs(), file_.get(), {{const_cast<char*>(out.data()), out.size()}},
                  written_) != 0) {
    failed_ = true;
    return storage_failed("spool: write " + files_.large(id_), errno);
  }
  written_ += octets;
  buffer_.erase(0, octets);
  return {};
}

Result<mail::ContentPtr> SpoolContentWriter::finish() {
  if (failed_) return fail(ErrorKind::kIo, "spool: content of {} failed before", id_.to_string());
  if (!file_) return std::make_shared<mail::MemoryContent>(std::move(buffer_));
  if (auto flushed = flush(buffer_.size()); !flushed) return std::unexpected(flushed.error());
  LargeContentRef ref{written_, std::move(checksums_)};
  return std::make_shared<LargeContent>(files_, id_, std::move(ref), std::move(file_));
}

}  // namespace postern::spool
