#include "core/spool/segment_writer.h"

#include <algorithm>
#include <cerrno>

#include "core/base/crc32c.h"
#include "core/base/log.h"
#include "core/spool/payload.h"
#include "core/spool/record.h"
#include "core/spool/spool_metrics.h"

namespace postern::spool {
namespace {

// Of the page cache.  Larger pages only make the savings below smaller.
constexpr std::uint64_t kPage = 4096;
// Written octets leave the page cache in runs of this size.
constexpr std::uint64_t kDropOctets = 256u << 10;
constexpr std::array<char, kPage> kZeros{};

iovec piece(std::string_view octets) { return {const_cast<char*>(octets.data()), octets.size()}; }

}  // namespace

SegmentWriter::SegmentWriter(const SpoolFiles& files, const StoreOptions& options,
                             const Clock& clock, QueueIdSource& ids, SpareSegment& spare,
                             std::uint32_t next_number)
    : files_(files),
      options_(options),
      clock_(clock),
      ids_(ids),
      spare_(spare),
      next_number_(next_number) {}

bool SegmentWriter::fits(std::uint64_t size, bool may_use_reserve) const {
  const std::uint64_t reserve = may_use_reserve ? 0 : options_.segment_size.value / 16;
  return is_open() && end_ + size + reserve <= size_;
}

Result<File> SegmentWriter::make_file(std::uint32_t number, std::uint64_t size) {
  FileSystem& fs = files_.fs();
  const std::string path = files_.segment(number);
  is_zeroed_ = spare_.take(path, size);
  if (is_zeroed_) {
    File ready(fs, fs.open(path, OpenMode::kWrite));
    if (ready) return ready;
    const int error = errno;
    fs.unlink(path);
    return storage_failed("spool: open " + path, error);
  }
  File file(fs, fs.open(path, OpenMode::kCreateNew));
  if (!file) return storage_failed("spool: make " + path, errno);
  // Written later, a full disk would fail a message in the middle; now it only closes the gate.
  if (fs.allocate(file.get(), size) == 0) return file;
  const int error = errno;
  file.reset();
  fs.unlink(path);
  return storage_failed(fmt::format("spool: allocate {} octets for {}", size, path), error);
}

Result<void> SegmentWriter::start(std::uint32_t number, std::uint64_t size, std::uint32_t previous,
                                  std::uint64_t previous_end) {
  FileSystem& fs = files_.fs();
  auto file = make_file(number, size);
  if (!file) return std::unexpected(file.error());
  const QueueId floor = ids_.next();
  const std::string payload =
      encode(SegmentHeaderPayload{number, clock_.wall(), floor, previous, previous_end});
  const auto header = encode_header({.type = format::RecordType::kSegmentHeader,
                                     .length = static_cast<std::uint32_t>(payload.size()),
                                     .payload_crc = crc32c(payload),
                                     .segment = number,
                                     .offset = 0,
                                     .synced = 0});
  const std::string trailer = encode_trailer(static_cast<std::uint32_t>(payload.size()));
  const std::string_view head(header.data(), header.size());
  int failed = write_fully(fs, file->get(), {piece(head), piece(payload), piece(trailer)}, 0);
  if (options_.durability == Durability::kDurable) {
    if (failed == 0) failed = fs.sync_data(file->get());
    if (failed == 0) failed = fs.sync_directory(files_.log_directory());
  }
  if (failed != 0) {
    const int error = errno;
    file->reset();
    fs.unlink(files_.segment(number));
    return storage_failed("spool: start segment " + files_.segment(number), error);
  }
  file_ = std::move(*file);
  size_ = size;
  synced_ = end_ = format::record_size(payload.size());
  summary_ = {};
  summary_.segment = number;
  summary_.end = end_;
  summary_.id_floor = floor;
  return {};
}

Result<void> SegmentWriter::open_next(std::uint64_t size, std::vector<SegmentSummary>& sealed) {
  // A record larger than a segment gets a segment of its own size.
  const std::uint64_t header_room = 4096;
  const std::uint64_t room = size + header_room + options_.segment_size.value / 16;
  const std::uint64_t wanted = std::max(options_.segment_size.value, room);
  if (wanted > format::kMaxSegmentSize)
    return fail(ErrorKind::kLimit, "spool: a record of {} octets is too large", size);
  SegmentWriter next(files_, options_, clock_, ids_, spare_, next_number_);
  // A number is used once, even where the attempt failed: its file may still be there.
  const std::uint32_t previous = is_open() ? summary_.segment : last_sealed_;
  const std::uint64_t previous_end = is_open() ? synced_ : last_end_;
  if (auto started = next.start(next_number_++, wanted, previous, previous_end); !started)
    return started;
  seal(sealed);
  file_ = std::move(next.file_);
  is_zeroed_ = next.is_zeroed_;
  size_ = next.size_;
  synced_ = end_ = next.end_;
  dropped_ = 0;
  summary_ = std::move(next.summary_);
  return {};
}

void SegmentWriter::add(OutgoingRecord record) {
  const auto offset = static_cast<std::uint32_t>(end_);
  const auto length = static_cast<std::uint32_t>(record.fields.size() + record.body.size());
  frames_.push_back({encode_header({.type = record.type,
                                    .length = length,
                                    .payload_crc = record.crc,
                                    .segment = summary_.segment,
                                    .offset = offset,
                                    .synced = static_cast<std::uint32_t>(synced_)}),
                     encode_trailer(length)});
  std::visit(
      [&](auto& note) {
        note.offset = offset;
        note.length = static_cast<std::uint32_t>(record.size());
      },
      record.note);
  end_ += record.size();
  waiting_.push_back(std::move(record));
}

Result<std::vector<OutgoingRecord>> SegmentWriter::flush(std::vector<SegmentSummary>& sealed) {
  std::vector<iovec> pieces;
  pieces.reserve(waiting_.size() * 4);
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    pieces.push_back(piece({frames_[i].header.data(), frames_[i].header.size()}));
    pieces.push_back(piece(waiting_[i].fields));
    if (!waiting_[i].body.empty()) pieces.push_back(piece(waiting_[i].body));
    pieces.push_back(piece(frames_[i].trailer));
  }
  // To the end of the page, which is zeros already: a page that is written whole need not be read
  // first, which would hold up the sync that sessions wait for.
  const std::uint64_t padding = std::min((kPage - end_ % kPage) % kPage, size_ - end_);
  if (padding != 0) pieces.push_back(piece({kZeros.data(), padding}));
  FileSystem& fs = files_.fs();
  int failed = write_fully(fs, file_.get(), std::move(pieces), synced_);
  std::string_view what = "write";
  if (failed == 0 && options_.durability == Durability::kDurable) {
    const auto begin = std::chrono::steady_clock::now();
    failed = fs.sync_data(file_.get());
    what = "sync";
    SpoolMetrics::get().observe_sync(std::chrono::steady_clock::now() - begin, waiting_.size());
  }
  frames_.clear();
  if (failed != 0) {
    const int error = errno;
    waiting_.clear();
    end_ = synced_;
    const std::string path = files_.segment(summary_.segment);
    log::error("spool", "{} of {} failed: {}; the segment is sealed at {} octets", what, path,
               Error{ErrorKind::kIo, "", error}.describe(), synced_);
    seal(sealed);
    return storage_failed(fmt::format("spool: {} {}", what, path), error);
  }
  SpoolMetrics::get().count_written(end_ - synced_);
  synced_ = end_;
  drop_written();
  for (const OutgoingRecord& record : waiting_) {
    if (const auto* message = std::get_if<MessageNote>(&record.note))
      summary_.messages.push_back(*message);
    if (const auto* change = std::get_if<ChangeNote>(&record.note))
      summary_.changes.push_back(*change);
    if (const auto* removal = std::get_if<RemovalNote>(&record.note))
      summary_.removals.push_back(*removal);
    const QueueId id = std::visit([](const auto& note) { return note.id; }, record.note);
    summary_.id_floor = std::max(summary_.id_floor, id);
  }
  summary_.end = synced_;
  return std::exchange(waiting_, {});
}

// What was written is delivered from memory, or read once more minutes later.  Kept, it would push
// what others read out of the page cache; and to write into pages that were just freed costs less
// than into ever new ones.
void SegmentWriter::drop_written() {
  const std::uint64_t whole = synced_ / kPage * kPage;
  if (whole < dropped_ + kDropOctets) return;
  files_.fs().drop_cache(file_.get(), dropped_, whole - dropped_);
  dropped_ = whole;
}

void SegmentWriter::seal(std::vector<SegmentSummary>& sealed) {
  if (!is_open()) return;
  FileSystem& fs = files_.fs();
  last_sealed_ = summary_.segment;
  last_end_ = synced_;
  // Both are savings, not promises: a start without them scans the segment, as far as the header
  // of the next one says.
  if (fs.truncate(file_.get(), synced_) != 0)
    log::warning("spool", "cannot cut {}", files_.segment(summary_.segment));
  file_.reset();
  if (auto kept = files_.write_cache(files_.summary(summary_.segment), encode(summary_)); !kept)
    log::warning("spool", "{}", kept.error().describe());
  sealed.push_back(std::move(summary_));
  summary_ = {};
  size_ = synced_ = end_ = 0;
}

}  // namespace postern::spool
