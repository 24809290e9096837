#include "core/spool/spare_segment.h"

#include <pthread.h>

#include <algorithm>

namespace postern::spool {

// One write and one sync of zeros: short enough for the device that a sync which a session waits
// for is not stuck behind it.
constexpr std::size_t kFillOctets = 1u << 20;

void SpareSegment::start() {
  thread_ = std::thread(&SpareSegment::run, this);
  ::pthread_setname_np(thread_.native_handle(), "spare segment");
}

void SpareSegment::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void SpareSegment::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return taken_ || stopping_; });
    if (stopping_) return;
    taken_ = false;
    lock.unlock();
    prepare();
    lock.lock();
  }
}

bool SpareSegment::is_wanted() const {
  if (options_.durability != Durability::kDurable) return false;
  FileInfo info;
  if (files_.fs().info(files_.spare(), info) == 0) return false;
  SpaceInfo space;
  return files_.fs().space(files_.root(), space) == 0 &&
         space.free_octets > options_.min_free.value + 2 * options_.segment_size.value;
}

int SpareSegment::fill(int fd) {
  const std::string zeros(std::min<std::uint64_t>(kFillOctets, options_.segment_size.value), '\0');
  for (std::uint64_t offset = 0; offset < options_.segment_size.value;) {
    const std::uint64_t part =
        std::min<std::uint64_t>(zeros.size(), options_.segment_size.value - offset);
    const iovec piece{const_cast<char*>(zeros.data()), part};
    if (write_fully(files_.fs(), fd, {piece}, offset) != 0) return -1;
    if (files_.fs().sync_data(fd) != 0) return -1;
    // Zeros are not read again (segment_writer.cc), and the next ones find these pages warm.
    files_.fs().drop_cache(fd, offset, part);
    offset += part;
    const std::lock_guard lock(mutex_);
    if (stopping_) return -1;
  }
  return 0;
}

void SpareSegment::prepare() {
  if (!is_wanted()) return;
  FileSystem& fs = files_.fs();
  const std::string temporary = files_.spare() + ".tmp";
  fs.unlink(temporary);
  File file(fs, fs.open(temporary, OpenMode::kCreateNew));
  if (!file) return;
  // The name must not be there before the zeros are: whoever takes it relies on them.
  if (fill(file.get()) == 0 && file.close() == 0 && fs.rename(temporary, files_.spare()) == 0) {
    is_ready_ = true;
    return;
  }
  file.reset();
  fs.unlink(temporary);
}

bool SpareSegment::take(const std::string& path, std::uint64_t size) {
  is_ready_ = false;
  const bool is_ours =
      size == options_.segment_size.value && files_.fs().rename(files_.spare(), path) == 0;
  const std::lock_guard lock(mutex_);
  taken_ = true;
  wake_.notify_one();
  return is_ours;
}

}  // namespace postern::spool
